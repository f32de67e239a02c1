#include "simulation/ticket_life.hpp"

#include <algorithm>
#include <array>

#include "simulation/daily_curve.hpp"
#include "simulation/distributions.hpp"

namespace throng::simulation {

namespace {

constexpr double minute_ms = 60'000;
constexpr double hour_ms = 60 * minute_ms;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t opens_ms = 7 * 3'600'000;
constexpr std::int64_t closes_ms = 21 * 3'600'000;
constexpr std::int64_t first_hour_ms = 3'600'000;

/// By priority: what multiplies the population's time to answer, and its share of escalations.
constexpr std::array<double, 4> answers_in{2.5, 1, 0.3, 0.1};
constexpr std::array<double, 4> escalates{0.5, 1, 2, 2.5};
/// Who gets angry does so sooner than who is content says so.
constexpr double angry_after_ms = 2 * hour_ms;
constexpr double content_after_ms = 5 * hour_ms;
constexpr double answer_sigma = 0.7;
constexpr double client_sigma = 0.9;

timestamp after(timestamp now, double gap_ms) {
  return now + milliseconds{1 + static_cast<std::int64_t>(std::min(gap_ms, 60.0 * day_ms))};
}

timestamp in_office_hours(timestamp due) {
  const auto clock = time_of_day(due);
  if (clock >= opens_ms && clock < closes_ms)
    return due;
  const auto midnight = due - milliseconds{clock} + milliseconds{clock < opens_ms ? 0 : day_ms};
  return midnight + milliseconds{opens_ms + clock % first_hour_ms};
}

} // namespace

std::string_view name(ticket_status status) {
  switch (status) {
  case ticket_status::opened:
    return "opened";
  case ticket_status::answered:
    return "answered";
  case ticket_status::escalated:
    return "escalated";
  case ticket_status::closed:
    break;
  }
  return "closed";
}

ticket_turn turn_after(ticket_status status, timestamp now, ticket_priority priority, bool before,
                       const config::support_client_population& desk, random_stream& random) {
  const auto rank = static_cast<std::size_t>(priority);
  if (status != ticket_status::answered) {
    const auto median = static_cast<double>(desk.answer_time.count()) * answers_in.at(rank);
    return {ticket_status::answered, in_office_hours(after(now, log_normal(random, median, answer_sigma)))};
  }
  if (!before && bernoulli(random, std::min(1.0, desk.escalates * escalates.at(rank))))
    return {ticket_status::escalated, after(now, log_normal(random, angry_after_ms, client_sigma))};
  return {ticket_status::closed, after(now, log_normal(random, content_after_ms, client_sigma))};
}

ticket_priority raised(ticket_priority priority) {
  return priority == ticket_priority::urgent ? priority
                                             : static_cast<ticket_priority>(static_cast<std::uint8_t>(priority) + 1);
}

} // namespace throng::simulation
