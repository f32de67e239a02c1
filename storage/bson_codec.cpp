#include "storage/bson_codec.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace throng::storage {

namespace {

namespace json = boost::json;

bool is_reserved(std::string_view name) {
  return std::find(std::begin(reserved_fields), std::end(reserved_fields), name) != std::end(reserved_fields);
}

void append_escaped(std::string& out, char c) {
  fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
}

/// The name as it is stored: itself in nearly all cases, else made in `scratch`.
std::string_view stored_name(std::string_view name, bool top_level, std::string& scratch) {
  bool first = name.starts_with('$') || (top_level && is_reserved(name));
  if (!first && name.find_first_of(std::string_view("%\0", 2)) == std::string_view::npos)
    return name;
  scratch.clear();
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((i == 0 && first) || name[i] == '%' || name[i] == '\0')
      append_escaped(scratch, name[i]);
    else
      scratch.push_back(name[i]);
  }
  return scratch;
}

std::string original_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    unsigned byte = 0;
    if (name.front() == '%' && name.size() >= 3 &&
        std::from_chars(name.data() + 1, name.data() + 3, byte, 16).ptr == name.data() + 3) {
      out.push_back(static_cast<char>(byte));
      name.remove_prefix(3);
    } else {
      out.push_back(name.front());
      name.remove_prefix(1);
    }
  }
  return out;
}

int length(std::string_view text) {
  return static_cast<int>(text.size());
}

bool append_object(bson_t* to, const json::object& members);
bool append_array(bson_t* to, const json::array& members);

bool append_uint64(bson_t* to, std::string_view key, std::uint64_t x) {
  if (x <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return bson_append_int64(to, key.data(), length(key), static_cast<std::int64_t>(x));
  // BSON has no unsigned integer; a decimal of 34 digits holds it exactly.
  bson_decimal128_t decimal;
  return bson_decimal128_from_string(fmt::to_string(x).c_str(), &decimal) &&
         bson_append_decimal128(to, key.data(), length(key), &decimal);
}

/// @param key as stored
bool append_value(bson_t* to, std::string_view key, const json::value& x) {
  switch (x.kind()) {
  case json::kind::null:
    return bson_append_null(to, key.data(), length(key));
  case json::kind::bool_:
    return bson_append_bool(to, key.data(), length(key), x.get_bool());
  case json::kind::int64:
    return bson_append_int64(to, key.data(), length(key), x.get_int64());
  case json::kind::uint64:
    return append_uint64(to, key, x.get_uint64());
  case json::kind::double_:
    if (!std::isfinite(x.get_double()))
      return bson_append_null(to, key.data(), length(key));
    return bson_append_double(to, key.data(), length(key), x.get_double());
  case json::kind::string:
    return bson_append_utf8(to, key.data(), length(key), x.get_string().data(),
                            static_cast<int>(x.get_string().size()));
  case json::kind::array:
  case json::kind::object: {
    bson_t child;
    bool is_array = x.is_array();
    bool begun = is_array ? bson_append_array_begin(to, key.data(), length(key), &child)
                          : bson_append_document_begin(to, key.data(), length(key), &child);
    if (!begun)
      return false;
    bool whole = is_array ? append_array(&child, x.get_array()) : append_object(&child, x.get_object());
    bool ended = is_array ? bson_append_array_end(to, &child) : bson_append_document_end(to, &child);
    return whole && ended;
  }
  }
  return false;
}

bool append_object(bson_t* to, const json::object& members) {
  std::string scratch;
  for (const auto& [key, member] : members)
    if (!append_value(to, stored_name({key.data(), key.size()}, false, scratch), member))
      return false;
  return true;
}

bool append_array(bson_t* to, const json::array& members) {
  std::uint32_t number = 0;
  char buffer[16];
  for (const auto& member : members) {
    const char* key = nullptr;
    auto size = bson_uint32_to_string(number++, &key, buffer, sizeof buffer);
    if (!append_value(to, {key, size}, member))
      return false;
  }
  return true;
}

/// Nothing for what is neither a number nor text: such a "time" is stored as it is.
bool append_time(bson_t* to, std::string_view key, const json::value& x) {
  if (x.is_int64())
    return bson_append_date_time(to, key.data(), length(key), x.get_int64());
  return append_value(to, key, x);
}

expected<json::value> read_value(bson_iter_t* at);

expected<json::value> read_object(bson_iter_t* at) {
  bson_iter_t child;
  bson_iter_recurse(at, &child);
  json::object out;
  while (bson_iter_next(&child)) {
    auto member = read_value(&child);
    if (!member)
      return member;
    out[original_name({bson_iter_key(&child), bson_iter_key_len(&child)})] = std::move(*member);
  }
  return out;
}

expected<json::value> read_array(bson_iter_t* at) {
  bson_iter_t child;
  bson_iter_recurse(at, &child);
  json::array out;
  while (bson_iter_next(&child)) {
    auto member = read_value(&child);
    if (!member)
      return member;
    out.push_back(std::move(*member));
  }
  return out;
}

expected<json::value> read_value(bson_iter_t* at) {
  switch (bson_iter_type(at)) {
  case BSON_TYPE_NULL:
    return json::value(nullptr);
  case BSON_TYPE_BOOL:
    return json::value(bson_iter_bool(at));
  case BSON_TYPE_INT32:
  case BSON_TYPE_INT64:
    return json::value(static_cast<std::int64_t>(bson_iter_as_int64(at)));
  case BSON_TYPE_DOUBLE:
    return json::value(bson_iter_double(at));
  case BSON_TYPE_DATE_TIME:
    return json::value(static_cast<std::int64_t>(bson_iter_date_time(at)));
  case BSON_TYPE_UTF8: {
    std::uint32_t size = 0;
    const char* text = bson_iter_utf8(at, &size);
    return json::value(json::string_view(text, size));
  }
  case BSON_TYPE_DECIMAL128: {
    bson_decimal128_t decimal;
    bson_iter_decimal128(at, &decimal);
    char digits[BSON_DECIMAL128_STRING];
    bson_decimal128_to_string(&decimal, digits);
    std::string_view text = digits;
    std::uint64_t x = 0;
    auto read = std::from_chars(text.data(), text.data() + text.size(), x);
    if (read.ec == std::errc{} && read.ptr == text.data() + text.size())
      return json::value(x);
    return fail(error_kind::corrupt, fmt::format("field '{}' holds the decimal {}", bson_iter_key(at), text));
  }
  case BSON_TYPE_DOCUMENT:
    return read_object(at);
  case BSON_TYPE_ARRAY:
    return read_array(at);
  default:
    return fail(error_kind::corrupt, fmt::format("field '{}' has BSON type {}, which throng does not write",
                                                 bson_iter_key(at), static_cast<int>(bson_iter_type(at))));
  }
}

} // namespace

bool append_body(bson_t* to, const json::object& body, const std::vector<std::string_view>& times) {
  std::string scratch;
  for (const auto& [key, member] : body) {
    std::string_view name{key.data(), key.size()};
    bool is_time = std::find(times.begin(), times.end(), name) != times.end();
    auto stored = stored_name(name, true, scratch);
    if (!(is_time ? append_time(to, stored, member) : append_value(to, stored, member)))
      return false;
  }
  return true;
}

expected<json::object> read_body(const bson_t* from) {
  bson_iter_t at;
  json::object out;
  if (!bson_iter_init(&at, from))
    return fail(error_kind::corrupt, "a stored document is not BSON");
  while (bson_iter_next(&at)) {
    std::string_view name{bson_iter_key(&at), bson_iter_key_len(&at)};
    if (is_reserved(name))
      continue;
    auto member = read_value(&at);
    if (!member)
      return tl::unexpected(member.error());
    out[original_name(name)] = std::move(*member);
  }
  return out;
}

std::string stored_field(std::string_view name) {
  std::string scratch;
  return std::string(stored_name(name, true, scratch));
}

bool append_compared(bson_t* to, std::string_view key, const json::value& x, bool is_time) {
  if (!is_time)
    return append_value(to, key, x);
  if (!x.is_array())
    return append_time(to, key, x);
  bson_t child;
  bool whole = bson_append_array_begin(to, key.data(), length(key), &child);
  std::uint32_t number = 0;
  char buffer[16];
  for (const auto& each : x.get_array()) {
    const char* index = nullptr;
    auto size = bson_uint32_to_string(number++, &index, buffer, sizeof buffer);
    whole = whole && append_time(&child, {index, size}, each);
  }
  return bson_append_array_end(to, &child) && whole;
}

} // namespace throng::storage
