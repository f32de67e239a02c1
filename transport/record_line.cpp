#include "transport/record_line.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace throng::transport {

namespace {

namespace json = boost::json;

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> digits_of(std::string_view letters) {
  std::array<std::uint8_t, 256> values{};
  values.fill(no_digit);
  for (std::size_t i = 0; i < letters.size(); ++i)
    values[static_cast<unsigned char>(letters[i])] = static_cast<std::uint8_t>(i);
  return values;
}

constexpr auto digits = digits_of(alphabet);

expected<std::optional<std::int64_t>> integer(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains({name.data(), name.size()});
  if (value == nullptr || value->is_null())
    return std::optional<std::int64_t>{};
  if (!value->is_int64())
    return fail(error_kind::corrupt, fmt::format("\"{}\" is not an integer", name));
  return std::optional{value->get_int64()};
}

expected<std::optional<std::string>> bytes(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains({name.data(), name.size()});
  if (value == nullptr || value->is_null())
    return std::optional<std::string>{};
  if (value->is_string())
    if (auto decoded = decode_base64({value->get_string().data(), value->get_string().size()}))
      return decoded;
  return fail(error_kind::corrupt, fmt::format("\"{}\" is neither base64 nor null", name));
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
    ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t held = 0;
  for (const char letter : text.substr(0, text.size() - padding)) {
    const auto digit = digits[static_cast<unsigned char>(letter)];
    if (digit == no_digit)
      return std::nullopt;
    group = group << 6U | digit;
    if (++held == 4) {
      out += static_cast<char>(group >> 16U & 0xffU);
      out += static_cast<char>(group >> 8U & 0xffU);
      out += static_cast<char>(group & 0xffU);
      group = 0;
      held = 0;
    }
  }
  if (held + padding != 0 && held + padding != 4)
    return std::nullopt;
  if (held == 3) {
    out += static_cast<char>(group >> 10U & 0xffU);
    out += static_cast<char>(group >> 2U & 0xffU);
  } else if (held == 2) {
    out += static_cast<char>(group >> 4U & 0xffU);
  }
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto held = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8U | (i < held ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= held ? alphabet[group >> (18U - 6U * i) & 0x3fU] : '=';
  }
  return out;
}

std::string record_line(const record& of) {
  const auto quoted = [](const std::optional<std::string>& bytes) {
    return bytes ? fmt::format("\"{}\"", encode_base64(*bytes)) : std::string{"null"};
  };
  std::string headers;
  for (const auto& [name, value] : of.headers)
    headers += fmt::format("{}[{},\"{}\"]", headers.empty() ? "" : ",", json::serialize(json::string{name}),
                           encode_base64(value));
  return fmt::format(R"({{"partition":{},"offset":{},"timestamp":{},"key":{},"headers":[{}],"value":{}}})",
                     of.partition, of.offset, of.timestamp_ms < 0 ? "null" : std::to_string(of.timestamp_ms),
                     quoted(of.key), headers, quoted(of.value));
}

expected<record> parse_record(std::string_view line) {
  json::error_code failed;
  const auto parsed = json::parse({line.data(), line.size()}, failed);
  if (failed || !parsed.is_object())
    return fail(error_kind::corrupt, "it is not a JSON object");
  const auto& object = parsed.get_object();
  const auto partition = integer(object, "partition");
  if (!partition)
    return tl::unexpected(partition.error());
  const auto offset = integer(object, "offset");
  if (!offset)
    return tl::unexpected(offset.error());
  // More partitions than any cluster has would only be memory taken.
  constexpr std::int64_t most_partitions = 1'000'000;
  if (!*partition || **partition < 0 || **partition >= most_partitions)
    return fail(error_kind::corrupt, fmt::format("\"partition\" must be from 0 to {}", most_partitions - 1));
  if (!*offset || **offset < 0 || **offset == std::numeric_limits<std::int64_t>::max())
    return fail(error_kind::corrupt, "\"offset\" must be 0 or more");
  const auto time = integer(object, "timestamp");
  if (!time)
    return tl::unexpected(time.error());
  auto key = bytes(object, "key");
  if (!key)
    return tl::unexpected(key.error());
  auto value = bytes(object, "value");
  if (!value)
    return tl::unexpected(value.error());
  return record{
      static_cast<std::int32_t>(**partition), **offset, time->value_or(-1), std::move(*key), std::move(*value), {}};
}

} // namespace throng::transport
