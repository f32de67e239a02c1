// What `throng worker` and `throng simulate --workers` have in common: where a worker is, and which program it must be.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "actors/worker_crew.hpp"
#include "service/http/endpoint.hpp"

namespace throng::service {

/// Where a worker listens if it is not told: this machine only.
inline const http::endpoint worker_place{"127.0.0.1", 7070};

/// The version, and a hash of the program's own file: what another process must have in common with this one to simulate the same bytes,
/// since steps and rows travel as they lie in memory.
std::string program_build();

/// `--workers HOST:PORT,...`.
class workers_option {
public:
  void add_to(CLI::App& command);
  bool given() const {
    return !texts_.empty();
  }
  /// invalid: no HOST:PORT, or one that stands there twice
  expected<std::vector<actors::worker_address>> resolve() const;

private:
  std::vector<std::string> texts_;
};

} // namespace throng::service
