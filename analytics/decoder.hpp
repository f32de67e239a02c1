// From the bytes of a message to an event, in one pass of a strict scanner that keeps only what the pipeline asks for; a message whose form
// is known (config/json_shape.hpp) is compared instead of scanned. What can't be read is a dead letter with its reason (semantics.md 2).
//
// Paths are MongoDB's: `a.b` goes into objects; where an array stands in the way, a number is an index into it (`a.0.b`) and a
// name collects what the array's objects hold under it, as an array (missing where none does). Of repeated names the last
// counts, at every depth. A number too large for a double is missing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/event.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

enum class dead_reason : std::uint8_t {
  not_json,
  not_an_object,
  not_utf8,
  not_finite_text,
  too_deep,
  too_long,
  no_key,
  no_timestamp,
  bad_timestamp,
  timestamp_out_of_range,
  too_far_ahead,
  poison,
};

/// As in headers and reports: `not_json`.
std::string_view to_string(dead_reason reason);

struct dead_letter {
  dead_reason reason = dead_reason::not_json;
  std::string detail; ///< a sentence that names the place and value, at most 200 bytes of UTF-8
};

/// Decodes messages of one pipeline. Not thread-safe; allocates nothing once warm, but for dead letters and arrays in the way of a path.
class decoder {
public:
  /// @param fields what to keep; message fields may be added to it until the first decode
  decoder(const config::pipeline& pipeline, const field_table& fields);
  ~decoder();
  decoder(decoder&&) noexcept;
  decoder& operator=(decoder&&) noexcept;

  /// Fills `out` (cleared first). The event's text borrows from `message`, which must live as long as the event is used.
  /// After a dead letter `out` holds nothing of use.
  std::optional<dead_letter> decode(std::string_view message, message_origin origin, event& out);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::analytics
