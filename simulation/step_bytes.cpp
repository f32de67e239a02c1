#include "simulation/step_bytes.hpp"

#include <algorithm>
#include <utility>

namespace throng::simulation {

template <>
inline constexpr auto state_parts<book> =
    std::tuple{&book::in, &book::key, &book::count, &book::first, &book::last, &book::sum};

template <>
inline constexpr auto state_parts<ledger> = std::tuple{&ledger::opening, &ledger::accounted};

namespace {

void check(const output_lane& lane) {
  for (const auto& run : lane.runs)
    for (const auto& each : run)
      if (std::uint64_t{each.at} + each.key_size + each.value_size > lane.bytes.size())
        throw foreign_state("a message lies outside of what a shard sent");
}

} // namespace

std::string to_bytes(const step_input& step) {
  std::string bytes;
  state_writer to{bytes};
  to.put(step.begin);
  to.put(step.end);
  to.put(step.opens_tick);
  to.put(step.view->before);
  to.put(step.view->site);
  if (step.orders != nullptr)
    to.put(*step.orders);
  else
    to.put(std::vector<incident_order>{});
  to.put(step.messages);
  to.put(step.successor != nullptr);
  if (step.successor != nullptr)
    step.successor->save(to);
  return bytes;
}

step_reader::step_reader(std::shared_ptr<const world> of)
    : world_(std::move(of))
    , sky_(*world_) {
  // districts are the same in every successor (world::succeeded_by), so the sky is too
}

step_input step_reader::read(std::string_view bytes) {
  state_reader from{bytes};
  step_input step;
  from.get(step.begin);
  from.get(step.end);
  from.get(step.opens_tick);
  auto view = std::make_shared<shared_view>();
  from.get(view->before);
  from.get(view->site);
  if (step.end <= step.begin || step.end - step.begin > world_->lookahead())
    throw foreign_state("a step is longer than this world's may be");
  const auto tick = step.begin - (step.begin - world_->start()) % world_->tick();
  view->sky = sky_.over(tick, std::max(tick + world_->tick(), step.end));
  step.view = std::move(view);
  auto orders = std::make_shared<std::vector<incident_order>>();
  from.get(*orders);
  step.orders = std::move(orders);
  from.get(step.messages);
  bool succeeded = false;
  from.get(succeeded);
  if (succeeded) {
    world_ = world::load(from);
    step.successor = world_;
  }
  from.require_end();
  return step;
}

std::string to_bytes(const step_output& made) {
  std::string bytes;
  bytes.reserve(made.bytes + made.bytes / 2);
  state_writer to{bytes};
  to.put(std::uint64_t{made.lanes.size()});
  for (const auto& lane : made.lanes) {
    to.put(lane->bytes.view(0, lane->bytes.size()));
    for (const auto& run : lane->runs)
      to.put(run);
  }
  to.put(made.totals);
  to.put(made.outbound);
  to.put(made.events);
  to.put(made.bytes);
  to.put(made.wakes);
  to.put(made.restarts);
  return bytes;
}

std::shared_ptr<const step_output> output_from(std::string_view bytes, std::size_t runs) {
  state_reader from{bytes};
  auto made = std::make_shared<step_output>();
  made->counts.resize(runs);
  const auto lanes = from.count(1);
  for (std::uint64_t i = 0; i < lanes; ++i) {
    auto lane = std::make_shared<output_lane>();
    if (const auto text = from.view(); !text.empty())
      lane->bytes.append(text);
    lane->runs.resize(runs);
    for (std::size_t run = 0; run < runs; ++run) {
      from.get(lane->runs[run]);
      made->counts[run] += lane->runs[run].size();
    }
    check(*lane);
    made->lanes.push_back(std::move(lane));
  }
  from.get(made->totals);
  from.get(made->outbound);
  from.get(made->events);
  from.get(made->bytes);
  from.get(made->wakes);
  from.get(made->restarts);
  from.require_end();
  return made;
}

std::string to_bytes(const ledger& money) {
  std::string bytes;
  state_writer{bytes}.put(money);
  return bytes;
}

ledger ledger_from(std::string_view bytes) {
  state_reader from{bytes};
  ledger money;
  from.get(money);
  from.require_end();
  return money;
}

std::string to_bytes(const std::vector<book>& books) {
  std::string bytes;
  state_writer to{bytes};
  to.put(books);
  return bytes;
}

std::vector<book> books_from(std::string_view bytes) {
  state_reader from{bytes};
  std::vector<book> books;
  from.get(books);
  from.require_end();
  return books;
}

} // namespace throng::simulation
