// The fields of messages that are JSON objects, by number, with their values as they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analytics/json_scanner.hpp"
#include "config/time.hpp"

namespace throng::sinks {

/// A field's value as it stands in the message.
struct cell {
  enum class what : std::uint8_t { null, flag, number, text, nested };
  std::string_view raw; ///< of text: between the quotes
  what is = what::null;
  bool escaped = false;
  bool integral = false;
};

bool read_cell(analytics::json_scanner& in, cell& out);
/// None: no integer of 64 bits.
std::optional<std::int64_t> integer_of(const cell& value);
/// None: no ISO 8601 text of the years that a time may have.
std::optional<timestamp> time_of(const cell& value, iso8601_reader& reader);

class row_fields {
public:
  /// @param skip_places whether fields named as those that say where a message stood are left out
  explicit row_fields(bool skip_places)
      : skip_places_(skip_places) {}

  std::size_t add(std::string name) {
    const auto place = names_.size();
    by_name_.emplace(name, place);
    names_.push_back(std::move(name));
    return place;
  }
  const std::string& name(std::size_t field) const {
    return names_[field];
  }

  /// Calls `each(number, cell)` for a message that is one JSON object; false: it is none. @param adding whether new names get numbers
  /// Most messages have the fields of the one before, in the same order.
  template <class F>
  bool walk(std::string_view message, bool adding, F each) {
    analytics::json_scanner in{message};
    if (in.peek() != '{' || !in.open(0))
      return false;
    std::size_t turn = 0;
    for (bool first = true; in.next_element('}', first); first = false, ++turn) {
      analytics::json_string name;
      cell value;
      if (!in.take_name(name) || !read_cell(in, value))
        return false;
      if (const auto field = named(name, turn, adding); field != SIZE_MAX)
        each(field, value);
    }
    return in.fault() == analytics::json_fault::none && in.at_end();
  }

private:
  std::size_t named(const analytics::json_string& token, std::size_t turn, bool adding);

  bool skip_places_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> by_name_;
  std::vector<std::pair<std::string, std::size_t>> usual_; ///< by turn: the field that stood there last
  std::string unescaped_;
  std::string key_;
};

} // namespace throng::sinks
