// Who takes part in an incident of the bank that needs several accounts, and who pays whom: the patterns of money laundering as
// the literature draws them (AMLSim, https://github.com/IBM/AMLSim; Altman et al., "Realistic synthetic financial transactions for
// anti-money laundering models", NeurIPS 2023), and of innocent money that looks like them. Leaves to the director whose
// accounts they are, and to account what each does with its money.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "simulation/random.hpp"

namespace throng::simulation {

/// One account's part. Money goes from the parts of stage 0 on.
struct typology_part {
  std::uint8_t stage = 0;
  std::uint8_t expects = 0;        ///< payments from other parts, before it pays (a cycle's first: after)
  std::vector<std::uint32_t> pays; ///< parts, by their place in the typology; one may stand there only once
};

struct typology {
  std::uint8_t stages = 1;
  std::vector<typology_part> parts;
};

/// @param kind an incident's name
/// @param subtlety fewer accounts where it is high; a longer cycle
/// @param available how many accounts there are: no more take part
typology typology_of(std::string_view kind, double subtlety, random_stream& from, std::uint32_t available);

} // namespace throng::simulation
