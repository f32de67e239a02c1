// Steps, and what shards make of them, as bytes: for a shard that lives in another process of the same program (state_bytes.hpp).
// Leaves to others how the bytes get there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/state_bytes.hpp"
#include "simulation/step.hpp"
#include "simulation/world_sky.hpp"

namespace throng::simulation {

template <>
inline constexpr auto state_parts<incident_order> =
    std::tuple{&incident_order::target, &incident_order::incident, &incident_order::occurrence, &incident_order::start,
               &incident_order::end,    &incident_order::subtlety, &incident_order::pays,       &incident_order::stage,
               &incident_order::stages, &incident_order::expects};

/// The sky is left out: whoever reads the step makes it anew.
std::string to_bytes(const step_input& step);

/// Reads the steps of one world, and of those that succeed it.
class step_reader {
public:
  explicit step_reader(std::shared_ptr<const world> of);

  /// @throws foreign_state
  step_input read(std::string_view bytes);

private:
  std::shared_ptr<const world> world_;
  world_sky sky_;
};

std::string to_bytes(const step_output& made);
/// Every place in it that is read later is checked. @param runs of the world: topics times partitions @throws foreign_state
std::shared_ptr<const step_output> output_from(std::string_view bytes, std::size_t runs);

std::string to_bytes(const ledger& money);
std::string to_bytes(const std::vector<book>& books);
/// @throws foreign_state
ledger ledger_from(std::string_view bytes);
/// @throws foreign_state
std::vector<book> books_from(std::string_view bytes);

} // namespace throng::simulation
