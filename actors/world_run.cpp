#include "actors/world_run.hpp"

#include <utility>

#include <fmt/core.h>

#include "actors/publisher.hpp"
#include "simulation/entity_kinds.hpp"

namespace throng::actors {

namespace {

/// The runs of the world's topics, each in a list of its own, or all in one.
std::vector<std::vector<std::size_t>> runs_by_publisher(const simulation::world& world, bool single_stream) {
  std::vector<std::vector<std::size_t>> result;
  auto partitions = static_cast<std::size_t>(world.partitions());
  for (auto topic : world.topics())
    for (std::size_t partition = 0; partition < partitions; ++partition) {
      if (!single_stream || result.empty())
        result.emplace_back();
      result.back().push_back(static_cast<std::size_t>(topic) * partitions + partition);
    }
  return result;
}

/// Whether some populations are of far-sighted kinds, and whether all are.
std::pair<bool, bool> far_sighted_populations(const simulation::world& world) {
  std::size_t count = 0;
  auto all = static_cast<std::uint32_t>(world.scenario().populations.size());
  for (std::uint32_t i = 0; i < all; ++i)
    count += simulation::far_sighted(world.kind_of(i)) ? 1 : 0;
  return {count > 0, count > 0 && count == all};
}

/// What the wall clock says now, gone on from steadily: a clock that is set meanwhile does not set the world back.
std::function<timestamp()> steady_wall_clock() {
  using namespace std::chrono;
  const auto began = system_clock::now();
  return [base = steady_clock::now(), at = duration_cast<milliseconds>(began.time_since_epoch())] {
    return timestamp{(at + duration_cast<milliseconds>(steady_clock::now() - base)).count()};
  };
}

} // namespace

world_run::world_run(caf::actor_system& system, const std::shared_ptr<const simulation::world>& world,
                     std::shared_ptr<message_sink> sink, const world_options& options)
    : system_(system)
    , world_(world)
    , sink_(std::move(sink))
    , progress_(std::make_shared<world_progress>()) {
  auto [some_ahead, all_ahead] = far_sighted_populations(*world);
  const auto place = options.place ? options.place : local_placer(system);
  for (auto kinds : {simulation::pace::tick, simulation::pace::ahead})
    for (std::uint32_t i = 0; i < options.shards; ++i)
      if (kinds == simulation::pace::tick ? !all_ahead : some_ahead)
        shards_.push_back(place(world, {static_cast<std::uint32_t>(shards_.size()), i, options.shards, kinds}));
  auto of_tick = all_ahead ? 0 : options.shards; // those that live ahead are numbered on from them
  auto plan = std::make_shared<conductor_plan>();
  plan->world = world;
  plan->progress = progress_;
  plan->wall = options.wall ? options.wall : steady_wall_clock();
  plan->planned = options.planned;
  plan->reactions = options.reactions;
  if (options.snapshot != nullptr) {
    const auto& parts = options.snapshot->parts;
    if (parts.size() != shards_.size() + 1)
      throw simulation::foreign_state("the state is of another number of shards");
    plan->memory = conductor_memory::load(parts.front(), world);
    for (std::size_t i = 0; i < shards_.size(); ++i)
      (void)shards_[i]->load(parts[i + 1]); // one that can't be reached fails the world when it begins
  } else {
    plan->memory = conductor_memory::at_start(world);
  }
  progress_->virtual_ms = plan->memory.now.ms;
  if (!options.books.empty())
    for (auto& each : shards_)
      (void)each->go_on_from(options.books); // likewise
  auto make_cast = [this, world, options, of_tick](const conductor_actor& leader) {
    conductor_cast cast;
    for (std::uint32_t i = 0; i < shards_.size(); ++i)
      (i < of_tick ? cast.shards : cast.ahead_shards).push_back(shards_[i]->begin(leader));
    for (auto& runs : runs_by_publisher(*world, options.single_stream))
      cast.publishers.push_back({system_.spawn(publisher, runs, sink_, leader, options.leave_out), runs});
    return cast;
  };
  conductor_ = system_.spawn(conductor, plan, std::function<conductor_cast(conductor_actor)>{std::move(make_cast)});
}

world_run::~world_run() {
  if (ended_.valid() && !wait(std::chrono::milliseconds{0})) {
    // Abandoned while it runs: a failure ends it at once, even where a full sink would hold up an orderly end.
    caf::anon_send(conductor_, world_failure{{error_kind::internal, "the world was abandoned"}});
    ended_.wait();
  }
  caf::anon_send_exit(conductor_, caf::exit_reason::user_shutdown);
  if (!begun_) { // the conductor may be making its cast out of this object still
    caf::scoped_actor self{system_};
    self->wait_for(conductor_);
  }
}

void world_run::begin() {
  auto ended = std::make_shared<std::promise<world_result>>();
  ended_ = ended->get_future();
  begun_ = true;
  system_.spawn([leader = conductor_, ended](caf::event_based_actor* self) {
    self->request(leader, caf::infinite, begin_atom_v)
        .then([ended](const world_result& result) { ended->set_value(result); },
              [ended, self](const caf::error& why) {
                world_result result;
                result.failure = error{error_kind::internal, "the conductor died: " + self->system().render(why)};
                ended->set_value(result);
              });
  });
}

void world_run::halt() {
  caf::anon_send(conductor_, halt_atom_v);
}

void world_run::change_speed(double speed) {
  order({speed, std::nullopt});
}

void world_run::pause() {
  order({std::nullopt, true});
}

void world_run::resume() {
  order({std::nullopt, false});
}

void world_run::order(const pace_order& what) {
  caf::scoped_actor self{system_};
  self->request(conductor_, caf::infinite, what)
      .receive(
          [](bool) {
            // it counts
          },
          [](const caf::error&) {
            // the world is gone, and has no pace
          });
}

expected<timestamp> world_run::hold(std::chrono::milliseconds limit) {
  static constexpr auto not_running = "the world does not run: it has not begun, or has ended";
  if (!begun_) // where it has, the conductor may learn of it after this
    return fail(error_kind::conflict, not_running);
  holding_.lock();
  expected<timestamp> stands = fail(error_kind::internal, "the conductor died");
  caf::scoped_actor self{system_};
  self->request(conductor_, limit, hold_atom_v)
      .receive(
          [&](const standstill& at) {
            standstill_ = at;
            if (at.over)
              stands = fail(error_kind::conflict, not_running);
            else
              stands = at.at;
          },
          [&](const caf::error& why) {
            self->send(conductor_, actors::release{});
            if (why == caf::sec::request_timeout)
              stands = fail(error_kind::timed_out,
                            fmt::format("the world did not come to the end of its tick within {} s",
                                        std::chrono::duration_cast<std::chrono::seconds>(limit).count()));
          });
  if (!stands)
    holding_.unlock();
  return stands;
}

std::optional<world_snapshot> world_run::snapshot() const {
  if (standstill_.conductor.empty())
    return std::nullopt;
  // It is of use only where the destination has come as far. What can't be written is told by the next take.
  if (!standstill_.over && !sink_->flush())
    return std::nullopt;
  world_snapshot taken{standstill_.at, standstill_.handed_over, {standstill_.conductor}};
  for (const auto& each : shards_) {
    auto part = each->save();
    if (!part)
      return std::nullopt;
    taken.parts.push_back(std::move(*part));
  }
  return taken;
}

void world_run::release(std::shared_ptr<const simulation::world> successor) {
  if (successor != nullptr)
    world_ = successor;
  caf::anon_send(conductor_, actors::release{std::move(successor)});
  holding_.unlock();
}

std::shared_ptr<const simulation::world> world_run::world() const {
  return world_;
}

const world_progress& world_run::progress() const {
  return *progress_;
}

std::optional<world_result> world_run::wait(std::chrono::milliseconds limit) {
  if (!result_ && ended_.valid() && ended_.wait_for(limit) == std::future_status::ready)
    end_with(ended_.get());
  return result_;
}

void world_run::end_with(world_result result) {
  standstill_ = {true, result.ended, result.by_run, std::move(result.conductor)};
  result_ = std::move(result);
}

expected<std::vector<simulation::book>> world_run::books() const {
  std::vector<simulation::book> all;
  for (const auto& each : shards_) {
    auto some = each->books();
    if (!some)
      return some;
    all.insert(all.end(), std::make_move_iterator(some->begin()), std::make_move_iterator(some->end()));
  }
  return all;
}

expected<simulation::ledger> world_run::money() const {
  simulation::ledger sum{0, result_->money_on_its_way};
  for (const auto& each : shards_) {
    auto some = each->money();
    if (!some)
      return some;
    sum += *some;
  }
  return sum;
}

} // namespace throng::actors
