// A CSV file read as one series: which columns hold the time and the value, and what each row says. Leaves to its user what is done with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/csv_rows.hpp"
#include "config/error.hpp"
#include "config/time.hpp"

namespace throng::service {

struct series_row {
  std::string_view text;     ///< as it stands in the file
  std::string_view line_end; ///< "" at the end of a file that does not end in one
  timestamp time;
  std::optional<double> x; ///< none: missing
};

/// Reads times as files hold them: ISO 8601 and its like (`2014-02-14 14:30:00`, `2014/02/14 14:30`), or a number since 1970 in the unit that
/// puts it into the years 1970 to 5138: s below 1e11, then ms, us, ns.
std::optional<timestamp> time_of_cell(std::string_view text);

class series_file {
public:
  /// Reads the header. @param name for problems @param timestamp,field columns; empty: the ones whose names say so
  static expected<series_file> open(std::string name, std::string_view text, const std::string& timestamp,
                                    const std::string& field);

  /// The next row; none at the end. An error names the place.
  expected<std::optional<series_row>> next();

  std::string_view header() const {
    return header_;
  }
  std::string_view header_end() const {
    return header_end_;
  }
  const std::string& field() const {
    return field_;
  }

private:
  series_file(std::string name, std::string_view text)
      : name_(std::move(name))
      , rows_(text) {}
  tl::unexpected<error> wrong(int line, int column, const std::string& sentence) const;

  std::string name_;
  csv_rows rows_;
  std::vector<csv_cell> cells_;
  std::string_view header_;
  std::string_view header_end_;
  std::string field_;
  std::size_t columns_ = 0;
  std::size_t time_at_ = 0;
  std::size_t value_at_ = 0;
};

} // namespace throng::service
