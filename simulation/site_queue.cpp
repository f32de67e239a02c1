#include "simulation/site_queue.hpp"

#include <algorithm>

#include "simulation/arrivals.hpp"
#include "simulation/session.hpp"

namespace throng::simulation {
namespace {

/// The site is built for this multiple of its busiest hour, and for no less than 20 requests a second.
constexpr double headroom = 2.5;
constexpr double least_a_second = 20;

/// A request that would wait longer than this is refused.
constexpr std::int64_t longest_wait_ms = 8'000;
/// Over which the utilisation is smoothed.
constexpr double memory_ms = 5'000;

/// What visitors ask for in the busiest moment: requests, and milliseconds of service, a second.
struct demand {
  double requests = 0;
  double service_ms = 0;
  double stated_capacity = 0;
};

demand busiest(const world& in) {
  demand all;
  for (const auto& population : in.scenario().populations) {
    const auto* clients = std::get_if<config::web_client_population>(&population.behaviour);
    if (clients == nullptr)
      continue;
    const arrivals visits{clients->sessions_per_day, daily_curve{clients->hours}, clients->weekdays};
    const auto sessions = population.count * visits.greatest_rate() / 86'400;
    const auto of_session = session_chain{clients->session}.mean_visits();
    for (std::size_t i = 0; i < of_session.size(); ++i) {
      all.requests += sessions * of_session[i];
      all.service_ms += sessions * of_session[i] * cost(static_cast<action>(i)).response_ms;
    }
    all.stated_capacity += clients->capacity;
  }
  return all;
}

} // namespace

double site_capacity(const world& in) {
  const auto all = busiest(in);
  return all.stated_capacity > 0 ? all.stated_capacity : std::max(least_a_second, headroom * all.requests);
}

namespace {

double servers_for(const world& in) {
  if (in.count_of_kind(web_client_kind) == 0)
    return 0;
  const auto all = busiest(in);
  // Where nobody comes of their own accord, the mix is that of the default.
  constexpr double usual_ms = 65;
  const auto mean_ms = all.requests > 0 ? all.service_ms / all.requests : usual_ms;
  return site_capacity(in) * mean_ms / 1'000;
}

} // namespace

site_queue::site_queue(const world& in)
    : servers_(servers_for(in))
    , tick_ms_(in.tick().count()) {
  // nobody has asked for anything yet
}

void site_queue::adopt(const world& before, const world& now) {
  if (busiest(before).stated_capacity != busiest(now).stated_capacity)
    servers_ = servers_for(now);
}

void site_queue::take(const tick_totals& of) {
  if (servers_ <= 0)
    return;
  const auto work = static_cast<std::int64_t>(of.web_work_us);
  const auto can = static_cast<std::int64_t>(servers_ * 1'000 * static_cast<double>(tick_ms_));
  const auto most = static_cast<std::int64_t>(servers_ * 1'000 * static_cast<double>(longest_wait_ms));
  const auto left = std::max<std::int64_t>(0, backlog_us_ + work - can);
  const auto over = std::max<std::int64_t>(0, left - most);
  backlog_us_ = left - over;
  refused_ = work > 0 ? std::min(1.0, static_cast<double>(over) / static_cast<double>(work)) : 0;
  const auto now = std::min(1.0, static_cast<double>(work) / static_cast<double>(std::max<std::int64_t>(1, can)));
  const auto weight = static_cast<double>(tick_ms_) / (static_cast<double>(tick_ms_) + memory_ms);
  utilisation_ += weight * (now - utilisation_);
}

void site_queue::save(state_writer& to) const {
  to.put(servers_);
  to.put(backlog_us_);
  to.put(utilisation_);
  to.put(refused_);
}

void site_queue::restore(state_reader& from) {
  from.get(servers_);
  from.get(backlog_us_);
  from.get(utilisation_);
  from.get(refused_);
}

site_load site_queue::load() const {
  site_load of;
  of.utilisation = utilisation_;
  of.wait_ms = servers_ > 0 ? static_cast<double>(backlog_us_) / 1'000 / servers_ : 0;
  of.refused = refused_;
  return of;
}

} // namespace throng::simulation
