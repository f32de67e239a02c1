// A file of rows by a key, for `enrich`: read from its text, every problem with its place. Immutable and shared. Leaves to
// others where the text comes from, and when another version takes effect.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "analytics/value.hpp"
#include "config/time.hpp"

namespace throng::analytics {

/// Bytes that a lookup file may have: it stands in every partition's memory and checkpoint.
inline constexpr std::size_t greatest_lookup = 16U << 20U;

struct lookup_problem {
  int line = 0; ///< from 1, as the column; both 0 where it is the file as a whole
  int column = 0;
  std::string sentence;
};

class lookup_table {
public:
  enum class format : std::uint8_t { csv, json, topic };
  /// By the ending of a file's name: `.json`, else CSV.
  static format format_of(std::string_view file);

  /// CSV (RFC 4180): the first row names the columns. A cell that is a JSON number, true or false is that, an empty one is
  /// null, everything else, and what stands in quotes, is text; as a key, `7` is found by the number and by the text.
  /// JSON (comments allowed): an array of objects with the key among their members, or an object of them by key.
  /// A key that stands there twice, or is null, is a problem.
  /// Of a topic (topic_table writes it): lines of `{"key": TEXT, "since": ms, "row": {…} or null}`, those of a key by time; null: the row is
  /// deleted. The key is found by text and, where it is a number, by that.
  static tl::expected<std::shared_ptr<const lookup_table>, std::vector<lookup_problem>>
  parse(format as, std::string text, const std::string& key, const std::vector<std::string>& columns);

  /// The row of a key as it was at a time, one value a column in their order; null if there is none. Borrowed from this.
  const std::vector<owned_value>* find(const value& key, timestamp at = {INT64_MAX}) const;

  /// Calls `each(row, since)` with a key's rows that count since `known` or before, the latest first; a file's since ever (INT64_MIN).
  /// @param key its canonical text
  template <class F>
  void each_version(std::string_view key, timestamp known, F&& each) const {
    const auto found = by_key_.find(key);
    for (auto place = found == by_key_.end() ? SIZE_MAX : found->second; place != SIZE_MAX;
         place = rows_[place].earlier)
      if (rows_[place].since <= known && !rows_[place].values.empty())
        each(rows_[place].values, rows_[place].since);
  }

  std::size_t size() const {
    return rows_.size();
  }
  const std::string& text() const {
    return text_;
  }
  /// xxh128 of the text, in hex.
  const std::string& version() const {
    return version_;
  }

private:
  friend class lookup_reader;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view x) const {
      return std::hash<std::string_view>{}(x);
    }
  };

  std::string text_;
  std::string version_;
  struct row {
    std::vector<owned_value> values; ///< empty: deleted
    timestamp since{INT64_MIN};
    std::size_t earlier = SIZE_MAX; ///< the version before; SIZE_MAX: none
  };
  std::vector<row> rows_;
  std::unordered_map<std::string, std::size_t, text_hash, std::equal_to<>>
      by_key_; ///< canonical text to row, the latest
};

/// One a `lookup` of the pipeline, in their order.
using lookup_tables = std::vector<std::shared_ptr<const lookup_table>>;

} // namespace throng::analytics
