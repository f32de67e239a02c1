// A value of an event, as expressions, windows and rules see it: small, copied freely, its text borrowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace throng::analytics {

enum class value_kind : std::uint8_t { missing, null, boolean, integer, real, text, array, object };

/// Borrowed text must outlive it: the message's bytes or the event's arena. Arrays and objects are their JSON text.
class value {
public:
  value() = default;
  static value null();
  static value of(bool x);
  static value of(std::int64_t x);
  static value of(double x);
  static value of(std::string_view text);
  static value array(std::string_view json);
  static value object(std::string_view json);

  value_kind kind() const {
    return kind_;
  }
  bool is_number() const {
    return kind_ == value_kind::integer || kind_ == value_kind::real;
  }
  /// Missing or null.
  bool is_nothing() const {
    return kind_ == value_kind::missing || kind_ == value_kind::null;
  }
  bool boolean() const;       ///< @pre kind is boolean
  std::int64_t integer() const; ///< @pre kind is integer
  double number() const;      ///< @pre is_number()
  std::string_view text() const; ///< @pre text, array or object

private:
  value_kind kind_ = value_kind::missing;
  std::uint32_t size_ = 0;
  union {
    bool boolean_;
    std::int64_t integer_ = 0;
    double real_;
    const char* text_;
  };
};

/// MongoDB's order over types (null and missing, numbers, text, object, array, boolean) and within them: -1, 0 or 1.
/// 1 = 1.0; true is not 1; "1" is not 1; null and missing are equal.
int compare(const value& a, const value& b);

/// Appends text that is equal exactly where values compare equal: what groups and `distinct` are made of.
void append_canonical(std::string& out, const value& x);

/// Appends the value as JSON; missing as null; a double in its shortest form that reads back the same.
void append_json(std::string& out, const value& x);

} // namespace throng::analytics
