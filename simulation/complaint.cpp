#include "simulation/complaint.hpp"

#include <variant>

namespace throng::simulation {

namespace {

double share_of(const config::support_client_population& desk, grievance what) {
  switch (what) {
  case grievance::web_error:
    return desk.after_error;
  case grievance::declined:
    return desk.after_decline;
  case grievance::stolen_login:
  case grievance::fraud:
    return desk.after_fraud;
  case grievance::outage:
    return desk.after_outage;
  }
  return 0;
}

} // namespace

short_text concerned_id(std::uint32_t person, const complaint& of) {
  switch (of.what) {
  case grievance::web_error:
    return session_id(person, of.number);
  case grievance::stolen_login:
    return short_text{user_id(of.number).view()};
  case grievance::declined:
  case grievance::fraud:
    return transaction_id(person, of.number);
  case grievance::outage:
    return short_text{sensor_id(of.number).view()};
  }
  return {};
}

complaints::complaints(const world& in)
    : in_(in)
    , people_(in.count_of_kind(support_client_kind)) {}

std::optional<entity_ref> complaints::moved_by(std::uint32_t person, const complaint& of) const {
  if (person >= people_)
    return std::nullopt;
  const auto client = in_.entity_of_kind(support_client_kind, person);
  const auto& desk =
      std::get<config::support_client_population>(in_.scenario().populations[client.population].behaviour);
  const auto luck = to_unit(draw(in_.scenario().seed, number_of_name("complaint"), person, of.what, of.number));
  return luck < share_of(desk, of.what) ? std::optional{client} : std::nullopt;
}

void complaints::tell(wake_context& in, std::uint32_t person, const complaint& of) const {
  if (const auto client = moved_by(person, of))
    in.complain(*client, reference_of(of));
}

std::uint64_t reference_of(const complaint& of) {
  return static_cast<std::uint64_t>(of.what) << 32 | of.number;
}

complaint complaint_of(std::uint64_t reference) {
  return {static_cast<grievance>(reference >> 32), static_cast<std::uint32_t>(reference)};
}

} // namespace throng::simulation
