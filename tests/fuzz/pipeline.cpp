// A pipeline file: it is read and compiled, or what is wrong is said with its place.
#include "analytics/pipeline_plan.hpp"
#include "config/load.hpp"
#include "target.hpp"

using namespace throng;
using fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  config::load_options options;
  options.environment = {{"NAME", "value"}};
  auto read = config::parse_pipelines(fuzz::text_of(bytes, size), "fuzzed.json", options);
  if (!read) {
    must(!read.error().empty(), "what is wrong is said");
    return 0;
  }
  for (auto& each : *read) {
    auto plan = analytics::pipeline_plan::compile(each.value);
    if (plan)
      must(!(*plan)->explain().empty(), "what it does can be said");
    else
      must(!plan.error().empty(), "what is wrong is said");
  }
  return 0;
}
