#include "actors/world_worker.hpp"

#include <utility>

#include <caf/io/middleman.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "actors/hosted_shard.hpp"
#include "actors/worker_messages.hpp"

namespace throng::actors {

namespace {

using front_pointer = caf::stateful_actor<worker_front_state>*;

constexpr std::string_view greeting_word = "throng-worker";

std::string description(const simulation::world& world) {
  return fmt::format("{} (seed {})", world.scenario().name, world.scenario().seed);
}

/// Whether the world at hand is led from another process than `node`.
bool led_by_another(const worker_front_state& state, const caf::node_id& node) {
  return !state.hosted.empty() && state.hosted.begin()->second->node() != node;
}

enlisted refuse(std::string why) {
  return {std::move(why), nullptr};
}

enlisted host(front_pointer self, const enlistment& wanted, const caf::strong_actor_ptr& leader) {
  auto& state = self->state;
  if (leader == nullptr)
    return refuse("was asked by nobody");
  if (led_by_another(state, leader->node()))
    return refuse(fmt::format("is busy with the world {} of another leader", description(*state.world)));
  if (wanted.shards == 0 || wanted.index >= wanted.shards ||
      wanted.kinds > static_cast<std::uint8_t>(simulation::pace::both))
    return refuse("is asked for a shard that can't be");
  try {
    if (state.world == nullptr || wanted.world != state.world_bytes) {
      simulation::state_reader from{wanted.world};
      state.world = simulation::world::load(from);
      state.world_bytes = wanted.world;
    }
  } catch (const std::exception& e) {
    return refuse(fmt::format("can't make the world: {}", e.what()));
  }
  if (state.hosted.empty())
    spdlog::info("lives a part of the world {}", description(*state.world));
  // Lazily: several shards are made at a time, each in a thread of its own.
  auto made = self->spawn<caf::lazy_init + caf::monitored>(hosted_shard, state.world, wanted,
                                                           caf::actor_cast<parcel_actor>(leader));
  state.hosted[caf::actor_cast<caf::actor_addr>(made)] = leader;
  return {{}, caf::actor_cast<caf::strong_actor_ptr>(made)};
}

} // namespace

std::string worker_greeting::to_text() const {
  return fmt::format("{}\n{}\n{}", greeting_word, build, busy);
}

expected<worker_greeting> worker_greeting::from_text(const std::string& text) {
  const auto first = text.find('\n');
  const auto second = first == std::string::npos ? first : text.find('\n', first + 1);
  if (second == std::string::npos || text.substr(0, first) != greeting_word)
    return fail(error_kind::invalid, "is no throng worker");
  return worker_greeting{text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

caf::behavior worker_front(front_pointer self, const std::string& build) {
  self->state.build = build;
  self->set_down_handler([self](caf::down_msg& down) {
    auto& state = self->state;
    state.hosted.erase(down.source);
    if (!state.hosted.empty())
      return;
    spdlog::info("the world {} is over here: its leader has ended, or is lost", description(*state.world));
    state.world = nullptr;
    state.world_bytes.clear();
  });
  self->set_exit_handler([self](caf::exit_msg& exit) {
    for (const auto& [hosted, leader] : self->state.hosted)
      caf::anon_send_exit(hosted, caf::exit_reason::user_shutdown);
    self->quit(exit.reason);
  });
  self->set_default_handler(caf::drop);
  return {
      [self](const std::string& leader) -> std::string {
        auto& state = self->state;
        if (leader != state.build)
          spdlog::warn("a leader of another build asks for this worker: {}, this one is {}", leader, state.build);
        const auto sender = self->current_sender();
        const auto busy = sender != nullptr && led_by_another(state, sender->node());
        return worker_greeting{state.build, busy ? description(*state.world) : std::string{}}.to_text();
      },
      [self](const enlistment& wanted) { return host(self, wanted, self->current_sender()); },
  };
}

expected<std::unique_ptr<world_worker>> world_worker::listen(caf::actor_system& system, const std::string& host,
                                                             std::uint16_t port, const std::string& build) {
  auto front = system.spawn(worker_front, build);
  const auto bound = system.middleman().publish(front, port, host.c_str(), true);
  if (!bound) {
    caf::anon_send_exit(front, caf::exit_reason::user_shutdown);
    return fail(error_kind::unavailable, fmt::format("cannot listen at {}:{}: is it taken, or not this machine's? ({})",
                                                     host, port, system.render(bound.error())));
  }
  return std::unique_ptr<world_worker>(new world_worker(system, std::move(front), *bound));
}

world_worker::world_worker(caf::actor_system& system, caf::actor front, std::uint16_t port)
    : system_(system)
    , front_(std::move(front))
    , port_(port) {
  // listens already
}

world_worker::~world_worker() {
  system_.middleman().unpublish(front_, port_);
  caf::anon_send_exit(front_, caf::exit_reason::user_shutdown);
}

} // namespace throng::actors
