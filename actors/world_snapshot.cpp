#include "actors/world_snapshot.hpp"

namespace throng::actors {

std::string conductor_memory::save() const {
  std::string bytes;
  simulation::state_writer to{bytes};
  to.put(now);
  to.put(totals);
  to.put(result.steps);
  to.put(result.events);
  to.put(result.by_topic);
  to.put(result.restarts);
  to.put(by_run);
  to.put(mail);
  director->save(to);
  return bytes;
}

conductor_memory conductor_memory::load(std::string_view bytes, const std::shared_ptr<const simulation::world>& world) {
  auto made = at_start(world);
  simulation::state_reader from{bytes};
  from.get(made.now);
  from.get(made.totals);
  from.get(made.result.steps);
  from.get(made.result.events);
  from.get(made.result.by_topic);
  from.get(made.result.restarts);
  const auto runs = made.by_run.size();
  from.get(made.by_run);
  if (made.by_run.size() != runs)
    throw simulation::foreign_state("the state is of another number of partitions");
  from.get(made.mail);
  made.director->load(from);
  from.require_end();
  return made;
}

conductor_memory conductor_memory::at_start(const std::shared_ptr<const simulation::world>& world) {
  conductor_memory made;
  made.director = std::make_unique<simulation::director>(world);
  made.now = world->start();
  made.by_run.resize(simulation::topic_count * static_cast<std::size_t>(world->partitions()));
  return made;
}

} // namespace throng::actors
