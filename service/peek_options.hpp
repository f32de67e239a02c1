// What of a topic `throng peek` shows, and how a message is written for people and for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "config/time.hpp"
#include "transport/topic_reader.hpp"

namespace throng::service {

/// `earliest`, `latest`, an offset (`1200`), so many before the end (`-10`), or a time of Kafka's (`2026-01-05T06:00:00Z`, `-24h`).
/// invalid: none of these.
expected<void> read_position(const std::string& text, timestamp now, transport::topic_reader::choice& into);

enum class peek_format { text, ndjson, records };
expected<peek_format> parse_peek_format(const std::string& name);

/// Bytes as people may see them in a terminal: what is not UTF-8, control characters and those that turn the direction of text are
/// written as \xNN.
std::string shown_safely(std::string_view bytes);

/// One line, without its newline.
std::string message_line(const transport::record& of, peek_format as);

} // namespace throng::service
