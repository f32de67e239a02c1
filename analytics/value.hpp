// A value of an event, as expressions, windows and rules see it: small, copied freely, its text borrowed. Its order, its
// canonical text and its JSON. Leaves to others where the text lives (owned_value, event's arena, the message).
#pragma once

#include <cassert>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "analytics/codec.hpp"

namespace throng::analytics {

enum class value_kind : std::uint8_t { missing, null, boolean, integer, real, text, array, object };

/// Borrowed text must outlive it: the message's bytes or the event's arena. Arrays and objects are their JSON text,
/// which must be valid JSON, at most 64 deep, no name twice in an object.
class value {
public:
  value() = default;
  static value null() {
    return value{value_kind::null};
  }
  static value of(bool x) {
    value result{value_kind::boolean};
    result.boolean_ = x;
    return result;
  }
  static value of(std::int64_t x) {
    value result{value_kind::integer};
    result.integer_ = x;
    return result;
  }
  static value of(double x) {
    value result{value_kind::real};
    result.real_ = x;
    return result;
  }
  /// @pre UTF-8, shorter than 4 GiB
  static value of(std::string_view text) {
    return value{value_kind::text, text};
  }
  static value of(const char*) = delete; // would be a boolean
  static value array(std::string_view json) {
    return value{value_kind::array, json};
  }
  static value object(std::string_view json) {
    return value{value_kind::object, json};
  }

  value_kind kind() const {
    return kind_;
  }
  bool is_number() const {
    return kind_ == value_kind::integer || kind_ == value_kind::real;
  }
  /// A number that is neither infinite nor NaN.
  bool is_finite() const {
    return kind_ == value_kind::integer || (kind_ == value_kind::real && std::isfinite(real_));
  }
  /// Missing or null.
  bool is_nothing() const {
    return kind_ == value_kind::missing || kind_ == value_kind::null;
  }
  /// @pre kind is boolean
  bool boolean() const {
    assert(kind_ == value_kind::boolean);
    return boolean_;
  }
  /// @pre kind is integer
  std::int64_t integer() const {
    assert(kind_ == value_kind::integer);
    return integer_;
  }
  /// @pre is_number()
  double number() const {
    assert(is_number());
    return kind_ == value_kind::integer ? static_cast<double>(integer_) : real_;
  }
  /// @pre text, array or object
  std::string_view text() const {
    assert(kind_ >= value_kind::text);
    return {text_, size_};
  }

private:
  explicit value(value_kind kind)
      : kind_(kind) {}
  value(value_kind kind, std::string_view text)
      : kind_(kind)
      , size_(static_cast<std::uint32_t>(text.size()))
      , text_(text.data()) {
    assert(text.size() <= UINT32_MAX);
  }

  value_kind kind_ = value_kind::missing;
  std::uint32_t size_ = 0;
  union {
    bool boolean_;
    std::int64_t integer_ = 0;
    double real_;
    const char* text_;
  };
};

/// A value with its text.
class owned_value {
public:
  owned_value() = default;
  explicit owned_value(const value& x);
  /// Arrays and objects by their serialisation; unsigned numbers beyond 64 signed bits as doubles.
  explicit owned_value(const boost::json::value& x);

  void assign(const value& x);
  value view() const; ///< borrows from this

private:
  value plain_; ///< kind, and what is not text
  std::string text_;
};

/// A value in bytes, as checkpoints keep it.
void save_value(byte_writer& out, const value& x);
/// Throws corrupt_state where the bytes hold no value: text that is not UTF-8, arrays and objects that are not JSON.
owned_value load_value(byte_reader& in);

/// MongoDB's order over types (null and missing, numbers, text, object, array, boolean) and within them: -1, 0 or 1.
/// 1 = 1.0, compared exactly; true is not 1; "1" is not 1; null and missing are equal; NaN is below all numbers and
/// equal to itself; text by its bytes; arrays by their elements, objects by their fields in the order they stand in.
int compare(const value& a, const value& b);

/// Where a kind stands in that order; values are comparable within a match only if their brackets are the same.
int type_bracket(value_kind kind);

/// Appends text that is equal exactly where values compare equal: what groups and `distinct` are made of. It is JSON (but
/// for NaN and Infinity): no spaces, a number with an integer's value without point or exponent, missing as null.
void append_canonical(std::string& out, const value& x);

/// The canonical text of one value, without allocating where it is short.
class canonical_text {
public:
  explicit canonical_text(const value& x);
  canonical_text(const canonical_text&) = delete;
  canonical_text& operator=(const canonical_text&) = delete;
  std::string_view view() const {
    return view_;
  }

private:
  char buffer_[96];
  std::string spill_;
  std::string_view view_;
};

/// XXH3's 64 bits of the canonical text (as text_hash() in sketch/space_saving.hpp): what tells values apart in sketches.
std::uint64_t canonical_hash(const value& x);

/// Appends the value as JSON; missing, NaN and infinities as null; a double in its shortest form that reads back the same.
void append_json(std::string& out, const value& x);

/// The same as a document's field. Numbers inside of arrays and objects are correctly rounded, as Boost.JSON's parser's
/// are not.
boost::json::value to_json(const value& x);

/// A computed number as a document shows it: an integer where it is one (below 2^53), null where it is not finite.
boost::json::value number_json(double x);

} // namespace throng::analytics
