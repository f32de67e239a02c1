// A line of a `.records.ndjson` file: a message as a topic really held it (`throng peek --format records`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "transport/message.hpp"

namespace throng::transport {

struct record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1; ///< -1: null or absent
  std::optional<std::string> key;
  std::optional<std::string> value;
  header_list headers;
};

/// Standard base64 (RFC 4648 section 4) with its padding; none where it is not.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

/// The line of a message, without its newline: `{"partition","offset","timestamp","key","headers","value"}`, key and value in base64 or null,
/// headers as `[["name","base64"],…]`, since a name may come twice.
std::string record_line(const record& of);

/// Reads such a line. Headers are left out: nothing that reads files asks for them.
/// corrupt: what is wrong with the line, without saying where it stands.
expected<record> parse_record(std::string_view line);

} // namespace throng::transport
