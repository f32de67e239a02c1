#include "analytics/json_scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace throng::analytics {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// @pre four hexadecimal digits
unsigned code_unit(const char* p) {
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i)
    unit = unit * 16 + static_cast<unsigned>(hex_digit(p[i]));
  return unit;
}

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

bool is_low_surrogate(unsigned unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

char* write_utf8(char* out, unsigned code) {
  auto put = [&](unsigned byte) { *out++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | (code >> 6U));
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3fU));
    put(0x80U | ((code >> 6U) & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
  return out;
}

/// Whether a number's first digit that counts stands before the decimal point once the exponent is applied: tells a
/// number that is too large from one that is too small.
bool is_large(std::string_view token) {
  long point = 0;   // digits before the point, from the first that is not 0
  long leading = 0; // zeros behind the point before that digit
  bool seen = false;
  bool fraction = false;
  std::size_t i = 0;
  for (; i < token.size() && (token[i] | 0x20) != 'e'; ++i) {
    if (token[i] == '.') {
      fraction = true;
    } else if (token[i] >= '0' && token[i] <= '9') {
      seen = seen || token[i] != '0';
      if (!fraction)
        point += seen ? 1 : 0;
      else if (!seen)
        ++leading;
    }
  }
  long exponent = 0;
  if (i < token.size()) {
    auto digits = token.substr(i + 1);
    bool negative = digits.front() == '-';
    if (negative || digits.front() == '+')
      digits.remove_prefix(1);
    for (auto c : digits)
      exponent = std::min(exponent * 10 + (c - '0'), 1'000'000'000'000L);
    exponent = negative ? -exponent : exponent;
  }
  return point - leading + exponent > 0;
}

value real_value(std::string_view token) {
  // Clinger's fast path: up to 15 digits and at most 22 places are one exact division (How to Read Floating Point Numbers
  // Accurately, PLDI 1990, section 4).
  static constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (token.size() <= 17) {
    bool negative = token.front() == '-';
    std::int64_t mantissa = 0;
    std::size_t digits = 0;
    std::size_t places = 0;
    bool fraction = false;
    std::size_t i = negative ? 1 : 0;
    for (; i < token.size(); ++i) {
      if (token[i] == '.') {
        fraction = true;
      } else if (token[i] >= '0' && token[i] <= '9') {
        mantissa = mantissa * 10 + (token[i] - '0');
        ++digits;
        places += fraction ? 1 : 0;
      } else {
        break;
      }
    }
    if (i == token.size() && digits <= 15) {
      auto x = static_cast<double>(mantissa) / powers[places];
      return value::of(negative ? -x : x);
    }
  }
  double x = 0;
  auto result = std::from_chars(token.data(), token.data() + token.size(), x);
  if (result.ec == std::errc::result_out_of_range) {
    if (is_large(token))
      return {};
    return value::of(token.front() == '-' ? -0.0 : 0.0);
  }
  if (!std::isfinite(x))
    return {};
  return value::of(x);
}

boost::json::value parse_at(json_scanner& in, int depth) {
  switch (in.peek()) {
  case '"': {
    json_string token;
    in.take_string(token);
    boost::json::string text;
    text.resize(token.raw.size());
    text.resize(unescape(token.raw, text.data()));
    return text;
  }
  case '{': {
    boost::json::object object;
    in.open(depth);
    json_string token;
    std::string name;
    for (bool first = true; in.next_element('}', first); first = false) {
      in.take_name(token);
      name.clear();
      append_unescaped(name, token);
      object.insert_or_assign(name, parse_at(in, depth + 1));
    }
    return object;
  }
  case '[': {
    boost::json::array array;
    in.open(depth);
    for (bool first = true; in.next_element(']', first); first = false)
      array.push_back(parse_at(in, depth + 1));
    return array;
  }
  case 't':
  case 'f':
  case 'n': {
    value literal;
    in.take_literal(literal);
    return to_json(literal);
  }
  default: {
    json_number token;
    in.take_number(token);
    return to_json(number_value(token));
  }
  }
}

bool repeats_names_at(json_scanner& in, int depth) {
  switch (in.peek()) {
  case '{': {
    std::vector<std::string> names;
    json_string token;
    bool repeats = false;
    in.open(depth);
    for (bool first = true; in.next_element('}', first); first = false) {
      in.take_name(token);
      append_unescaped(names.emplace_back(), token);
      repeats = repeats_names_at(in, depth + 1) || repeats;
    }
    std::sort(names.begin(), names.end());
    return repeats || std::adjacent_find(names.begin(), names.end()) != names.end();
  }
  case '[': {
    bool repeats = false;
    in.open(depth);
    for (bool first = true; in.next_element(']', first); first = false)
      repeats = repeats_names_at(in, depth + 1) || repeats;
    return repeats;
  }
  default:
    in.skip_value(depth);
    return false;
  }
}

} // namespace

bool json_scanner::take_escape() {
  ++at_;
  if (at_ == end_)
    return fail(json_fault::syntax, "an escape");
  if (*at_ != 'u') {
    if (std::string_view{"\"\\/bfnrt"}.find(*at_) == std::string_view::npos)
      return fail(json_fault::syntax, "one of \"\\/bfnrtu behind a backslash");
    ++at_;
    return true;
  }
  auto unit_at = [this](const char* p) { // p: behind the u
    if (end_ - p < 4)
      return false;
    for (int i = 0; i < 4; ++i) {
      if (hex_digit(p[i]) < 0)
        return false;
    }
    return true;
  };
  if (!unit_at(at_ + 1))
    return fail(json_fault::syntax, "four hexadecimal digits");
  auto unit = code_unit(at_ + 1);
  if (is_low_surrogate(unit))
    return fail(json_fault::syntax, "no second half of a surrogate pair without the first");
  if (is_high_surrogate(unit)) {
    const char* second = at_ + 5;
    if (end_ - second < 6 || second[0] != '\\' || second[1] != 'u' || !unit_at(second + 2) ||
        !is_low_surrogate(code_unit(second + 2)))
      return fail(json_fault::syntax, "the second half of a surrogate pair");
    at_ += 6;
  }
  at_ += 5;
  return true;
}

bool json_scanner::take_utf8() {
  auto length = utf8_length(at_, end_);
  if (length == 0)
    return fail(json_fault::not_utf8, {});
  at_ += length;
  return true;
}

bool json_scanner::take_literal(value& out) {
  // From the front of the word: `-Infinity` comes here behind its sign.
  std::string_view rest{at_, static_cast<std::size_t>(end_ - at_)};
  auto word = rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"));
  if (word == "true" || word == "false") {
    out = value::of(word == "true");
  } else if (word == "null") {
    out = value::null();
  } else {
    std::string low;
    for (auto c : word.substr(0, 9))
      low.push_back(static_cast<char>(c | 0x20));
    if (low == "nan" || low == "inf" || low == "infinity")
      return fail(json_fault::not_finite, {});
    return fail(json_fault::syntax, "a value");
  }
  at_ += word.size();
  return true;
}

bool json_scanner::skip_value(int depth) {
  switch (peek()) {
  case '"': {
    json_string ignored;
    return take_string(ignored);
  }
  case '{': {
    if (!open(depth))
      return false;
    json_string ignored;
    for (bool first = true; next_element('}', first); first = false) {
      if (!take_name(ignored) || !skip_value(depth + 1))
        return false;
    }
    return fault_ == json_fault::none;
  }
  case '[': {
    if (!open(depth))
      return false;
    for (bool first = true; next_element(']', first); first = false) {
      if (!skip_value(depth + 1))
        return false;
    }
    return fault_ == json_fault::none;
  }
  case '-':
  case '0':
  case '1':
  case '2':
  case '3':
  case '4':
  case '5':
  case '6':
  case '7':
  case '8':
  case '9': {
    json_number ignored;
    return take_number(ignored);
  }
  default: {
    value ignored;
    return take_literal(ignored);
  }
  }
}

std::size_t unescape(std::string_view raw, char* out) {
  char* to = out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      *to++ = raw[i];
      continue;
    }
    switch (raw[++i]) {
    case 'b':
      *to++ = '\b';
      break;
    case 'f':
      *to++ = '\f';
      break;
    case 'n':
      *to++ = '\n';
      break;
    case 'r':
      *to++ = '\r';
      break;
    case 't':
      *to++ = '\t';
      break;
    case 'u': {
      auto code = code_unit(raw.data() + i + 1);
      i += 4;
      if (is_high_surrogate(code)) {
        code = 0x10000 + ((code - 0xd800) << 10U) + (code_unit(raw.data() + i + 3) - 0xdc00);
        i += 6;
      }
      to = write_utf8(to, code);
      break;
    }
    default:
      *to++ = raw[i];
    }
  }
  return static_cast<std::size_t>(to - out);
}

void append_unescaped(std::string& out, const json_string& token) {
  if (!token.escaped) {
    out.append(token.raw);
    return;
  }
  auto before = out.size();
  out.resize(before + token.raw.size());
  out.resize(before + unescape(token.raw, out.data() + before));
}

value number_value(const json_number& token) {
  if (token.integral) {
    std::int64_t x = 0;
    if (std::from_chars(token.text.data(), token.text.data() + token.text.size(), x).ec == std::errc{})
      return value::of(x);
  }
  return real_value(token.text);
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out.push_back('"');
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    // What is not ASCII is no end of a run either, but rare enough to be taken one by one.
    const char* stop = skip_plain_text(at, end);
    out.append(at, stop);
    at = stop;
    if (at == end)
      break;
    auto c = *at++;
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00");
      out.push_back(hex[static_cast<unsigned char>(c) >> 4U]);
      out.push_back(hex[static_cast<unsigned char>(c) & 0xfU]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

bool valid_json(std::string_view text) {
  json_scanner in{text};
  return in.skip_value(0) && in.at_end();
}

bool valid_utf8(std::string_view text) {
  const char* p = text.data();
  const char* end = p + text.size();
  while (p != end) {
    auto length = utf8_length(p, end);
    if (length == 0)
      return false;
    p += length;
  }
  return true;
}

bool repeats_names(std::string_view text) {
  json_scanner in{text};
  return repeats_names_at(in, 0);
}

boost::json::value parse_json(std::string_view text) {
  json_scanner in{text};
  return parse_at(in, 0);
}

} // namespace throng::analytics
