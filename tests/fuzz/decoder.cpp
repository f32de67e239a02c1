// Any bytes as a message: an event whose values can be read, or a dead letter with a reason; and the same again by the form that was
// learnt from it.
#include <string>

#include "analytics/decoder.hpp"
#include "analytics/json_scanner.hpp"
#include "target.hpp"

using namespace throng;
using namespace throng::analytics;
using fuzz::must;

namespace {

struct outcome {
  std::string said;
  explicit outcome(std::string_view message, decoder& with, event& into) {
    if (auto letter = with.decode(message, {5, 1'767'592'800'000}, into)) {
      said = std::string{to_string(letter->reason)} + ": " + letter->detail;
      must(!said.empty() && letter->detail.size() <= 200 && valid_utf8(letter->detail), "a detail is a short text");
      return;
    }
    said = into.key + ' ' + std::to_string(into.time.ms);
    must(valid_utf8(into.key), "a key is UTF-8");
    for (const auto& x : into.slots) {
      std::string json;
      append_json(json, x);
      must(valid_json(json), "a value is JSON");
      said.push_back('|');
      append_canonical(said, x);
    }
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  config::pipeline pipeline;
  pipeline.key = (bytes[0] & 1U) != 0 ? "id" : "who.id";
  if ((bytes[0] & 2U) != 0)
    pipeline.timestamp = "t";
  pipeline.timestamp_unit = (bytes[0] & 4U) != 0 ? config::timestamp_unit::ms : config::timestamp_unit::none;
  pipeline.max_message = 1U << 16U;
  field_table fields;
  for (const auto* path : {"x", "a.b", "a.0.b", "list", "deep.er.still", "text"})
    fields.message_field(path);
  auto message = fuzz::text_of(bytes + 1, size - 1);
  decoder fresh{pipeline, fields};
  event e;
  const outcome first{message, fresh, e};
  const outcome second{message, fresh, e};
  must(first.said == second.said, "a message whose form is known is read as it was when the form was new");
  return 0;
}
