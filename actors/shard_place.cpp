#include "actors/shard_place.hpp"

#include "actors/shard.hpp"

namespace throng::actors {

namespace {

class local_place final : public shard_place {
public:
  local_place(caf::actor_system& system, const std::shared_ptr<const simulation::world>& world, const shard_seat& seat)
      : system_(system)
      , number_(seat.number)
      , core_(std::make_shared<simulation::shard_core>(world, seat.index, seat.shards, seat.kinds)) {}

  stepping_actor begin(const step_leader& led_by) override {
    return system_.spawn(shard, number_, core_, led_by);
  }
  expected<void> load(const std::string& state) override {
    core_->load(state);
    return {};
  }
  expected<void> go_on_from(const std::vector<simulation::book>& books) override {
    core_->go_on_from(books);
    return {};
  }
  expected<std::string> save() const override {
    return core_->save();
  }
  expected<std::vector<simulation::book>> books() const override {
    return core_->books();
  }
  expected<simulation::ledger> money() const override {
    return core_->money();
  }

private:
  caf::actor_system& system_;
  std::uint32_t number_;
  std::shared_ptr<simulation::shard_core> core_;
};

} // namespace

shard_placer local_placer(caf::actor_system& system) {
  return [&system](const std::shared_ptr<const simulation::world>& world, const shard_seat& seat) {
    return std::make_unique<local_place>(system, world, seat);
  };
}

} // namespace throng::actors
