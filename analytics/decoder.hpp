// From the bytes of a message to an event, in one SAX pass that keeps only what the pipeline asks for. What can't be read is a dead
// letter with its reason (semantics.md 2).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/event.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

enum class dead_reason : std::uint8_t {
  not_json, not_an_object, not_utf8, not_finite_text, too_deep, too_long, no_key, no_timestamp, bad_timestamp,
  timestamp_out_of_range, too_far_ahead, poison,
};
std::string_view to_string(dead_reason reason);

struct dead_letter {
  dead_reason reason = dead_reason::not_json;
  std::string detail; ///< a sentence that names the place and value, at most 200 bytes
};

/// Decodes messages of one pipeline. Not thread-safe; allocates nothing once warm.
class decoder {
public:
  /// @param fields what to keep; message fields may be added to it until the first decode
  decoder(const config::pipeline& pipeline, const field_table& fields);
  ~decoder();
  decoder(decoder&&) noexcept;

  /// Fills `out` (cleared first). The event's text borrows from `message`, which must live as long as the event is used.
  std::optional<dead_letter> decode(std::string_view message, message_origin origin, event& out);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::analytics
