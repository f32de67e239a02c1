#include "analytics/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <xxhash.h>

#include "analytics/json_element.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"

namespace throng::analytics {

namespace {

constexpr double two_to_63 = 9223372036854775808.0;

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

/// Exact: neither side is rounded to the other's type.
int compare_mixed(std::int64_t a, double b) {
  if (std::isnan(b) || b < -two_to_63)
    return 1;
  if (b >= two_to_63)
    return -1;
  auto whole = static_cast<std::int64_t>(b);
  if (a != whole)
    return three_way(a, whole);
  return three_way(0.0, b - static_cast<double>(whole));
}

int compare_numbers(const value& a, const value& b) {
  bool a_whole = a.kind() == value_kind::integer;
  bool b_whole = b.kind() == value_kind::integer;
  if (a_whole && b_whole)
    return three_way(a.integer(), b.integer());
  if (a_whole)
    return compare_mixed(a.integer(), b.number());
  if (b_whole)
    return -compare_mixed(b.integer(), a.number());
  auto x = a.number();
  auto y = b.number();
  if (std::isnan(x) || std::isnan(y))
    return three_way(!std::isnan(x), !std::isnan(y));
  return three_way(x, y);
}

int compare_containers(const value& a, const value& b, bool objects) {
  json_scanner left{a.text()};
  json_scanner right{b.text()};
  left.peek();
  left.open(0);
  right.peek();
  right.open(0);
  auto close = objects ? '}' : ']';
  std::string left_made;
  std::string right_made;
  json_string token;
  std::string left_name;
  std::string right_name;
  for (bool first = true;; first = false) {
    bool more_left = left.next_element(close, first);
    bool more_right = right.next_element(close, first);
    if (!more_left || !more_right)
      return three_way(more_left, more_right);
    if (objects) {
      left_name.clear();
      right_name.clear();
      left.take_name(token);
      append_unescaped(left_name, token);
      right.take_name(token);
      append_unescaped(right_name, token);
    }
    auto x = take_element(left, left_made);
    auto y = take_element(right, right_made);
    // Of a field MongoDB compares the type, then the name, then the value.
    if (objects) {
      if (auto order = three_way(type_bracket(x.kind()), type_bracket(y.kind())); order != 0)
        return order;
      if (auto order = three_way(left_name, right_name); order != 0)
        return order;
    }
    if (auto order = compare(x, y); order != 0)
      return order;
  }
}

/// @returns the end of what was written into `to`, which has room for 32 characters
char* write_number(char* to, const value& x) {
  if (x.kind() == value_kind::integer)
    return std::to_chars(to, to + 32, x.integer()).ptr;
  auto real = x.number();
  // The same text as the equal integer's, where there is one.
  if (real >= -two_to_63 && real < two_to_63 && real == std::trunc(real))
    return std::to_chars(to, to + 32, static_cast<std::int64_t>(real)).ptr;
  if (std::isfinite(real))
    return std::to_chars(to, to + 32, real).ptr;
  std::string_view name = std::isnan(real) ? "NaN" : (real > 0 ? "Infinity" : "-Infinity");
  return std::copy(name.begin(), name.end(), to);
}

void append_canonical_container(std::string& out, const value& x, bool object) {
  json_scanner in{x.text()};
  in.peek();
  in.open(0);
  std::string made;
  json_string token;
  std::string name;
  out.push_back(object ? '{' : '[');
  for (bool first = true; in.next_element(object ? '}' : ']', first); first = false) {
    if (!first)
      out.push_back(',');
    if (object) {
      in.take_name(token);
      name.clear();
      append_unescaped(name, token);
      append_json_string(out, name);
      out.push_back(':');
    }
    append_canonical(out, take_element(in, made));
  }
  out.push_back(object ? '}' : ']');
}

bool needs_escape(std::string_view text) {
  const char* end = text.data() + text.size();
  const char* at = skip_plain_text(text.data(), end);
  while (at != end && static_cast<unsigned char>(*at) >= 0x80)
    at = skip_plain_text(at + 1, end);
  return at != end;
}

} // namespace

owned_value::owned_value(const value& x) {
  assign(x);
}

namespace {

/// Boost.JSON's own serialiser writes `Infinity` for 1e400, which is no JSON: comparing would read it.
std::string json_text(const boost::json::value& x) {
  std::string text;
  append_json_text(text, x);
  return text;
}

} // namespace

owned_value::owned_value(const boost::json::value& x) {
  switch (x.kind()) {
  case boost::json::kind::null:
    plain_ = value::null();
    break;
  case boost::json::kind::bool_:
    plain_ = value::of(x.get_bool());
    break;
  case boost::json::kind::int64:
    plain_ = value::of(x.get_int64());
    break;
  case boost::json::kind::uint64:
    plain_ = value::of(static_cast<double>(x.get_uint64()));
    break;
  case boost::json::kind::double_:
    plain_ = value::of(x.get_double());
    break;
  case boost::json::kind::string:
    assign(value::of(std::string_view{x.get_string().data(), x.get_string().size()}));
    break;
  case boost::json::kind::array:
    assign(value::array(json_text(x)));
    break;
  case boost::json::kind::object:
    assign(value::object(json_text(x)));
    break;
  }
}

void owned_value::assign(const value& x) {
  plain_ = x;
  if (x.kind() >= value_kind::text)
    text_.assign(x.text());
}

value owned_value::view() const {
  switch (plain_.kind()) {
  case value_kind::text:
    return value::of(std::string_view{text_});
  case value_kind::array:
    return value::array(text_);
  case value_kind::object:
    return value::object(text_);
  default:
    return plain_;
  }
}

void save_value(byte_writer& out, const value& x) {
  out.u8(static_cast<std::uint8_t>(x.kind()));
  switch (x.kind()) {
  case value_kind::missing:
  case value_kind::null:
    break;
  case value_kind::boolean:
    out.u8(x.boolean() ? 1 : 0);
    break;
  case value_kind::integer:
    out.i64(x.integer());
    break;
  case value_kind::real:
    out.real(x.number());
    break;
  case value_kind::text:
  case value_kind::array:
  case value_kind::object:
    out.text(x.text());
    break;
  }
}

owned_value load_value(byte_reader& in) {
  switch (auto kind = in.u8(); static_cast<value_kind>(kind)) {
  case value_kind::missing:
    return {};
  case value_kind::null:
    return owned_value{value::null()};
  case value_kind::boolean:
    return owned_value{value::of(in.u8() != 0)};
  case value_kind::integer:
    return owned_value{value::of(in.i64())};
  case value_kind::real:
    return owned_value{value::of(in.real())};
  case value_kind::text: {
    auto text = in.text();
    if (!valid_utf8(text))
      throw corrupt_state{"text that is not UTF-8"};
    return owned_value{value::of(text)};
  }
  case value_kind::array:
  case value_kind::object: {
    auto text = in.text();
    auto array = static_cast<value_kind>(kind) == value_kind::array;
    if (!valid_json(text) || json_scanner{text}.peek() != (array ? '[' : '{'))
      throw corrupt_state{"an array or object that is not JSON"};
    return owned_value{array ? value::array(text) : value::object(text)};
  }
  default:
    throw corrupt_state{"an unknown kind of value"};
  }
}

int type_bracket(value_kind kind) {
  switch (kind) {
  case value_kind::missing:
  case value_kind::null:
    return 0;
  case value_kind::integer:
  case value_kind::real:
    return 1;
  case value_kind::text:
    return 2;
  case value_kind::object:
    return 3;
  case value_kind::array:
    return 4;
  case value_kind::boolean:
    return 5;
  }
  return 0;
}

int compare(const value& a, const value& b) {
  if (auto order = three_way(type_bracket(a.kind()), type_bracket(b.kind())); order != 0)
    return order;
  switch (a.kind()) {
  case value_kind::missing:
  case value_kind::null:
    return 0;
  case value_kind::integer:
  case value_kind::real:
    return compare_numbers(a, b);
  case value_kind::text:
    return three_way(a.text(), b.text());
  case value_kind::object:
    return compare_containers(a, b, true);
  case value_kind::array:
    return compare_containers(a, b, false);
  case value_kind::boolean:
    return three_way(a.boolean(), b.boolean());
  }
  return 0;
}

void append_canonical(std::string& out, const value& x) {
  switch (x.kind()) {
  case value_kind::missing:
  case value_kind::null:
    out.append("null");
    break;
  case value_kind::boolean:
    out.append(x.boolean() ? "true" : "false");
    break;
  case value_kind::integer:
  case value_kind::real: {
    char digits[32];
    out.append(digits, static_cast<std::size_t>(write_number(digits, x) - digits));
    break;
  }
  case value_kind::text:
    append_json_string(out, x.text());
    break;
  case value_kind::array:
  case value_kind::object:
    append_canonical_container(out, x, x.kind() == value_kind::object);
    break;
  }
}

canonical_text::canonical_text(const value& x) {
  if (x.is_number()) {
    view_ = {buffer_, static_cast<std::size_t>(write_number(buffer_, x) - buffer_)};
  } else if (x.kind() == value_kind::text && x.text().size() <= sizeof(buffer_) - 2 && !needs_escape(x.text())) {
    auto text = x.text();
    buffer_[0] = '"';
    std::memcpy(buffer_ + 1, text.data(), text.size());
    buffer_[text.size() + 1] = '"';
    view_ = {buffer_, text.size() + 2};
  } else {
    append_canonical(spill_, x);
    view_ = spill_;
  }
}

std::uint64_t canonical_hash(const value& x) {
  const canonical_text text{x};
  return XXH3_64bits(text.view().data(), text.view().size());
}

void append_json(std::string& out, const value& x) {
  if (x.kind() == value_kind::array || x.kind() == value_kind::object) {
    out.append(x.text());
  } else if (x.is_number() && !x.is_finite()) {
    out.append("null");
  } else {
    append_canonical(out, x);
  }
}

boost::json::value to_json(const value& x) {
  switch (x.kind()) {
  case value_kind::missing:
  case value_kind::null:
    return nullptr;
  case value_kind::boolean:
    return x.boolean();
  case value_kind::integer:
    return x.integer();
  case value_kind::real:
    return x.is_finite() ? boost::json::value(x.number()) : boost::json::value(nullptr);
  case value_kind::text:
    return boost::json::string(x.text().data(), x.text().size());
  case value_kind::array:
  case value_kind::object:
    return parse_json(x.text());
  }
  return nullptr;
}

boost::json::value number_json(double x) {
  constexpr double two_to_53 = 9007199254740992.0;
  if (!std::isfinite(x))
    return nullptr;
  if (x == std::trunc(x) && std::abs(x) < two_to_53)
    return static_cast<std::int64_t>(x);
  return x;
}

} // namespace throng::analytics
