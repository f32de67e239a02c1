// A row as the message that it was: an object with a field a column. Files of sinks say in columns of their own where a message stood; those are no
// fields of it, but give back its key, its time, and its bytes where it was no object.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "service/replay_source.hpp"

namespace throng::service {

class row_message {
public:
  explicit row_message(const std::vector<std::string>& columns);

  /// @param append puts the value of a column, by number, as JSON behind a text
  template <class F>
  replayed make(F append) {
    const auto text = [&](std::size_t column) {
      cell_.clear();
      append(column, cell_);
      return text_of(cell_);
    };
    replayed made;
    if (raw_)
      if (auto raw = text(*raw_))
        made.value = bytes_of(std::move(*raw));
    if (!made.value) {
      auto& object = made.value.emplace("{");
      for (const auto& each : fields_) {
        object += each.head;
        append(each.column, object);
      }
      object += '}';
    }
    if (key_)
      if (auto key = text(*key_))
        made.key = bytes_of(std::move(*key));
    if (time_)
      if (const auto time = text(*time_))
        made.timestamp_ms = milliseconds_of(*time);
    return made;
  }

private:
  struct field {
    std::size_t column;
    std::string head; ///< `"name":`, with a comma before it but for the first
  };
  /// None: null.
  static std::optional<std::string> text_of(const std::string& json);
  static std::string bytes_of(std::string text);
  static std::int64_t milliseconds_of(const std::string& time);

  std::vector<field> fields_;
  std::optional<std::size_t> raw_;
  std::optional<std::size_t> key_;
  std::optional<std::size_t> time_;
  std::string cell_;
};

} // namespace throng::service
