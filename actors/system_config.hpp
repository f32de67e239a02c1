// CAF's settings for this program: message types, threads, fairness.
#pragma once

#include <cstddef>

#include <caf/actor_system_config.hpp>

namespace throng::actors {

class system_config : public caf::actor_system_config {
public:
  /// @param threads of the scheduler; 0: as many as the machine has cores
  explicit system_config(std::size_t threads);
};

} // namespace throng::actors
