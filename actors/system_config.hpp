// CAF's settings for this program: message types, threads, fairness, and the network where a world lives in several processes.
#pragma once

#include <cstddef>

#include <caf/actor_system_config.hpp>

namespace throng::actors {

enum class network { none, workers };

class system_config : public caf::actor_system_config {
public:
  /// @param threads of the scheduler; 0: as many as the machine has cores
  explicit system_config(std::size_t threads, network with = network::none);
};

} // namespace throng::actors
