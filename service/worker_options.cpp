#include "service/worker_options.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>
#include <xxhash.h>

namespace throng::service {

std::string program_build() {
  std::ifstream self{"/proc/self/exe", std::ios::binary};
  std::array<char, 1U << 16U> block{};
  auto* state = XXH3_createState();
  XXH3_64bits_reset(state);
  while (self.read(block.data(), block.size()) || self.gcount() > 0)
    XXH3_64bits_update(state, block.data(), static_cast<std::size_t>(self.gcount()));
  const auto hash = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return fmt::format("{} ({:016x})", THRONG_VERSION, hash);
}

void workers_option::add_to(CLI::App& command) {
  command
      .add_option("--workers", texts_,
                  "HOST:PORT,... of processes that live the world's parts (throng worker); the bytes are the same")
      ->delimiter(',');
}

expected<std::vector<actors::worker_address>> workers_option::resolve() const {
  std::vector<actors::worker_address> all;
  for (const auto& text : texts_) {
    auto place = http::parse_endpoint(text, worker_place);
    if (!place)
      return tl::unexpected{place.error()};
    if (place->port == 0)
      return fail(error_kind::invalid, fmt::format("--workers {}: must be the port that a worker listens at", text));
    const auto twice = std::any_of(
        all.begin(), all.end(), [&](const auto& each) { return each.host == place->host && each.port == place->port; });
    if (twice)
      return fail(error_kind::invalid, fmt::format("--workers {}: stands there twice", text));
    all.push_back({place->host, place->port});
  }
  return all;
}

} // namespace throng::service
