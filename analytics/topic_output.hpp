// What `to` makes of an event, or of a window's document, for another topic: its text, and the message with the headers that tell a
// repeat. Leaves to the engine what goes on when, and to actors/ how it travels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/alert.hpp"
#include "analytics/event.hpp"
#include "analytics/expression.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct output_plan {
  struct member {
    std::string name;
    std::string quoted; ///< `"name":`
    slot from = 0;      ///< of a field as it is
    std::optional<expression> computed;
  };
  std::string topic;
  /// With `project` what an event has, in this order. Without it what stands behind the message's own members, but for those
  /// that have the name of one.
  std::vector<member> members;
  bool projected = false;
};

/// @param added names that stages have added before, also those that travelled with a re-keyed message; without `project` they are
/// written from their slots
tl::expected<output_plan, findings> compile_output(const config::pipeline& definition,
                                                   const std::vector<std::string>& added, field_table& fields);

/// The event as `to` writes it, into `text` (replaced): a JSON object. Absent fields are left out, and so are
/// numbers too large for a double. Without `project` and anything added it is the message to the byte.
/// @param message that the event was decoded from
/// @returns how many members had a type error (they are null)
std::uint64_t write_event(const output_plan& plan, const event& e, std::string_view message, std::string& text);

/// A message to a topic that the pipeline names. What a crash makes come twice is known by its `id`, and by the source topic,
/// partition and offset beside it. @param at where the event stood, before it was re-keyed if it was
side_message output_message(const task_identity& who, const output_plan& plan, const rekeyed_origin& at, const event& e,
                            std::string&& text);

/// A final window's document as commands.md shows it, to the topic that its window names: the key is the entity's, the Kafka timestamp its
/// end, `id` the document's. @param key the pipeline's, which is in the group
side_message window_message(const task_identity& who, const std::string& topic, const std::string& key,
                            const document& final);

} // namespace throng::analytics
