// Text, counted in code points: parts, places, splitting, trimming, replacing, patterns.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "analytics/expression_functions.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/pattern.hpp"

namespace throng::analytics {

namespace {

bool is_text(const value& x) {
  return x.kind() == value_kind::text;
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

/// Where the n-th character begins; the end if there are fewer.
std::size_t byte_of_character(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (begins_character(text[at]) && n-- == 0)
      break;
  return at;
}

/// As text where MongoDB takes more than text: nothing is empty, a number its digits. None: it refuses the value.
std::optional<std::string_view> coerced(call& in, const value& x) {
  if (x.is_nothing())
    return std::string_view{};
  if (x.is_number())
    return in.arena().keep(canonical_text{x}.view());
  if (is_text(x))
    return x.text();
  return std::nullopt;
}

/// A place or length: a whole number from 0 on.
std::optional<std::size_t> count_of(const value& x) {
  if (!x.is_number() || x.number() != std::trunc(x.number()) || x.number() < 0 || x.number() > INT32_MAX)
    return std::nullopt;
  return static_cast<std::size_t>(x.number());
}

value concatenated(call& in) {
  std::size_t size = 0;
  for (const auto& x : in.all()) {
    if (x.is_nothing())
      return value::null();
    if (!is_text(x))
      return in.fault();
    size += x.text().size();
  }
  auto* out = in.arena().take(size);
  auto* at = out;
  for (const auto& x : in.all())
    at += x.text().copy(at, x.text().size());
  return value::of(std::string_view{out, size});
}

template <char First>
value recased(call& in) {
  auto from = coerced(in, in[0]);
  if (!from)
    return in.fault();
  auto* to = in.arena().take(from->size());
  std::transform(from->begin(), from->end(), to,
                 [](char c) { return c >= First && c < First + 26 ? static_cast<char>(c ^ 0x20) : c; });
  return value::of(std::string_view{to, from->size()});
}

value length_in_bytes(call& in) {
  return is_text(in[0]) ? value::of(static_cast<std::int64_t>(in[0].text().size())) : in.fault();
}

value length_in_characters(call& in) {
  return is_text(in[0]) ? value::of(static_cast<std::int64_t>(characters(in[0].text()))) : in.fault();
}

value part(call& in) {
  auto text = coerced(in, in[0]);
  auto start = count_of(in[1]);
  auto count = count_of(in[2]);
  if (!text || !start || !count)
    return in.fault();
  auto rest = text->substr(byte_of_character(*text, *start));
  return value::of(rest.substr(0, byte_of_character(rest, *count)));
}

value place_of(call& in) {
  if (in[0].is_nothing())
    return value::null();
  if (!is_text(in[0]) || !is_text(in[1]))
    return in.fault();
  auto text = in[0].text();
  auto sought = in[1].text();
  const auto length = characters(text);
  std::size_t bounds[] = {0, length};
  for (std::size_t i = 0; i < 2; ++i)
    if (in.has(i + 2)) {
      auto given = count_of(in[i + 2]);
      if (!given)
        return in.fault();
      bounds[i] = *given;
    }
  auto end = std::min(bounds[1], length);
  if (text.empty() && sought.empty() && bounds[0] == 0)
    return value::of(std::int64_t{0});
  for (auto at = bounds[0]; at < end; ++at)
    if (text.substr(byte_of_character(text, at)).starts_with(sought))
      return value::of(static_cast<std::int64_t>(at));
  return value::of(std::int64_t{-1});
}

value split(call& in) {
  if (in[0].is_nothing() || in[1].is_nothing())
    return value::null();
  if (!is_text(in[0]) || !is_text(in[1]) || in[1].text().empty())
    return in.fault();
  auto& json = in.scratch();
  json.push_back('[');
  auto rest = in[0].text();
  auto by = in[1].text();
  for (;;) {
    auto at = rest.find(by);
    append_json_string(json, rest.substr(0, at));
    if (at == std::string_view::npos)
      break;
    json.push_back(',');
    rest.remove_prefix(at + by.size());
  }
  json.push_back(']');
  return value::array(in.arena().keep(json));
}

/// What MongoDB takes for white space.
constexpr std::string_view spaces[] = {{"\0", 1},      " ",
                                       "\t",           "\n",
                                       "\v",           "\f",
                                       "\r",           "\xc2\xa0",
                                       "\xe1\x9a\x80", "\xe2\x80\x80",
                                       "\xe2\x80\x81", "\xe2\x80\x82",
                                       "\xe2\x80\x83", "\xe2\x80\x84",
                                       "\xe2\x80\x85", "\xe2\x80\x86",
                                       "\xe2\x80\x87", "\xe2\x80\x88",
                                       "\xe2\x80\x89", "\xe2\x80\x8a"};

/// Whether a whole character is one of those to be trimmed.
bool trimmable(std::string_view character, const value* among) {
  if (among == nullptr)
    return std::find(std::begin(spaces), std::end(spaces), character) != std::end(spaces);
  return among->text().find(character) != std::string_view::npos; // UTF-8: a character is not found within another
}

template <bool Left, bool Right>
value trimmed(call& in) {
  if (in[0].is_nothing() || (in.has(1) && in[1].is_nothing()))
    return value::null();
  if (!is_text(in[0]) || (in.has(1) && !is_text(in[1])))
    return in.fault();
  const auto* among = in.has(1) ? &in[1] : nullptr;
  auto text = in[0].text();
  while (Left && !text.empty()) {
    auto first = text.substr(0, byte_of_character(text, 1));
    if (!trimmable(first, among))
      break;
    text.remove_prefix(first.size());
  }
  while (Right && !text.empty()) {
    auto at = text.size() - 1;
    while (at > 0 && !begins_character(text[at]))
      --at;
    if (!trimmable(text.substr(at), among))
      break;
    text.remove_suffix(text.size() - at);
  }
  return value::of(text);
}

/// MongoDB's documents, and so its texts, are no longer. Only replacing can multiply: nested, it would fill any memory.
constexpr std::size_t longest_text = 16U << 20U;

template <bool All>
value replaced(call& in) {
  for (const auto& x : in.all())
    if (!x.is_nothing() && !is_text(x))
      return in.fault();
  for (const auto& x : in.all())
    if (x.is_nothing())
      return value::null();
  auto rest = in[0].text();
  auto find = in[1].text();
  auto by = in[2].text();
  auto& out = in.scratch();
  for (auto at = rest.find(find); at != std::string_view::npos; at = rest.find(find)) {
    out.append(rest.substr(0, at)).append(by);
    if (out.size() > longest_text)
      return in.fault();
    rest.remove_prefix(at + find.size());
    if (!All)
      break;
    if (find.empty()) { // stands before each character and at the end
      if (rest.empty())
        break;
      auto next = byte_of_character(rest, 1);
      out.append(rest.substr(0, next));
      rest.remove_prefix(next);
    }
  }
  out.append(rest);
  return in.text(out);
}

value compared_without_case(call& in) {
  auto a = coerced(in, in[0]);
  auto b = coerced(in, in[1]);
  if (!a || !b)
    return in.fault();
  auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  auto less = [&](char x, char y) {
    return static_cast<unsigned char>(upper(x)) < static_cast<unsigned char>(upper(y));
  };
  auto before = std::lexicographical_compare(a->begin(), a->end(), b->begin(), b->end(), less);
  auto behind = std::lexicographical_compare(b->begin(), b->end(), a->begin(), a->end(), less);
  return value::of(std::int64_t{behind} - std::int64_t{before});
}

struct compiled_pattern final : preparation {
  explicit compiled_pattern(pattern made)
      : of(std::move(made)) {}
  pattern of;
};

std::unique_ptr<preparation> prepare_pattern(std::span<const value* const> constants, std::string& wrong) {
  for (std::size_t i = 1; i < constants.size(); ++i)
    if (constants[i] == nullptr) {
      wrong = "`$regexMatch` takes a pattern and options that are constants.";
      return nullptr;
    }
  const auto& regex = *constants[1];
  const auto* options = constants.size() > 2 ? constants[2] : nullptr;
  if (regex.is_nothing())
    return nullptr; // matches nothing
  if (!is_text(regex) || (options != nullptr && !options->is_nothing() && !is_text(*options))) {
    wrong = "`$regexMatch` takes a pattern and options that are text.";
    return nullptr;
  }
  auto made = pattern::compile(regex.text(), options == nullptr || options->is_nothing() ? "" : options->text());
  if (!made) {
    wrong = made.error();
    return nullptr;
  }
  return std::make_unique<compiled_pattern>(std::move(*made));
}

value regex_match(call& in) {
  if (in[0].is_nothing() || in.ready() == nullptr)
    return value::of(false);
  if (!is_text(in[0]))
    return in.fault();
  return value::of(static_cast<const compiled_pattern*>(in.ready())->of.found_in(in[0].text()));
}

constexpr function functions[] = {
    {"$concat", 0, any_number, concatenated},
    {"$toLower", 1, 1, recased<'A'>},
    {"$toUpper", 1, 1, recased<'a'>},
    {"$strLenBytes", 1, 1, length_in_bytes},
    {"$strLenCP", 1, 1, length_in_characters},
    {"$substrCP", 3, 3, part},
    {"$indexOfCP", 2, 4, place_of},
    {"$split", 2, 2, split},
    {"$trim", 1, 2, trimmed<true, true>, {"input", "chars"}, false},
    {"$ltrim", 1, 2, trimmed<true, false>, {"input", "chars"}, false},
    {"$rtrim", 1, 2, trimmed<false, true>, {"input", "chars"}, false},
    {"$replaceOne", 3, 3, replaced<false>, {"input", "find", "replacement"}, false},
    {"$replaceAll", 3, 3, replaced<true>, {"input", "find", "replacement"}, false},
    {"$strcasecmp", 2, 2, compared_without_case},
    {"$regexMatch", 2, 3, regex_match, {"input", "regex", "options"}, false, prepare_pattern},
};

} // namespace

std::span<const function> text_functions() {
  return functions;
}

} // namespace throng::analytics
