#include "analytics/decoder.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"
#include "analytics/path_tree.hpp"
#include "config/json_shape.hpp"

namespace throng::analytics {

namespace {

using config::timestamp_unit;

constexpr std::size_t detail_limit = 200;

/// At most `limit` bytes, not ending within a character.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit)
    return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U)
    --limit;
  return text.substr(0, limit);
}

dead_letter dead(dead_reason reason, std::string_view detail) {
  return {reason, std::string{cut(detail, detail_limit)}};
}

/// A value as a sentence shows it.
std::string shown(const value& x) {
  constexpr std::size_t limit = 60;
  std::string out;
  append_json(out, x);
  return out.size() <= limit ? out : std::string{cut(out, limit)} + "…";
}

std::string_view kind_name(char first) {
  switch (first) {
  case '[':
    return "an array";
  case '"':
    return "text";
  case 't':
  case 'f':
    return "a boolean";
  case 'n':
    return "null";
  default:
    return "a number";
  }
}

dead_letter fault_letter(const json_scanner& in, std::string_view message) {
  auto at = in.offset();
  std::string found = "the end";
  if (at < message.size()) {
    auto c = static_cast<unsigned char>(message[at]);
    found = c > 0x20 && c < 0x7f ? fmt::format("`{}`", static_cast<char>(c)) : fmt::format("byte 0x{:02x}", c);
  }
  switch (in.fault()) {
  case json_fault::not_utf8:
    return dead(dead_reason::not_utf8, fmt::format("At byte {}: {} is not UTF-8.", at, found));
  case json_fault::not_finite:
    return dead(dead_reason::not_finite_text, fmt::format("At byte {}: NaN and Infinity are not JSON.", at));
  case json_fault::too_deep:
    return dead(dead_reason::too_deep, fmt::format("At byte {}: nested deeper than {}.", at, json_scanner::max_depth));
  default:
    return dead(dead_reason::not_json, fmt::format("At byte {}: expected {}, found {}.", at, in.wanted(), found));
  }
}

value shaped_value(const json_scalar& from) {
  // Up to 15 digits are exact in a double, and so is the power: one division rounds correctly (Clinger, PLDI 1990).
  static constexpr double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  switch (from.is) {
  case json_scalar::kind::missing:
    return {};
  case json_scalar::kind::text:
    return value::of(from.text);
  case json_scalar::kind::integer:
    if (from.count <= 18)
      return value::of(from.text.front() == '-' ? -from.digits : from.digits);
    break;
  case json_scalar::kind::real:
    if (from.count <= 15) {
      auto x = static_cast<double>(from.digits) / powers[from.places];
      return value::of(from.text.front() == '-' ? -x : x);
    }
    break;
  case json_scalar::kind::literal:
    return from.text.front() == 'n' ? value::null() : value::of(from.text.front() == 't');
  }
  return number_value({from.text, from.is == json_scalar::kind::integer});
}

/// Decimal places from a unit to milliseconds.
int places(timestamp_unit unit) {
  switch (unit) {
  case timestamp_unit::s:
    return 3;
  case timestamp_unit::us:
    return -3;
  case timestamp_unit::ns:
    return -6;
  default:
    return 0;
  }
}

/// The number times 10^shift, what is behind the point cut off: on the digits, since 1.001 s times 1000 in doubles is not 1001 ms.
/// -1 for all below 0, far more than any time for all that is too large. @param token a JSON number
std::int64_t shifted(std::string_view token, int shift) {
  constexpr std::int64_t too_large = 1'000'000'000'000'000'000;
  bool negative = token.front() == '-';
  std::size_t end = std::min(token.find_first_of("eE"), token.size());
  auto digits = token.substr(negative ? 1 : 0, end - (negative ? 1 : 0));
  std::int64_t exponent = 0;
  if (end < token.size()) {
    auto text = token.substr(end + 1);
    bool down = text.front() == '-';
    for (auto c : text.substr(text.front() == '-' || text.front() == '+' ? 1 : 0))
      exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), 1'000'000'000'000);
    exponent = down ? -exponent : exponent;
  }
  if (digits.find_first_not_of("0.") == std::string_view::npos)
    return 0;
  if (negative)
    return -1;
  auto whole = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size())) + exponent + shift;
  std::int64_t result = 0;
  std::size_t at = 0;
  for (; whole > 0 && result < too_large / 10; --whole) {
    if (at < digits.size() && digits[at] == '.')
      ++at;
    result = result * 10 + (at < digits.size() ? digits[at] - '0' : 0);
    ++at;
  }
  return whole > 0 ? too_large : result;
}

} // namespace

std::string_view to_string(dead_reason reason) {
  static constexpr std::array<std::string_view, 12> names = {
      "not_json", "not_an_object", "not_utf8",      "not_finite_text",        "too_deep",      "too_long",
      "no_key",   "no_timestamp",  "bad_timestamp", "timestamp_out_of_range", "too_far_ahead", "poison"};
  return names.at(static_cast<std::size_t>(reason));
}

struct decoder::implementation {
  std::string key;
  std::string timestamp;
  config::timestamp_unit unit;
  milliseconds max_ahead;
  std::size_t max_message;
  const field_table& fields;

  path_node root;
  std::optional<json_shapes> shapes;
  std::vector<slot> shape_slots; ///< where the values of a shape go, by the place of their path
  mutable iso8601_reader read_iso8601;
  bool ready = false;
  std::size_t slots = 0; ///< the table's, and up to two more for key and timestamp
  slot key_slot = 0;
  slot time_slot = 0;

  // Of the message that is being decoded.
  std::string_view key_token; ///< a number's own text
  std::string_view time_token;
  std::string name;

  implementation(const config::pipeline& pipeline, const field_table& table)
      : key(pipeline.key)
      , timestamp(pipeline.timestamp)
      , unit(pipeline.timestamp_unit)
      , max_ahead(pipeline.max_ahead)
      , max_message(pipeline.max_message)
      , fields(table) {}

  void prepare() {
    slots = fields.size();
    for (slot i = 0; i < fields.size(); ++i) {
      if (!fields.computed(i))
        root.add(fields.path(i), i);
    }
    key_slot = slot_of(key);
    time_slot = timestamp == key ? key_slot : slot_of(timestamp);
    std::vector<std::string> paths;
    auto add = [&](const std::string& path, slot to) {
      if (path.empty() || std::find(shape_slots.begin(), shape_slots.end(), to) != shape_slots.end())
        return;
      paths.push_back(path);
      shape_slots.push_back(to);
    };
    for (slot i = 0; i < fields.size(); ++i) {
      if (!fields.computed(i))
        add(fields.path(i), i);
    }
    add(key, key_slot);
    add(timestamp, time_slot);
    shapes.emplace(paths);
    ready = true;
  }

  /// The values of a message whose shape is known.
  void read_shape(event& out) {
    for (std::size_t i = 0; i < shape_slots.size(); ++i) {
      const auto to = shape_slots[i];
      const auto& from = shapes->at(i);
      out.slots[to] = shaped_value(from);
      if (to == key_slot)
        key_token = from.text;
      if (to == time_slot)
        time_token = from.text;
    }
  }

  slot slot_of(const std::string& path) {
    for (slot i = 0; i < fields.size(); ++i) {
      if (!fields.computed(i) && fields.path(i) == path)
        return i;
    }
    auto added = static_cast<slot>(slots++);
    if (!path.empty())
      root.add(path, added);
    return added;
  }

  bool read_object(json_scanner& in, const path_node& node, int depth, event& out) {
    if (!in.open(depth))
      return false;
    json_string token;
    for (bool first = true; in.next_element('}', first); first = false) {
      if (!in.take_name(token))
        return false;
      const path_node* child = nullptr;
      if (token.escaped) {
        name.clear();
        append_unescaped(name, token);
        child = node.child(name);
      } else {
        child = node.child(token.raw);
      }
      if (child == nullptr ? !in.skip_value(depth + 1) : !read_value(in, *child, depth + 1, out))
        return false;
    }
    return in.fault() == json_fault::none;
  }

  bool read_value(json_scanner& in, const path_node& node, int depth, event& out) {
    // A repeated name replaces all that the one before held.
    for (const auto& [path, to] : node.below)
      out.slots[to] = {};
    value x;
    switch (in.peek()) {
    case '"': {
      json_string token;
      if (!in.take_string(token))
        return false;
      if (token.escaped && node.wanted) {
        auto* text = out.arena.take(token.raw.size());
        x = value::of(std::string_view{text, unescape(token.raw, text)});
      } else {
        x = value::of(token.raw);
      }
      break;
    }
    case '{':
    case '[':
      if (!read_container(in, node, depth, out, x))
        return false;
      break;
    case 't':
    case 'f':
    case 'n':
      if (!in.take_literal(x))
        return false;
      break;
    default: {
      auto c = in.peek();
      if (c != '-' && (c < '0' || c > '9'))
        return in.take_literal(x);
      json_number token;
      if (!in.take_number(token))
        return false;
      if (node.wanted) {
        x = number_value(token);
        if (*node.wanted == key_slot)
          key_token = token.text;
        if (*node.wanted == time_slot)
          time_token = token.text;
      }
    }
    }
    if (node.wanted)
      out.slots[*node.wanted] = x;
    return true;
  }

  bool read_container(json_scanner& in, const path_node& node, int depth, event& out, value& x) {
    const char* first = in.position();
    bool array = *first == '[';
    if (array || node.children.empty() ? !in.skip_value(depth) : !read_object(in, node, depth, out))
      return false;
    std::string_view text{first, static_cast<std::size_t>(in.position() - first)};
    if (array) {
      std::string made;
      for (const auto& [path, to] : node.below) {
        if (auto found = find_path(text, path, made))
          read_found(found->data() == made.data() ? out.arena.keep(*found) : *found, to, out);
      }
    }
    if (node.wanted) {
      if (repeats_names(text)) {
        std::string made;
        append_json_text(made, parse_json(text)); // 1e400 as null, where Boost.JSON's serialiser writes no JSON
        text = out.arena.keep(made);
      }
      x = array ? value::array(text) : value::object(text);
    }
    return true;
  }

  void read_found(std::string_view text, slot to, event& out) {
    path_node leaf;
    leaf.wanted = to;
    json_scanner in{text};
    read_value(in, leaf, 0, out);
  }

  std::optional<dead_letter> read_key(event& out) const {
    if (key.empty())
      return std::nullopt;
    const auto& x = out.slots[key_slot];
    if (x.kind() == value_kind::text)
      out.key.assign(x.text());
    else if (x.is_number())
      out.key.assign(key_token);
    else if (x.is_nothing())
      return dead(dead_reason::no_key,
                  fmt::format("`{}` is {}.", cut(key, 100), x.kind() == value_kind::null ? "null" : "absent"));
    else
      return dead(dead_reason::no_key, fmt::format("`{}` is {}: a key is text or a number.", cut(key, 80), shown(x)));
    return std::nullopt;
  }

  std::optional<dead_letter> read_time(event& out) const {
    if (timestamp.empty()) {
      if (out.origin.timestamp_ms < 0)
        return dead(dead_reason::no_timestamp, "The message has no Kafka timestamp, and the pipeline names no field.");
      out.time = {out.origin.timestamp_ms};
      return check_time(out, value::of(out.origin.timestamp_ms));
    }
    const auto& x = out.slots[time_slot];
    if (x.is_nothing())
      return dead(dead_reason::no_timestamp,
                  fmt::format("`{}` is {}.", cut(timestamp, 100), x.kind() == value_kind::null ? "null" : "absent"));
    if (x.is_number()) {
      if (unit == timestamp_unit::none)
        return dead(
            dead_reason::bad_timestamp,
            fmt::format("`{}` is {}, a number, and the pipeline has no timestamp_unit.", cut(timestamp, 80), shown(x)));
      out.time = {shifted(time_token, places(unit))};
    } else {
      auto read = x.kind() == value_kind::text ? read_iso8601(x.text()) : std::nullopt;
      if (!read)
        return dead(dead_reason::bad_timestamp,
                    fmt::format("`{}` is {}, which is no time in ISO 8601.", cut(timestamp, 80), shown(x)));
      out.time = *read;
    }
    return check_time(out, x);
  }

  std::optional<dead_letter> check_time(const event& out, const value& as_read) const {
    if (out.time < least_timestamp || out.time > greatest_timestamp)
      return dead(dead_reason::timestamp_out_of_range,
                  fmt::format("`{}` is {}, outside the years 1970 to 9999.",
                              timestamp.empty() ? "Kafka timestamp" : cut(timestamp, 80), shown(as_read)));
    if (out.origin.timestamp_ms >= 0 && out.time.ms - out.origin.timestamp_ms > max_ahead.count())
      return dead(dead_reason::too_far_ahead,
                  fmt::format("`{}` is {}, more than {} past the Kafka timestamp.", cut(timestamp, 80), shown(as_read),
                              format_duration(max_ahead)));
    return std::nullopt;
  }
};

decoder::decoder(const config::pipeline& pipeline, const field_table& fields)
    : impl_(std::make_unique<implementation>(pipeline, fields)) {}
decoder::~decoder() = default;
decoder::decoder(decoder&&) noexcept = default;
decoder& decoder::operator=(decoder&&) noexcept = default;

std::optional<dead_letter> decoder::decode(std::string_view message, message_origin origin, event& out) {
  auto& impl = *impl_;
  if (!impl.ready)
    impl.prepare();
  out.clear(impl.slots);
  out.key.clear();
  out.time = {};
  out.origin = origin;
  if (message.size() > impl.max_message)
    return dead(dead_reason::too_long,
                fmt::format("The message is longer than max_message, {} bytes.", impl.max_message));
  if (impl.shapes->read(message)) {
    impl.read_shape(out);
  } else {
    json_scanner in{message};
    auto first = in.peek();
    if (in.at_end())
      return dead(dead_reason::not_json, "The message is blank.");
    bool read = first == '{' ? impl.read_object(in, impl.root, 0, out) : in.skip_value(0);
    if (!read || !in.take_end())
      return fault_letter(in, message);
    if (first != '{')
      return dead(dead_reason::not_an_object, fmt::format("The message is {}, not an object.", kind_name(first)));
    impl.shapes->learn(message);
  }
  if (auto letter = impl.read_key(out))
    return letter;
  if (auto letter = impl.read_time(out))
    return letter;
  out.slots.resize(impl.fields.size());
  return std::nullopt;
}

} // namespace throng::analytics
