#include "sinks/text_formats.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "analytics/json_scanner.hpp"
#include "config/csv_cell.hpp"
#include "config/time.hpp"
#include "sinks/row_text.hpp"
#include "transport/record_line.hpp"

namespace throng::sinks {

namespace {

constexpr int zstd_level = 3;

/// One object and nothing else, without what follows its last field.
std::string_view inside_of_object(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{' || !analytics::valid_json(text))
    return {};
  return text.substr(begin, text.find_last_of('}') - begin);
}

bool has_field(std::string_view open_object) {
  return open_object.find_first_not_of(" \t\r\n", 1) != std::string_view::npos;
}

void append_value(std::string& out, const column& of, std::size_t row) {
  if (!of.has(row))
    return;
  switch (of.kind) {
  case column_kind::boolean:
    out += of.flag(row) ? "true" : "false";
    return;
  case column_kind::integer:
    fmt::format_to(std::back_inserter(out), "{}", of.numbers[row]);
    return;
  case column_kind::number:
    fmt::format_to(std::back_inserter(out), "{}", of.doubles[row]);
    return;
  case column_kind::time:
    append_iso8601(out, timestamp{of.numbers[row]});
    return;
  case column_kind::text:
    if (const auto text = of.text_of(row); text.empty())
      out += "\"\"";
    else
      append_csv_cell(out, text);
  }
}

expected<std::string> gzip(const std::string& text) {
  constexpr int window_of_gzip = 15 + 16;
  constexpr int memory_level = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of_gzip, memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return fail(error_kind::exhausted, "no memory to compress a file with gzip", true);
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib reads and writes unsigned bytes, and promises not to write what it reads.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const auto ended = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (ended != Z_STREAM_END)
    return fail(error_kind::internal, fmt::format("gzip did not take {} bytes", text.size()));
  return out;
}

} // namespace

std::string printable(std::string_view bytes) {
  return analytics::valid_utf8(bytes) ? std::string{bytes} : "base64:" + transport::encode_base64(bytes);
}

void append_ndjson(std::string& out, const analytics::sink_rows& rows, const analytics::sink_row& row) {
  const auto object = row.value ? inside_of_object(*row.value) : std::string_view{};
  const auto begin = out.size();
  out += object.empty() ? std::string_view{"{"} : object;
  // Line ends are white space in JSON, never part of its text.
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  if (!object.empty() && has_field(object))
    out += ',';
  if (object.empty() && row.value) {
    out += "\"_raw\":";
    analytics::append_json_string(out, printable(*row.value));
    out += ',';
  }
  fmt::format_to(std::back_inserter(out), "\"_partition\":{},\"_offset\":{},\"_time\":", rows.partition, row.offset);
  if (row.timestamp_ms >= 0)
    fmt::format_to(std::back_inserter(out), "\"{}\"", to_iso8601(timestamp{row.timestamp_ms}));
  else
    out += "null";
  out += ",\"_key\":";
  if (row.key)
    analytics::append_json_string(out, printable(*row.key));
  else
    out += "null";
  out += "}\n";
}

std::string bytes_of_printable(std::string text) {
  constexpr std::string_view packed = "base64:";
  if (text.starts_with(packed))
    if (auto bytes = transport::decode_base64(std::string_view{text}.substr(packed.size())))
      return std::move(*bytes);
  return text;
}

std::string to_ndjson(const analytics::sink_rows& rows) {
  constexpr std::size_t room_of_place = 128;
  std::string out;
  out.reserve(rows.bytes() + rows.size() * room_of_place);
  for (std::size_t i = 0; i < rows.size(); ++i)
    append_ndjson(out, rows, rows[i]);
  return out;
}

std::string to_csv(const column_table& table) {
  std::string out;
  auto each_column = [&](auto cell) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0)
        out += ',';
      cell(table.columns[i]);
    }
    out += '\n';
  };
  each_column([&](const column& of) { append_csv_cell(out, of.name); });
  for (std::size_t row = 0; row < table.rows; ++row)
    each_column([&](const column& of) { append_value(out, of, row); });
  return out;
}

expected<std::string> compress(std::string text, config::sink_compression how) {
  if (how == config::sink_compression::none)
    return text;
  if (how == config::sink_compression::gzip)
    return gzip(text);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const auto size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), zstd_level);
  if (ZSTD_isError(size) != 0)
    return fail(error_kind::exhausted, fmt::format("zstd: {}", ZSTD_getErrorName(size)), true);
  out.resize(size);
  return out;
}

} // namespace throng::sinks
