#include "config/csv_rows.hpp"

namespace throng {

csv_rows::csv_rows(std::string_view text)
    : in_(text) {
  if (in_.starts_with("\xEF\xBB\xBF"))
    at_ = 3;
}

bool csv_rows::next(std::vector<csv_cell>& cells) {
  while (!wrong_ && at_ < in_.size()) {
    auto begin = at_;
    std::size_t count = 0;
    do {
      if (count == cells.size())
        cells.emplace_back();
      read_cell(cells[count++]);
    } while (take(','));
    cells.resize(count);
    row_ = in_.substr(begin, at_ - begin);
    begin = at_;
    take('\r');
    if (!take('\n') && at_ < in_.size() && !wrong_)
      wrong_ = csv_problem{line_, column_, "a cell that ends in quotes is followed by a comma or the end of the line"};
    line_end_ = in_.substr(begin, at_ - begin);
    if (wrong_)
      return false;
    if (count > 1 || cells.front().quoted || !cells.front().text.empty())
      return true;
  }
  return false;
}

void csv_rows::read_cell(csv_cell& into) {
  into.text.clear();
  into.line = line_;
  into.column = column_;
  into.quoted = take('"');
  if (!into.quoted) {
    auto begin = at_;
    while (at_ < in_.size() && in_[at_] != ',' && in_[at_] != '\n' && in_[at_] != '\r')
      step();
    into.text = in_.substr(begin, at_ - begin);
    return;
  }
  while (at_ < in_.size()) {
    if (!take('"'))
      into.text += step();
    else if (take('"'))
      into.text += '"';
    else
      return;
  }
  wrong_ = csv_problem{into.line, into.column, "the quotes that begin here have no end"};
}

bool csv_rows::take(char wanted) {
  if (at_ == in_.size() || in_[at_] != wanted)
    return false;
  step();
  return true;
}

char csv_rows::step() {
  auto c = in_[at_++];
  if (c == '\n') {
    ++line_;
    column_ = 1;
  } else if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) { // a column is a character, not a byte
    ++column_;
  }
  return c;
}

bool csv_row_end::take(std::string_view line) {
  auto begins = !quoted_; // a cell: quotes within one that began without are text
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto c = line[i];
    if (quoted_) {
      if (c != '"')
        continue;
      if (i + 1 < line.size() && line[i + 1] == '"')
        ++i;
      else
        quoted_ = false;
    } else if (begins && c == '"') {
      quoted_ = true;
      begins = false;
    } else {
      begins = c == ',';
    }
  }
  return !quoted_;
}

} // namespace throng
