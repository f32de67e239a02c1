#include "simulation/incident_turn.hpp"

#include "simulation/arithmetic.hpp"

namespace throng::simulation {

double subtle_gap(double blatant_ms, double hidden_ms, double subtlety) {
  return blatant_ms * pow(hidden_ms / blatant_ms, subtlety);
}

} // namespace throng::simulation
