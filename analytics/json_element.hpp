// The elements of a value that is an array, one by one.
#pragma once

#include <string>

#include "analytics/json_scanner.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

/// The value that stands next in a text that is known to be JSON. Borrows from it, or from `made` where text has escapes.
value take_element(json_scanner& in, std::string& made);

/// Goes from one element of an array to the next. @pre kind is array
class array_walk {
protected:
  explicit array_walk(const value& array)
      : in_(array.text()) {
    in_.peek();
    in_.open(0);
  }
  /// An element stands next, to be taken.
  bool step() {
    if (!in_.next_element(']', first_))
      return false;
    first_ = false;
    return true;
  }
  json_scanner in_;

private:
  bool first_ = true;
};

/// for (element_walk walk{array}; walk.next();) use(walk.element());
class element_walk : private array_walk {
public:
  explicit element_walk(const value& array)
      : array_walk(array) {}
  bool next() {
    if (!step())
      return false;
    element_ = take_element(in_, made_);
    return true;
  }
  /// Until next().
  const value& element() const {
    return element_;
  }

private:
  value element_;
  std::string made_;
};

/// The same, each as the text that it is in the array: what copies elements keeps 4.0 apart from 4.
class element_text_walk : private array_walk {
public:
  explicit element_text_walk(const value& array)
      : array_walk(array) {}
  bool next() {
    if (!step())
      return false;
    in_.peek();
    const char* begin = in_.position();
    in_.skip_value(1);
    text_ = {begin, static_cast<std::size_t>(in_.position() - begin)};
    return true;
  }
  std::string_view text() const {
    return text_;
  }

private:
  std::string_view text_;
};

} // namespace throng::analytics
