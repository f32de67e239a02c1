// A strict scanner of JSON text (RFC 8259), a token at a time, that checks UTF-8, says what is wrong and where, and copies
// nothing. Written by hand because a document's arrays and objects are kept as they stand, numbers must be rounded
// correctly, and faults must be told apart; Boost.JSON's SAX parser gives none of the three.
// Leaves to others what the tokens mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "analytics/value.hpp"
#include "config/json_bytes.hpp"

namespace throng::analytics {

enum class json_fault : std::uint8_t { none, syntax, not_utf8, not_finite, too_deep };

/// A text token: what stands between the quotes, and whether that holds escapes.
struct json_string {
  std::string_view raw;
  bool escaped = false;
};

struct json_number {
  std::string_view text;
  bool integral = false; ///< no point, no exponent
};

class json_scanner {
public:
  static constexpr int max_depth = 64;

  explicit json_scanner(std::string_view text)
      : begin_(text.data())
      , at_(text.data())
      , end_(text.data() + text.size()) {}

  /// Skips white space and shows the next character; NUL at the end (and for a NUL, which is no JSON either).
  char peek() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
      ++at_;
    return at_ == end_ ? '\0' : *at_;
  }
  bool at_end() {
    peek();
    return at_ == end_;
  }
  const char* position() const {
    return at_;
  }
  std::size_t offset() const {
    return static_cast<std::size_t>(at_ - begin_);
  }
  json_fault fault() const {
    return fault_;
  }
  /// What would have been right at offset(); empty without a fault of syntax.
  std::string_view wanted() const {
    return wanted_;
  }

  /// Skips white space, then takes that character.
  bool take(char c, std::string_view what) {
    if (peek() != c || at_ == end_)
      return fail(json_fault::syntax, what);
    ++at_;
    return true;
  }
  /// That nothing but white space is left.
  bool take_end() {
    return at_end() || fail(json_fault::syntax, "the end");
  }
  /// @pre peek() is '"'
  bool take_string(json_string& out);
  /// @pre peek() is '-' or a digit
  bool take_number(json_number& out);
  /// true, false or null. @pre peek() is the first letter of something
  bool take_literal(value& out);
  /// Any value. `depth`: how many arrays and objects are open around it.
  bool skip_value(int depth);

  /// Opens an array or object inside of `depth` others. @pre peek() is the bracket
  bool open(int depth) {
    if (depth >= max_depth)
      return fail(json_fault::too_deep, {});
    ++at_;
    return true;
  }
  /// After an opened bracket or an element: true if one more element stands here. `first`: right behind the bracket.
  /// False at the closing bracket, which is taken, and on a fault.
  bool next_element(char close, bool first) {
    auto c = peek();
    if (c == close && at_ != end_) {
      ++at_;
      return false;
    }
    if (first)
      return true;
    return take(',', close == '}' ? "`,` or `}`" : "`,` or `]`");
  }
  /// A field's name and the colon.
  bool take_name(json_string& out) {
    if (peek() != '"')
      return fail(json_fault::syntax, "a name in quotes");
    return take_string(out) && take(':', "`:`");
  }

private:
  bool fail(json_fault fault, std::string_view wanted) {
    fault_ = fault;
    wanted_ = wanted;
    return false;
  }
  bool take_escape();
  bool take_utf8();

  const char* begin_;
  const char* at_;
  const char* end_;
  json_fault fault_ = json_fault::none;
  std::string_view wanted_;
};

inline bool json_scanner::take_string(json_string& out) {
  ++at_;
  const char* first = at_;
  out.escaped = false;
  for (;;) {
    at_ = skip_plain_text(at_, end_);
    if (at_ == end_)
      return fail(json_fault::syntax, "the closing quote");
    auto c = static_cast<unsigned char>(*at_);
    if (c == '"') {
      out.raw = {first, static_cast<std::size_t>(at_ - first)};
      ++at_;
      return true;
    }
    if (c == '\\') {
      out.escaped = true;
      if (!take_escape())
        return false;
    } else if (c >= 0x80) {
      if (!take_utf8())
        return false;
    } else {
      return fail(json_fault::syntax, "no control character in text");
    }
  }
}

inline bool json_scanner::take_number(json_number& out) {
  auto digit = [this] { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; };
  const char* first = at_;
  if (*at_ == '-')
    ++at_;
  if (!digit()) {
    if (at_ != end_ && ((*at_ | 0x20) == 'i' || (*at_ | 0x20) == 'n')) {
      value ignored;
      return take_literal(ignored) ? fail(json_fault::syntax, "a digit") : false;
    }
    return fail(json_fault::syntax, "a digit");
  }
  if (*at_ == '0') {
    ++at_;
    if (digit())
      return fail(json_fault::syntax, "no digit behind a leading 0");
  } else {
    while (digit())
      ++at_;
  }
  out.integral = true;
  if (at_ != end_ && *at_ == '.') {
    out.integral = false;
    ++at_;
    if (!digit())
      return fail(json_fault::syntax, "a digit");
    while (digit())
      ++at_;
  }
  if (at_ != end_ && (*at_ | 0x20) == 'e') {
    out.integral = false;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-'))
      ++at_;
    if (!digit())
      return fail(json_fault::syntax, "a digit");
    while (digit())
      ++at_;
  }
  out.text = {first, static_cast<std::size_t>(at_ - first)};
  return true;
}

/// Writes the text that a token's escapes stand for; never longer than raw. @pre the scanner took it
/// @param out room for raw.size() bytes
/// @returns how many were written
std::size_t unescape(std::string_view raw, char* out);

/// The same, appended.
void append_unescaped(std::string& out, const json_string& token);

/// Correctly rounded; an integer where it is written as one and fits; missing where it is too large for a double.
value number_value(const json_number& token);

/// Appends text in quotes, escaping only what JSON demands.
void append_json_string(std::string& out, std::string_view text);

/// Whether the text is one JSON value of at most max_depth.
bool valid_json(std::string_view text);
bool valid_utf8(std::string_view text);

/// Whether some object in the text has a name twice. @pre valid_json(text)
bool repeats_names(std::string_view text);

/// @pre valid_json(text). Of repeated names the last counts.
boost::json::value parse_json(std::string_view text);

} // namespace throng::analytics
