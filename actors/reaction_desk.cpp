#include "actors/reaction_desk.hpp"

#include <algorithm>
#include <utility>

#include "simulation/entity_kinds.hpp"
#include "simulation/random.hpp"

namespace throng::actors {

namespace {

std::string id_of(const analytics::side_message& alert) {
  const auto found =
      std::find_if(alert.headers.begin(), alert.headers.end(), [](const auto& header) { return header.first == "id"; });
  return found == alert.headers.end() ? std::string{} : found->second;
}

} // namespace

reaction_desk::reaction_desk(const std::shared_ptr<const simulation::world>& world, std::function<bool()> caught_up)
    : caught_up_(std::move(caught_up))
    , delay_(world->scenario().react_to_alerts->delay)
    , world_(world) {
  // nothing has been raised yet
}

void reaction_desk::adopt(std::shared_ptr<const simulation::world> successor) {
  const std::scoped_lock lock{mutex_};
  world_ = std::move(successor);
}

void reaction_desk::raised(const analytics::side_message& alert, timestamp emitted) {
  const std::scoped_lock lock{mutex_};
  const auto entity = world_->entity_named(alert.key);
  auto id = id_of(alert);
  if (!entity || id.empty() || emitted < world_->start())
    return;
  const auto chance = simulation::draw(world_->scenario().seed, simulation::number_of_name("reactions"),
                                       simulation::number_of_name(id));
  if (simulation::to_unit(chance) >= world_->scenario().react_to_alerts->share)
    return;
  const auto tick = (emitted - world_->start()) / world_->tick();
  const auto from = world_->start() + world_->tick() * (tick + 1) + delay_;
  if (seen_.insert(id).second)
    waiting_.emplace(std::tuple{from, std::move(id)}, *entity);
}

std::vector<simulation::entity_message> reaction_desk::due(timestamp tick, bool to_far_sighted) {
  std::vector<simulation::entity_message> messages;
  const std::scoped_lock lock{mutex_};
  for (auto each = waiting_.begin(); each != waiting_.end() && std::get<0>(each->first) <= tick;) {
    if (simulation::far_sighted(world_->kind_of(each->second.population)) && !to_far_sighted) {
      ++each;
      continue;
    }
    simulation::entity_message message;
    message.to = message.from = each->second;
    message.arrives = tick;
    message.seq = done_++;
    message.what = simulation::entity_message::purpose::intervention;
    message.intervention = world_->scenario().react_to_alerts->duration;
    messages.push_back(message);
    each = waiting_.erase(each);
  }
  return messages;
}

} // namespace throng::actors
