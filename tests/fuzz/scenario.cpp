// A scenario file: it is read, or what is wrong is said with its place.
#include "config/load.hpp"
#include "target.hpp"

using namespace throng;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  config::load_options options;
  options.environment = {{"NAME", "value"}};
  options.now = {1'767'592'800'000};
  auto read = config::parse_scenario(fuzz::text_of(bytes, size), "fuzzed.json", options);
  fuzz::must(read.has_value() || !read.error().empty(), "what is wrong is said");
  return 0;
}
