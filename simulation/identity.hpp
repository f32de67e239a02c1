// The people behind the ids: the web client, the account and the support client of the same number belong to one person,
// with one device, country and home: the number joins client-000017, user-000017, account-000017 and customer-000017.
// Everything here is a function of (seed, number), so that nobody stores it, and streams
// can be joined by number or by id.
#pragma once

#include <cstdint>
#include <optional>

#include "simulation/entity_key.hpp"
#include "simulation/short_text.hpp"
#include "simulation/world.hpp"

namespace throng::simulation {

/// A point on the map, WGS 84, degrees.
struct place {
  double lat = 0;
  double lon = 0;
};

/// A point about `spread_km` from another: the east and north distances are normal with that deviation.
place near(place centre, double spread_km, std::uint64_t bits_east, std::uint64_t bits_north);

struct person {
  std::uint32_t number = 0;
  std::uint8_t country = 0; ///< of countries(): where they live
  std::uint8_t browser = 0; ///< of browsers(): on their device
  std::uint32_t ip = 0;     ///< IPv4, host order
  place home;               ///< in the city, or near the capital of another country
};

/// @param number `world::number_in_kind`: an entity belongs to the person of its own number among its kind, so that
/// person 17 owns web client, account and support client 17
person person_of(std::uint64_t seed, std::uint32_t number);

// Kinds of population: the alternatives of `config::population::behaviour`.
inline constexpr std::size_t sensor_kind = 0;
inline constexpr std::size_t web_client_kind = 1;
inline constexpr std::size_t account_kind = 2;
inline constexpr std::size_t support_client_kind = 3;

/// Whose an entity is. Of the sensors the first belong to people, at most two to each; the others are the city's.
std::optional<std::uint32_t> person_behind(const world& in, entity_ref entity);

/// Ids are numbers of persons with a prefix, in at least six digits: `client-000017`.
inline entity_key client_id(std::uint32_t person) {
  return {"client-", person, 6};
}
inline entity_key user_id(std::uint32_t person) {
  return {"user-", person, 6};
}
/// A client of the support desk. Not `client_id`: on truth.labels both would write the same key, and only one entity may
/// write a key of a topic (semantics.md 1). The number is what joins them.
inline entity_key customer_id(std::uint32_t person) {
  return {"customer-", person, 6};
}
inline entity_key account_id(std::uint32_t person) {
  return {"account-", person, 6};
}
inline entity_key person_id(std::uint32_t person) {
  return {"person-", person, 6};
}
inline entity_key item_id(std::uint32_t item) {
  return {"item-", item, 5};
}
inline entity_key sensor_id(std::uint32_t number) {
  return {"sensor-", number, 6};
}
/// A visit to the shop; the first is 1.
inline short_text session_id(std::uint32_t person, std::uint32_t session) {
  return short_text{"session-"}.append(person, 6).append("-").append(session, 5);
}
/// A line of an account's statement. @param seq of its message
inline short_text transaction_id(std::uint32_t person, std::uint64_t seq) {
  return short_text{"tx-"}.append(person, 6).append("-").append(seq, 6);
}
/// `device-000017-0` is the person's own; what acts in their name without being theirs has a higher last number.
inline entity_key device_id(std::uint32_t person, std::uint32_t which = 0) {
  return entity_key{short_text{"device-"}.append(person, 6).append("-").append(which).view()};
}

/// As in `100.64.3.9`.
short_text ip_text(std::uint32_t ip);

} // namespace throng::simulation
