// The rows of a CSV text, by RFC 4180, with the place of each cell. Which columns there must be, and what a cell means, is its readers' affair.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace throng {

struct csv_cell {
  std::string text;
  bool quoted = false;
  int line = 1;
  int column = 1; ///< in characters
};

struct csv_problem {
  int line = 1;
  int column = 1;
  std::string sentence;
};

/// Lines end in LF or CRLF; a byte order mark is passed over, and so are blank lines. A problem of the form ends the rows.
class csv_rows {
public:
  /// @param text must outlive it
  explicit csv_rows(std::string_view text);

  /// Reads the next row into `cells`; false at the end, or where something is wrong.
  bool next(std::vector<csv_cell>& cells);
  /// The row as it stands, without its line's end.
  std::string_view row() const {
    return row_;
  }
  /// Its line's end: "\n", "\r\n", or "" where the text ends without.
  std::string_view line_end() const {
    return line_end_;
  }
  const std::optional<csv_problem>& wrong() const {
    return wrong_;
  }

private:
  void read_cell(csv_cell& into);
  bool take(char wanted);
  char step();

  std::string_view in_;
  std::string_view row_;
  std::string_view line_end_;
  std::optional<csv_problem> wrong_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
};

/// Which lines make a row, for whoever reads a text line by line: a row goes on where its quotes are still open.
class csv_row_end {
public:
  /// @param line the row's first, or the next one, without its newline
  /// @returns whether the row ends with it
  bool take(std::string_view line);

private:
  bool quoted_ = false;
};

} // namespace throng
