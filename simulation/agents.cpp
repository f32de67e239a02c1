#include "simulation/agents.hpp"

#include <array>

namespace throng::simulation {

namespace {

constexpr std::array<agent, 8> table{{
    {"mobile", 27,
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36"},
    {"mobile", 22,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
     "Mobile/15E148 Safari/604.1"},
    {"desktop", 24,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"},
    {"desktop", 8,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 "
     "Edg/143.0.0.0"},
    {"desktop", 7,
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
     "Safari/605.1.15"},
    {"desktop", 6, "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"},
    {"tablet", 4,
     "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 "
     "Mobile/15E148 Safari/604.1"},
    {"tablet", 2,
     "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36"},
}};

constexpr std::uint32_t sum_of_weights() {
  std::uint32_t sum = 0;
  for (const auto& row : table)
    sum += row.weight;
  return sum;
}
static_assert(sum_of_weights() == agent_weights);

constexpr std::array<std::string_view, 3> script_table{"python-requests/2.32.5", "curl/8.17.0", "Go-http-client/2.0"};

} // namespace

std::span<const agent> browsers() {
  return table;
}

std::uint8_t browser_by_weight(std::uint32_t weight) {
  std::uint8_t i = 0;
  while (weight >= table[i].weight)
    weight -= table[i++].weight;
  return i;
}

std::span<const std::string_view> scripts() {
  return script_table;
}

} // namespace throng::simulation
