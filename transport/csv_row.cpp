#include "transport/csv_row.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>

#include "config/csv_cell.hpp"

namespace throng::transport {

namespace {

namespace json = boost::json;

/// Puts each field's text into its column's cell while the parser goes through the message.
class cell_collector {
public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit cell_collector(std::span<const std::string_view> columns)
      : columns_(columns.begin(), columns.end())
      , cells_(columns.size()) {}

  void reset() {
    for (auto& cell : cells_)
      cell.clear();
    depth_ = 0;
    name_.clear();
    text_.clear();
    flat_ = true;
  }
  const std::vector<std::string>& columns() const {
    return columns_;
  }
  const std::vector<std::string>& cells() const {
    return cells_;
  }
  bool is_flat_object() const {
    return flat_ && seen_object_;
  }

  bool on_document_begin(json::error_code&) {
    seen_object_ = false;
    return true;
  }
  bool on_document_end(json::error_code&) {
    return true;
  }
  bool on_object_begin(json::error_code&) {
    seen_object_ = true;
    flat_ = flat_ && depth_++ == 0;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    return true;
  }
  bool on_array_begin(json::error_code&) {
    flat_ = false;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    return scalar(part);
  }
  bool on_number_part(json::string_view part, json::error_code&) {
    text_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t, json::string_view part, json::error_code&) {
    return scalar(part);
  }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code&) {
    return scalar(part);
  }
  bool on_double(double, json::string_view part, json::error_code&) {
    return scalar(part);
  }
  bool on_bool(bool value, json::error_code&) {
    return scalar(value ? "true" : "false");
  }
  bool on_null(json::error_code&) {
    return scalar("");
  }
  bool on_comment_part(json::string_view, json::error_code&) {
    return true;
  }
  bool on_comment(json::string_view, json::error_code&) {
    return true;
  }

private:
  bool scalar(json::string_view part) {
    text_.append(part.data(), part.size());
    // Messages are written in the order of their columns, so that the search begins where it ends.
    auto found = std::find(columns_.begin() + static_cast<std::ptrdiff_t>(next_), columns_.end(), name_);
    if (found == columns_.end())
      found = std::find(columns_.begin(), columns_.end(), name_);
    if (found == columns_.end()) {
      flat_ = false;
    } else {
      auto column = static_cast<std::size_t>(found - columns_.begin());
      cells_[column].swap(text_);
      next_ = column + 1 < columns_.size() ? column + 1 : 0;
    }
    name_.clear();
    text_.clear();
    return true;
  }

  std::vector<std::string> columns_;
  std::vector<std::string> cells_;
  std::string name_;
  std::string text_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
  bool flat_ = true;
  bool seen_object_ = false;
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
