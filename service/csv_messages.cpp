// Rows of a CSV file as messages: the header names the fields.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/cell_value.hpp"
#include "analytics/json_scanner.hpp"
#include "config/csv_rows.hpp"
#include "config/problem.hpp"
#include "service/message_rows.hpp"
#include "service/row_message.hpp"
#include "transport/line_reader.hpp"

namespace throng::service {

namespace {

class csv_messages final : public message_rows {
public:
  csv_messages(std::string path, std::unique_ptr<transport::byte_source> source)
      : path_(std::move(path))
      , reader_(std::move(source), longest_line) {}

  expected<void> read_header(const std::vector<std::string>& texts) {
    const auto more = next_row();
    if (!more)
      return tl::unexpected{more.error()};
    if (!*more)
      return fail(error_kind::invalid, fmt::format("{}: is empty; its first line names the columns", path_));
    std::vector<std::string> columns;
    for (const auto& cell : cells_) {
      if (std::find(columns.begin(), columns.end(), cell.text) != columns.end())
        return wrong(cell, fmt::format("the column {} stands here twice", cell.text));
      if (cell.text.empty())
        return wrong(cell, "a column has no name; the first line names the columns");
      columns.push_back(cell.text);
    }
    text_.assign(columns.size(), false);
    for (const auto& text : texts) {
      const auto found = std::find(columns.begin(), columns.end(), text);
      if (found == columns.end()) {
        const auto nearest = config::nearest_name(text, columns);
        return fail(error_kind::invalid,
                    fmt::format("{}: there is no column {} (--text){}; the columns are: {}", path_, text,
                                nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest),
                                fmt::join(columns, ", ")));
      }
      text_[static_cast<std::size_t>(found - columns.begin())] = true;
    }
    message_.emplace(columns);
    return {};
  }

  expected<std::optional<replayed>> next() override {
    const auto more = next_row();
    if (!more)
      return tl::unexpected{more.error()};
    if (!*more)
      return std::nullopt;
    if (cells_.size() != text_.size())
      return wrong(cells_.front(), fmt::format("this row has {} cells, the header {}", cells_.size(), text_.size()));
    return message_->make([&](std::size_t column, std::string& json) { append(cells_[column], text_[column], json); });
  }

  std::string place() const override {
    return fmt::format("{}:{}", path_, begin_);
  }

private:
  tl::unexpected<error> wrong(const csv_cell& at, const std::string& sentence) const {
    return fail(error_kind::invalid, fmt::format("{}:{}:{}: {}", path_, begin_ + static_cast<std::size_t>(at.line) - 1,
                                                 at.column, sentence));
  }

  /// The next row's cells; false at the end. As many lines as its quotes need.
  expected<bool> next_row() {
    for (;;) {
      csv_row_end end;
      row_.clear();
      begin_ = line_ + 1;
      for (bool ends = false; !ends;) {
        const auto text = reader_.next();
        if (!text)
          return tl::unexpected{text.error()};
        if (!*text) {
          if (row_.empty())
            return false;
          break;
        }
        ++line_;
        ends = end.take(**text);
        row_ += **text;
        row_ += '\n';
        if (row_.size() > longest_line)
          return fail(error_kind::invalid,
                      fmt::format("{}: this row has more than {} MiB", place(), longest_line >> 20U));
      }
      if (!analytics::valid_utf8(row_))
        return fail(error_kind::invalid, fmt::format("{}: this row is not UTF-8", place()));
      csv_rows in{row_};
      if (in.next(cells_))
        return true;
      if (const auto& found = in.wrong())
        return wrong({{}, false, found->line, found->column}, found->sentence);
    }
  }

  static void append(const csv_cell& cell, bool as_text, std::string& json) {
    const auto kind = analytics::cell_value(cell).kind();
    if (kind == analytics::value_kind::null)
      json += "null";
    else if (as_text || kind == analytics::value_kind::text)
      analytics::append_json_string(json, cell.text);
    else
      json += cell.text; // a number's own digits
  }

  std::string path_;
  transport::line_reader reader_;
  std::size_t line_ = 0;
  std::size_t begin_ = 0; ///< the row's first line
  std::string row_;
  std::vector<csv_cell> cells_;
  std::vector<bool> text_; ///< by column
  std::optional<row_message> message_;
};

} // namespace

expected<std::unique_ptr<message_rows>> open_csv_rows(const std::string& path, const std::vector<std::string>& texts) {
  auto source = transport::open_byte_source(path);
  if (!source)
    return tl::unexpected{source.error()};
  auto made = std::make_unique<csv_messages>(path, std::move(*source));
  if (auto read = made->read_header(texts); !read)
    return tl::unexpected{read.error()};
  return made;
}

} // namespace throng::service
