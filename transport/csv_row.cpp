#include "transport/csv_row.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "config/csv_cell.hpp"
#include "transport/json_handler.hpp"

namespace throng::transport {

namespace {

namespace json = boost::json;

/// Puts each field's text into its column's cell while the parser goes through the message.
class cell_collector : public json_handler<cell_collector> {
public:
  explicit cell_collector(std::span<const std::string_view> columns)
      : columns_(columns.begin(), columns.end())
      , cells_(columns.size()) {}

  void reset() {
    for (auto& cell : cells_)
      cell.clear();
    forget_name();
    field_.clear();
    text_.clear();
    depth_ = 0;
    flat_ = true;
  }
  const std::vector<std::string>& columns() const {
    return columns_;
  }
  const std::vector<std::string>& cells() const {
    return cells_;
  }
  bool is_flat_object() const {
    return flat_ && depth_ > 0;
  }

  void opened(bool object) {
    flat_ = flat_ && object && depth_ == 0;
    ++depth_; // and never less: a second one is not flat
  }
  void closed() {}
  void named(std::string& name) {
    field_.swap(name);
  }
  void part(std::string_view text) {
    text_.append(text);
  }
  void literal(std::string_view text) {
    if (text != "null")
      part(text);
    scalar();
  }
  void scalar() {
    // Messages are written in the order of their columns, so that the search begins where it ends.
    auto found = std::find(columns_.begin() + static_cast<std::ptrdiff_t>(next_), columns_.end(), field_);
    if (found == columns_.end())
      found = std::find(columns_.begin(), columns_.end(), field_);
    if (found == columns_.end()) {
      flat_ = false;
    } else {
      auto column = static_cast<std::size_t>(found - columns_.begin());
      cells_[column].swap(text_);
      next_ = column + 1 < columns_.size() ? column + 1 : 0;
    }
    field_.clear();
    text_.clear();
  }

private:
  std::vector<std::string> columns_;
  std::vector<std::string> cells_;
  std::string field_;
  std::string text_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0; ///< objects and arrays that have been opened
  bool flat_ = true;
};

std::string line_of(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0)
      line += ',';
    append_csv_cell(line, cells[i]);
  }
  return line;
}

} // namespace

struct csv_rows::implementation {
  explicit implementation(std::span<const std::string_view> columns)
      : parser{json::parse_options{}, columns} {}

  json::basic_parser<cell_collector> parser;
  std::string line;
};

csv_rows::csv_rows(std::span<const std::string_view> columns)
    : impl_{std::make_unique<implementation>(columns)} {}

csv_rows::~csv_rows() = default;
csv_rows::csv_rows(csv_rows&&) noexcept = default;
csv_rows& csv_rows::operator=(csv_rows&&) noexcept = default;

std::string csv_rows::header() const {
  return line_of(impl_->parser.handler().columns());
}

std::string_view csv_rows::row(std::string_view message) {
  auto& parser = impl_->parser;
  parser.reset();
  parser.handler().reset();
  json::error_code failed;
  const auto used = parser.write_some(false, message.data(), message.size(), failed);
  if (failed || used != message.size() || !parser.handler().is_flat_object())
    return {};
  impl_->line = line_of(parser.handler().cells());
  return impl_->line;
}

} // namespace throng::transport
