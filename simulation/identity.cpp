#include "simulation/identity.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "simulation/agents.hpp"
#include "simulation/arithmetic.hpp"
#include "simulation/countries.hpp"
#include "simulation/distributions.hpp"

namespace throng::simulation {

using behaviours = decltype(config::population::behaviour);
static_assert(std::is_same_v<std::variant_alternative_t<sensor_kind, behaviours>, config::sensor_population>);
static_assert(std::is_same_v<std::variant_alternative_t<web_client_kind, behaviours>, config::web_client_population>);
static_assert(std::is_same_v<std::variant_alternative_t<account_kind, behaviours>, config::account_population>);
static_assert(
    std::is_same_v<std::variant_alternative_t<support_client_kind, behaviours>, config::support_client_population>);

namespace {

constexpr std::uint64_t person_draws = number_of_name("person");

/// What is drawn of a person, each apart, so that adding one changes no other.
enum person_trait : std::uint64_t { lives_in, browses_with, home_east, home_north };

// 100.64.0.0/10, the shared address space of RFC 6598: looks like an address, and is nobody's.
constexpr std::uint32_t first_ip = (100U << 24) | (64U << 16);
constexpr std::uint32_t ip_mask = (1U << 22) - 1;

// Homes lie within a few kilometres of the middle of the city.
constexpr double home_spread_km = 4;
constexpr double km_a_degree = 111.32; // of latitude: 40,075 km / 360

std::uint32_t below(std::uint64_t bits, std::uint32_t bound) {
  return static_cast<std::uint32_t>(((bits >> 32) * bound) >> 32);
}

} // namespace

place near(place centre, double spread_km, std::uint64_t bits_east, std::uint64_t bits_north) {
  const auto north = normal_from(bits_north) * spread_km / km_a_degree;
  const auto shrink = std::max(0.05, cos(centre.lat * 0.017453292519943295)); // pi / 180
  const auto east = normal_from(bits_east) * spread_km / (km_a_degree * shrink);
  return {centre.lat + north, centre.lon + east};
}

person person_of(std::uint64_t seed, std::uint32_t number) {
  const auto trait = [&](person_trait which) { return draw(seed, person_draws, number, which); };
  person result;
  result.number = number;
  result.country = country_by_weight(below(trait(lives_in), country_weights));
  result.browser = browser_by_weight(below(trait(browses_with), agent_weights));
  // An odd factor permutes the addresses: neighbours in number are none on the net, and nobody shares one before four
  // million people do.
  result.ip = first_ip + ((number * 0x9e3779b1U + static_cast<std::uint32_t>(mix(seed))) & ip_mask);
  const auto& lives = countries()[result.country];
  result.home = near({lives.lat, lives.lon}, home_spread_km, trait(home_east), trait(home_north));
  return result;
}

std::optional<std::uint32_t> person_behind(const world& in, entity_ref entity) {
  const auto number = in.number_in_kind(entity);
  if (in.kind_of(entity.population) != sensor_kind)
    return number;
  const auto people = std::max(
      {in.count_of_kind(web_client_kind), in.count_of_kind(account_kind), in.count_of_kind(support_client_kind)});
  if (number / 2 >= people)
    return std::nullopt;
  return number % people;
}

short_text ip_text(std::uint32_t ip) {
  short_text text;
  text.append(ip >> 24);
  for (int shift = 16; shift >= 0; shift -= 8)
    text.append(".").append((ip >> shift) & 255U);
  return text;
}

} // namespace throng::simulation
