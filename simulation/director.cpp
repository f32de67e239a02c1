#include "simulation/director.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <utility>

#include "simulation/complaint.hpp"
#include "simulation/distributions.hpp"
#include "simulation/entity_kinds.hpp"
#include "simulation/random.hpp"
#include "simulation/site_queue.hpp"
#include "simulation/typology.hpp"
#include "simulation/world_sky.hpp"

namespace throng::simulation {
namespace {

/// Chooses `count` of 0 to n - 1 without repeats, in ascending order (Floyd's algorithm: Bentley, "Programming pearls: a
/// sample of brilliance", 1987).
std::set<std::uint32_t> sample(random_stream& from, std::uint32_t n, std::uint32_t count) {
  std::set<std::uint32_t> chosen;
  for (auto top = n - std::min(count, n); top < n; ++top)
    if (const auto pick = from.below(top + 1); !chosen.insert(pick).second)
      chosen.insert(top);
  return chosen;
}

/// A bound of the scenario, on the total that it names.
struct condition {
  std::uint64_t tick_totals::*total;
  config::total_bound::relation is;
  double a_tick;

  bool holds(const tick_totals& before) const {
    const auto value = static_cast<double>(before.*total);
    switch (is) {
    case config::total_bound::relation::gt:
      return value > a_tick;
    case config::total_bound::relation::gte:
      return value >= a_tick;
    case config::total_bound::relation::lt:
      return value < a_tick;
    case config::total_bound::relation::lte:
      return value <= a_tick;
    }
    return false;
  }
};

/// In the order of config::city_totals.
constexpr std::array totals{&tick_totals::web_requests, &tick_totals::web_errors, &tick_totals::transactions,
                            &tick_totals::declined};

condition condition_of(const config::total_bound& bound, milliseconds tick) {
  const auto& names = config::city_totals();
  const auto found = std::find(names.begin(), names.end(), bound.total);
  if (found == names.end())
    throw std::logic_error("there is no total " + bound.total);
  return {totals.at(static_cast<std::size_t>(found - names.begin())), bound.is,
          bound.bound * static_cast<double>(tick.count()) / 1'000};
}

constexpr std::array<std::string_view, 3> silencing{"sensor.silence", "sensor.battery_death", "sensor.district_outage"};

/// When an incident of the scenario opens, and on whom.
struct incident_clock {
  std::uint32_t population = 0;
  milliseconds grain{1}; ///< opens at multiples of it only
  milliseconds duration{0};
  bool needs_several = false; ///< entities, for one occurrence
  bool silences = false;      ///< sensors
  std::vector<condition> conditions;
  timestamp closes; ///< where there are conditions: it does not open again before
  std::uint64_t opened = 0;
  timestamp next; ///< never_due: no more
  random_stream arrivals;
};

} // namespace

struct director::implementation {
  explicit implementation(std::shared_ptr<const world> in)
      : world_(std::move(in))
      , site_(*world_)
      , sky_(*world_) {
    set_clocks(world_->start());
  }

  /// Of the incidents that have none yet. @param from when they were added
  void set_clocks(timestamp from) {
    const auto& scenario = world_->scenario();
    for (auto i = static_cast<std::uint32_t>(clocks_.size()); i < scenario.incidents.size(); ++i) {
      const auto& incident = scenario.incidents[i];
      incident_clock clock;
      clock.population = world_->population_named(incident.population).value_or(0);
      clock.grain = far_sighted(world_->kind_of(clock.population)) ? world_->lookahead() : world_->tick();
      clock.duration = incident.duration.count() > 0 ? incident.duration : default_duration(incident);
      clock.needs_several = needs_several(incident);
      clock.silences = std::find(silencing.begin(), silencing.end(), incident.kind) != silencing.end();
      clock.arrivals = random_stream{draw(scenario.seed, number_of_name("arrivals"), i)};
      for (const auto& bound : incident.when)
        clock.conditions.push_back(condition_of(bound, world_->tick()));
      clock.next = incident.at ? scenario.start + *incident.at : arrival_after(from, incident, clock);
      clocks_.push_back(clock);
    }
    for (std::uint32_t i = 0; i < clocks_.size(); ++i)
      if (world_->retired(i)) {
        clocks_[i].next = never_due;
        clocks_[i].conditions.clear();
      }
  }

  void adopt(std::shared_ptr<const world> successor, timestamp from) {
    site_.adopt(*world_, *successor);
    world_ = std::move(successor);
    adopted_ = from;
    set_clocks(from);
  }

  /// Whether an incident may open in this tick: on the far-sighted only where they have not lived further. When a world
  /// succeeds another, nobody has.
  bool may_open(const incident_clock& clock, timestamp tick) const {
    return tick == adopted_ || (tick - world_->start()).count() % clock.grain.count() == 0;
  }

  static timestamp arrival_after(timestamp time, const config::incident& incident, incident_clock& clock) {
    const auto rate = incident.rate_per_hour.value_or(0);
    if (rate <= 0)
      return never_due;
    const auto gap_ms = exponential(clock.arrivals, 3'600'000 / rate);
    return gap_ms < 1e15 ? time + milliseconds{static_cast<std::int64_t>(gap_ms) + 1} : never_due;
  }

  /// The entities that an incident befalls, in ascending order.
  std::vector<std::uint32_t> targets(std::uint32_t incident, random_stream& from) const {
    const auto& what = world_->scenario().incidents[incident];
    const auto& population = world_->scenario().populations[clocks_[incident].population];
    const auto* sensors = std::get_if<config::sensor_population>(&population.behaviour);
    if (sensors == nullptr || what.kind != "sensor.district_outage") {
      const auto chosen = sample(from, population.count, what.count);
      std::vector<std::uint32_t> hit;
      hit.reserve(chosen.size());
      for (auto nth : chosen)
        hit.push_back(world_->living(clocks_[incident].population, nth));
      return hit;
    }
    // Whole districts, but for those that subtlety spares.
    const auto districts = sample(from, std::min(sensors->districts, population.count), what.count);
    std::vector<std::uint32_t> hit;
    for (std::uint32_t nth = 0; nth < population.count; ++nth)
      if (const auto i = world_->living(clocks_[incident].population, nth);
          districts.contains(i % sensors->districts) && !bernoulli(from, 0.7 * what.subtlety))
        hit.push_back(i);
    if (hit.empty())
      hit.push_back(*districts.begin());
    return hit;
  }

  incident_order order_of(std::uint32_t incident, timestamp tick, std::uint32_t index) const {
    const auto& clock = clocks_[incident];
    incident_order order;
    order.target = {clock.population, index};
    order.incident = incident;
    order.occurrence = clock.opened;
    order.start = tick;
    order.end = tick + clock.duration;
    order.subtlety = world_->scenario().incidents[incident].subtlety;
    return order;
  }

  /// Before the first tick nothing has happened: no condition holds.
  bool wants_to_open(const incident_clock& clock, timestamp tick, const tick_totals& before) const {
    return !clock.conditions.empty() && tick > world_->start() && tick >= clock.closes &&
           std::all_of(clock.conditions.begin(), clock.conditions.end(),
                       [&](const condition& one) { return one.holds(before); });
  }

  void open(std::uint32_t incident, timestamp tick, std::vector<incident_order>& orders) {
    auto& clock = clocks_[incident];
    random_stream from{draw(world_->scenario().seed, number_of_name("targets"), incident, clock.opened)};
    if (clock.needs_several) {
      open_groups(incident, tick, from, orders);
      return;
    }
    for (auto index : targets(incident, from))
      orders.push_back(order_of(incident, tick, index));
    ++clock.opened;
  }

  /// `count` groups, each an occurrence of its own; no account is in two of them.
  void open_groups(std::uint32_t incident, timestamp tick, random_stream& from, std::vector<incident_order>& orders) {
    auto& clock = clocks_[incident];
    const auto& what = world_->scenario().incidents[incident];
    const auto there = world_->scenario().populations[clock.population].count;
    const auto groups = std::min(what.count, there);
    std::vector<typology> made;
    std::uint32_t needed = 0;
    for (std::uint32_t i = 0; i < groups; ++i) {
      made.push_back(typology_of(what.kind, what.subtlety, from, there / groups));
      needed += static_cast<std::uint32_t>(made.back().parts.size());
    }
    const auto chosen = sample(from, there, needed);
    std::vector<std::uint32_t> members;
    members.reserve(chosen.size());
    for (auto nth : chosen)
      members.push_back(world_->living(clock.population, nth));
    for (auto left = static_cast<std::uint32_t>(members.size()); left > 1; --left) // Fisher and Yates' shuffle
      std::swap(members[left - 1], members[from.below(left)]);
    std::size_t first = 0;
    for (const auto& group : made) {
      for (std::size_t i = 0; i < group.parts.size(); ++i) {
        const auto& part = group.parts[i];
        auto order = order_of(incident, tick, members[first + i]);
        for (auto to : part.pays)
          order.pays.push_back({clock.population, members[first + to]});
        order.stage = part.stage;
        order.stages = group.stages;
        order.expects = part.expects;
        orders.push_back(std::move(order));
      }
      first += group.parts.size();
      ++clock.opened;
    }
  }

  /// Sensors live ahead of their owners, and so tell them nothing themselves: what silences them is known here.
  std::vector<entity_message> words_of(const std::vector<incident_order>& orders) const {
    std::vector<entity_message> words;
    const complaints desk{*world_};
    for (const auto& order : orders) {
      if (!clocks_[order.incident].silences)
        continue;
      const auto owner = person_behind(*world_, order.target);
      const complaint about{grievance::outage, world_->number_in_kind(order.target)};
      const auto moved = owner ? desk.moved_by(*owner, about) : std::nullopt;
      if (!moved)
        continue;
      entity_message word;
      word.to = *moved;
      word.from = order.target;
      word.arrives = order.start + world_->tick();
      word.seq = order.mark();
      word.what = entity_message::purpose::complaint;
      word.reference = reference_of(about);
      words.push_back(word);
    }
    return words;
  }

  std::shared_ptr<const world> world_;
  std::vector<incident_clock> clocks_;
  timestamp adopted_ = never_due; ///< since when the world is what it is; never_due: from the start
  site_queue site_;
  world_sky sky_;
};

director::director(std::shared_ptr<const world> world)
    : impl_(std::make_unique<implementation>(std::move(world))) {
  // all is in the implementation
}

director::~director() = default;

void director::adopt(std::shared_ptr<const world> successor, timestamp from) {
  impl_->adopt(std::move(successor), from);
}

void director::save(state_writer& to) const {
  to.put(impl_->adopted_);
  impl_->site_.save(to);
  to.put(impl_->clocks_.size());
  for (const auto& clock : impl_->clocks_) {
    to.put(clock.opened);
    to.put(clock.closes);
    to.put(clock.next);
    to.put(clock.arrivals);
  }
}

void director::load(state_reader& from) {
  from.get(impl_->adopted_);
  impl_->site_.restore(from);
  from.require(impl_->clocks_.size());
  for (auto& clock : impl_->clocks_) {
    from.get(clock.opened);
    from.get(clock.closes);
    from.get(clock.next);
    from.get(clock.arrivals);
  }
}

tick_plan director::begin_tick(timestamp start, const tick_totals& before, timestamp ahead) {
  auto view = std::make_shared<shared_view>();
  view->before = before;
  impl_->site_.take(before);
  view->site = impl_->site_.load();
  view->sky = impl_->sky_.over(start, std::max(start + impl_->world_->tick(), ahead));

  auto orders = std::make_shared<std::vector<incident_order>>();
  for (std::uint32_t i = 0; i < impl_->clocks_.size(); ++i) {
    auto& clock = impl_->clocks_[i];
    if (!impl_->may_open(clock, start))
      continue;
    if (impl_->wants_to_open(clock, start, before)) {
      impl_->open(i, start, *orders);
      clock.closes = start + clock.duration;
    }
    while (clock.next <= start) {
      impl_->open(i, start, *orders);
      const auto& what = impl_->world_->scenario().incidents[i];
      clock.next = what.at ? never_due : implementation::arrival_after(clock.next, what, clock);
    }
  }
  auto words = impl_->words_of(*orders);
  return {std::move(view), std::move(orders), std::move(words)};
}

} // namespace throng::simulation
