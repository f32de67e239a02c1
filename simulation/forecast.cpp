#include "simulation/forecast.hpp"

#include <algorithm>
#include <chrono>
#include <variant>

#include "simulation/account_profile.hpp"
#include "simulation/arrivals.hpp"
#include "simulation/identity.hpp"
#include "simulation/merchants.hpp"
#include "simulation/session.hpp"
#include "simulation/ticket_life.hpp"
#include "simulation/ticket_text.hpp"

namespace throng::simulation {

namespace {

constexpr milliseconds hour = std::chrono::hours{1};
/// Curves are linear between full hours: a stretch's mean is its middle's rate, as long as it does not cross one.
constexpr int stretches = 12;
/// More accounts than this are judged by so many of them.
constexpr std::uint32_t most_asked = 20'000;
/// Of each hour's tickets, how many lives are drawn.
constexpr std::uint32_t lives = 120;

class counting {
public:
  counting(const world& in, timestamp from, std::size_t hours)
      : in_(in)
      , from_(from)
      , events_(hours, hour_of_events{}) {}

  std::vector<hour_of_events> done() && {
    const auto copies = 1 + in_.scenario().trouble.duplicate;
    for (auto& each : events_)
      for (auto& events : each)
        events *= copies;
    return std::move(events_);
  }

  void count(std::uint32_t population, const config::sensor_population& of) {
    const auto readings = members(population) / static_cast<double>(of.interval.count());
    for_each_stretch([&](timestamp, double ms, std::size_t at) { add(at, topic::iot_readings, readings * ms); });
  }

  void count(std::uint32_t population, const config::web_client_population& of) {
    const arrivals visits{of.sessions_per_day, daily_curve{of.hours}, of.weekdays};
    const session_chain chain{of.session};
    const auto actions = chain.mean_visits();
    const auto mean_of = [&](action what) { return actions[static_cast<std::size_t>(what)]; };
    for_each_stretch([&](timestamp middle, double ms, std::size_t at) {
      const auto sessions = members(population) * visits.rate_at(middle) * ms / day_ms;
      add(at, topic::web_requests, sessions * chain.mean_requests());
      add(at, topic::web_views, sessions * mean_of(action::view));
      add(at, topic::web_clicks, sessions * mean_of(action::click));
      add(at, topic::web_ratings, sessions * mean_of(action::rate));
    });
  }

  void count(std::uint32_t population, const config::account_population& of) {
    const arrivals payments{of.payments_per_day, payment_hours()};
    const double transfers_a_day =
        in_.count_of_kind(account_kind) < 2 ? 0 : of.payments_per_day * transfer_weight / payment_weights;
    for_each_stretch([&](timestamp middle, double ms, std::size_t at) {
      const auto a_day = payments.rate_at(middle) + transfers_a_day * transfer_hours().at(middle); // which arrive, too
      add(at, topic::bank_transactions, members(population) * a_day * ms / day_ms);
    });
    count_monthly(population, of);
  }

  void count(std::uint32_t population, const config::support_client_population& of) {
    const arrivals tickets{of.tickets_per_day, daily_curve{of.hours}, of.weekdays};
    random_stream random{number_of_name("forecast")};
    // Those of the hours before go on into these.
    for (auto begin = in_.start(); begin < end(); begin = begin + hour) {
      const auto length = std::min(hour, end() - begin);
      for (std::uint32_t i = 0; i < lives; ++i) {
        const auto opened = begin + milliseconds{length.count() * (2 * i + 1) / (2 * lives)};
        const auto expected =
            members(population) * tickets.rate_at(opened) * static_cast<double>(length.count()) / day_ms / lives;
        if (expected > 0)
          live(opened, expected, of, random);
      }
    }
  }

private:
  static constexpr double day_ms = 86'400'000;

  timestamp end() const {
    return std::min(in_.end(), from_ + hour * static_cast<std::int64_t>(events_.size()));
  }
  double members(std::uint32_t population) const {
    return in_.scenario().populations[population].count;
  }
  void add(std::size_t at, topic to, double events) {
    events_[at][static_cast<std::size_t>(to)] += events;
  }
  /// @param each (its middle, its length in milliseconds, the hour it lies in)
  template <class F>
  void for_each_stretch(F each) {
    for (std::size_t at = 0; at < events_.size(); ++at)
      for (int i = 0; i < stretches; ++i) {
        const auto begin = from_ + hour * static_cast<std::int64_t>(at) + hour * i / stretches;
        const auto until = std::min(begin + hour / stretches, end());
        if (until > begin)
          each(begin + (until - begin) / 2, static_cast<double>((until - begin).count()), at);
      }
  }
  void add_at(timestamp when, topic to, double events) {
    if (when >= from_ && when < end())
      add(static_cast<std::size_t>((when - from_) / hour), to, events);
  }

  /// Salary, rent and fee come on days that are the account's own.
  void count_monthly(std::uint32_t population, const config::account_population& of) {
    const auto all = in_.scenario().populations[population].count;
    const auto asked = std::min(all, most_asked);
    for (std::uint32_t i = 0; i < asked; ++i) {
      const auto index = static_cast<std::uint32_t>(std::uint64_t{i} * all / asked);
      const auto profile = profile_of(in_.scenario().seed, in_.number_in_kind({population, index}), of);
      auto next = next_monthly(profile, from_ - milliseconds{1});
      for (; next.due < end(); next = next_monthly(profile, next.due)) {
        const bool comes = next.what == monthly::salary ? profile.salary > 0
                           : next.what == monthly::rent ? profile.rent > 0
                                                        : of.monthly_fee > 0;
        if (comes)
          add_at(next.due, topic::bank_transactions, static_cast<double>(all) / asked);
      }
    }
  }

  void live(timestamp now, double expected, const config::support_client_population& of, random_stream& random) {
    const auto& type = request_types()[request_type_by_weight(random.below(request_weights))];
    auto priority = type.usual_priority(random.below(100));
    bool has_escalated = false;
    for (auto status = ticket_status::opened;;) {
      add_at(now, topic::support_tickets, expected);
      if (status == ticket_status::closed)
        return;
      const auto turn = turn_after(status, now, priority, has_escalated, of, random);
      now = turn.at;
      status = turn.next;
      if (status == ticket_status::escalated) {
        has_escalated = true;
        priority = raised(priority);
      }
    }
  }

  const world& in_;
  timestamp from_;
  std::vector<hour_of_events> events_;
};

} // namespace

std::vector<hour_of_events> forecast(const world& in, timestamp from, std::size_t hours) {
  counting all{in, from, hours};
  for (std::uint32_t i = 0; i < in.scenario().populations.size(); ++i)
    std::visit([&](const auto& of) { all.count(i, of); }, in.scenario().populations[i].behaviour);
  return std::move(all).done();
}

} // namespace throng::simulation
