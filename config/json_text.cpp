#include "config/json_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "config/token_places.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

using position = source_map::position;

/// Builds the value from the parser's events.
class builder {
public:
  static constexpr std::size_t max_object_size = SIZE_MAX;
  static constexpr std::size_t max_array_size = SIZE_MAX;
  static constexpr std::size_t max_key_size = SIZE_MAX;
  static constexpr std::size_t max_string_size = SIZE_MAX;

  builder(token_places& where, json_text& out, problems& found)
      : where_(where)
      , out_(out)
      , found_(found) {}

  /// What stands open, innermost last, for messages about text that ends too soon.
  bool open() const {
    return !levels_.empty();
  }
  position innermost() const {
    return levels_.back().begin;
  }
  bool in_object() const {
    return open() && levels_.back().is_object;
  }
  bool after_key() const {
    return open() && levels_.back().is_object && levels_.back().has_key;
  }
  std::string path() const {
    return open() ? levels_.back().path : std::string{};
  }

  bool on_document_begin(json::error_code&) {
    return true;
  }
  bool on_document_end(json::error_code&) {
    return true;
  }
  bool on_object_begin(json::error_code&) {
    begin(true);
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    end();
    return true;
  }
  bool on_array_begin(json::error_code&) {
    begin(false);
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    end();
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code& ec) {
    return grow(part, ec);
  }
  bool on_key(json::string_view rest, std::size_t, json::error_code& ec) {
    if (!grow(rest, ec))
      return false;
    auto& level = levels_.back();
    level.key = std::exchange(text_, {});
    level.has_key = true;
    auto path = member_path(level.path, level.key);
    if (level.value.as_object().contains(level.key))
      found_.push_back({out_.source.file, where_.token().line, where_.token().column, path,
                        "the key stands here a second time; keep one of the two"});
    out_.source.key_positions[path] = where_.token();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code& ec) {
    return grow(part, ec);
  }
  bool on_string(json::string_view rest, std::size_t, json::error_code& ec) {
    if (!grow(rest, ec))
      return false;
    auto text = std::exchange(text_, {});
    put(json::value(json::string_view{text.data(), text.size()}));
    return true;
  }
  bool on_number_part(json::string_view part, json::error_code& ec) {
    return grow(part, ec);
  }
  bool on_int64(std::int64_t x, json::string_view, json::error_code&) {
    text_.clear();
    put(json::value(x));
    return true;
  }
  bool on_uint64(std::uint64_t x, json::string_view, json::error_code&) {
    text_.clear();
    put(json::value(x));
    return true;
  }
  bool on_double(double, json::string_view rest, json::error_code& ec) {
    // The parser's own double is off in the last bit for one number in ten.
    if (!grow(rest, ec))
      return false;
    auto text = std::exchange(text_, {});
    double x = 0;
    auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (code != std::errc{} || at != text.data() + text.size()) {
      found_.push_back(problem_here(fmt::format("{} is too large or too small for a number", text.substr(0, 40))));
      put(json::value(0.0));
      return true;
    }
    constexpr double exact = 9007199254740992.0; // 2^53
    bool negative_zero = x == 0 && std::signbit(x);
    if (x == std::floor(x) && std::abs(x) < exact && !negative_zero)
      put(json::value(static_cast<std::int64_t>(x)));
    else
      put(json::value(x));
    return true;
  }
  bool on_bool(bool x, json::error_code&) {
    put(json::value(x));
    return true;
  }
  bool on_null(json::error_code&) {
    put(json::value(nullptr));
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) {
    return true;
  }
  bool on_comment(json::string_view, json::error_code&) {
    return true;
  }

private:
  struct level {
    json::value value;
    std::string path;
    std::string key;
    position begin;
    bool is_object = false;
    bool has_key = false;
  };

  problem problem_here(std::string sentence) const {
    return {out_.source.file, where_.token().line, where_.token().column, next_path(), std::move(sentence)};
  }

  bool grow(json::string_view part, json::error_code& ec) {
    if (text_.size() + part.size() > greatest_string) {
      found_.push_back(problem_here(fmt::format("a text of more than {} bytes", greatest_string)));
      ec = json::error::string_too_large;
      return false;
    }
    text_.append(part.data(), part.size());
    return true;
  }

  /// Of the value that comes next.
  std::string next_path() const {
    if (levels_.empty())
      return {};
    const auto& top = levels_.back();
    return top.is_object ? member_path(top.path, top.key) : element_path(top.path, top.value.get_array().size());
  }

  void begin(bool is_object) {
    level next;
    next.path = next_path();
    next.begin = where_.token();
    next.is_object = is_object;
    if (is_object)
      next.value.emplace_object();
    else
      next.value.emplace_array();
    out_.source.positions[next.path] = where_.token();
    levels_.push_back(std::move(next));
  }

  void end() {
    auto done = std::move(levels_.back().value);
    levels_.pop_back();
    store(std::move(done));
  }

  void put(json::value x) {
    out_.source.positions[next_path()] = where_.token();
    store(std::move(x));
  }

  void store(json::value x) {
    if (levels_.empty()) {
      out_.root = std::move(x);
      return;
    }
    auto& top = levels_.back();
    if (!top.is_object) {
      top.value.get_array().push_back(std::move(x));
      return;
    }
    top.value.get_object().insert_or_assign(top.key, std::move(x));
    top.has_key = false;
  }

  token_places& where_;
  json_text& out_;
  problems& found_;
  std::vector<level> levels_;
  std::string text_; ///< of the token so far: it comes in pieces
};

std::string shown(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7f ? fmt::format("the byte 0x{:02x}", byte) : fmt::format("`{}`", c);
}

std::string syntax_sentence(json::error_code ec, char c, bool in_text, const builder& so_far) {
  if (ec == json::error::too_deep)
    return fmt::format("nested deeper than {}", greatest_depth);
  if (in_text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20)
      return fmt::format("a text may not hold a line break or another control character ({}); is its closing quote "
                         "missing? A line break is written \\n",
                         shown(c));
    if (byte >= 0x80)
      return fmt::format("{} is not valid UTF-8 here", shown(c));
    return fmt::format(
        "{} does not continue an escape; after a backslash stand \" \\ / b f n r t or u and four hex digits", shown(c));
  }
  auto where = so_far.in_object() ? fmt::format(" in the object that begins in line {}", so_far.innermost().line)
               : so_far.open()    ? fmt::format(" in the array that begins in line {}", so_far.innermost().line)
                                  : "";
  if (c == '\'')
    return "unexpected `'`; texts and keys stand in double quotes";
  if (so_far.after_key())
    return fmt::format("unexpected {} after a key{}", shown(c), where);
  if (c == '"' || c == '{' || c == '[')
    return fmt::format("unexpected {}{}; is a comma missing before it?", shown(c), where);
  return fmt::format("unexpected {}{}", shown(c), where);
}

} // namespace

checked<json_text> read_json(std::string_view text, const std::string& name) {
  json_text result;
  result.source.file = name;
  problems found;
  auto wrong = [&](position at, const std::string& path, std::string sentence) {
    found.push_back({name, at.line, at.column, path, std::move(sentence)});
    return tl::unexpected<problems>(std::move(found));
  };
  if (text.size() > greatest_text)
    return wrong({}, {}, fmt::format("{} bytes; a file of configuration may have {}", text.size(), greatest_text));
  if (text.substr(0, 3) == "\xef\xbb\xbf")
    text.remove_prefix(3);

  json::parse_options options;
  options.allow_trailing_commas = true;
  options.max_depth = greatest_depth;
  token_places where;
  json::basic_parser<builder> parser{options, where, result, found};
  auto& so_far = parser.handler();
  bool begun = false;
  for (auto raw : text) {
    auto was_in_text = where.in_text();
    auto c = where.take(raw);
    bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (blank && !begun)
      continue;
    begun = true;
    json::error_code ec;
    auto before = found.size();
    // A number at the root ends at the first byte that does not belong to it, which the parser then leaves.
    bool taken = !parser.done() && parser.write_some(true, &c, 1, ec) == 1;
    if (!ec && !taken && !blank)
      return wrong(where.here(), {}, fmt::format("unexpected {} after the end of the value", shown(c)));
    if (ec && found.size() > before)
      return tl::unexpected<problems>(std::move(found));
    if (ec) {
      bool lone_slash = c == '/' && !was_in_text;
      return wrong(lone_slash ? where.comment() : where.here(), so_far.path(),
                   syntax_sentence(ec, c, was_in_text, so_far));
    }
  }
  if (where.in_block_comment())
    return wrong(where.comment(), {}, "a comment begins here and does not end; write */");
  if (!begun)
    return wrong(where.here(), {}, "nothing but blanks or comments; a JSON value is expected");
  if (where.lone_slash())
    return wrong(where.comment(), {}, "unexpected `/`");
  json::error_code ec;
  if (!parser.done())
    parser.write_some(false, "", 0, ec);
  if (ec && so_far.open())
    return wrong(where.here(), so_far.path(),
                 fmt::format("the text ends, but the {} of line {} is not closed", so_far.in_object() ? "{" : "[",
                             so_far.innermost().line));
  if (ec)
    return wrong(where.here(), {}, "the text ends within a value");
  if (!found.empty())
    return tl::unexpected<problems>(std::move(found));
  return result;
}

} // namespace throng::config
