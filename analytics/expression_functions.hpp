// The expression operators that are plain functions of their values, by name: numbers, text, arrays, dates, types. expression.cpp evaluates
// the values and calls; what decides whether a value is looked at at all ($cond, $and, ...) is there, as is the arithmetic that most
// pipelines consist of.
//
// JSON has no dates: where MongoDB takes one, ISO 8601 text and milliseconds since 1970 are taken, and where it gives one, ISO 8601 text is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "analytics/text_arena.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

/// What an operator makes of its constant arguments when it is compiled: a pattern, a time zone.
class preparation {
public:
  preparation() = default;
  preparation(const preparation&) = delete;
  preparation& operator=(const preparation&) = delete;
  virtual ~preparation() = default;
};

constexpr std::size_t most_names = 5;
constexpr std::size_t any_number = SIZE_MAX;

/// One call: the values of the arguments, and room for the result's text.
class call {
public:
  call(std::span<const value> given, unsigned present, const preparation* ready, text_arena& arena,
       std::string& scratch)
      : given_(given)
      , present_(present)
      , ready_(ready)
      , arena_(arena)
      , scratch_(scratch) {}

  std::span<const value> all() const {
    return given_;
  }
  const value& operator[](std::size_t i) const {
    return given_[i];
  }
  /// Whether the i-th argument stands in the definition, whatever its value.
  bool has(std::size_t i) const {
    return i < given_.size() && (present_ >> i & 1U) != 0;
  }
  const preparation* ready() const {
    return ready_;
  }
  text_arena& arena() {
    return arena_;
  }
  /// An empty string whose memory is kept.
  std::string& scratch() {
    scratch_.clear();
    return scratch_;
  }
  value text(std::string_view made) {
    return value::of(arena_.keep(made));
  }
  /// Where MongoDB would stop with an error.
  value fault() {
    wrong_ = true;
    return value::null();
  }
  bool wrong() const {
    return wrong_;
  }

private:
  std::span<const value> given_;
  unsigned present_;
  const preparation* ready_;
  text_arena& arena_;
  std::string& scratch_;
  bool wrong_ = false;
};

using function_body = value (*)(call&);
/// @param constants by argument: its value if it is a constant, else null
/// @param wrong a sentence, where the constants can't be meant
using function_preparation = std::unique_ptr<preparation> (*)(std::span<const value* const> constants,
                                                              std::string& wrong);

struct function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  function_body body;
  /// Names of its arguments, in their order, if it takes an object of them (then `least` of them are required); `in_place`: it takes
  /// a single value or an array instead too, of at most `most` values.
  std::array<std::string_view, most_names> names = {};
  bool in_place = true;
  function_preparation prepare = nullptr;
};

std::span<const function> number_functions();
std::span<const function> text_functions();
std::span<const function> array_functions();
std::span<const function> date_functions();
std::span<const function> type_functions();

/// Null where there is none of that name.
const function* find_function(std::string_view name);

} // namespace throng::analytics
