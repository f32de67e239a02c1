#include "sinks/parquet_rows.hpp"

#include <utility>

#include <fmt/format.h>

#include "analytics/json_scanner.hpp"
#include "config/time.hpp"
#include "sinks/loaded_module.hpp"
#include "sinks/parquet_module.hpp"
#include "sinks/row_text.hpp"

namespace throng::sinks {

namespace {

class json_writer final : public value_taker {
public:
  explicit json_writer(std::string& to)
      : to_(to) {}

  void null() override {
    put("null");
  }
  void flag(bool x) override {
    put(x ? "true" : "false");
  }
  void number(std::string_view text) override {
    put(text);
  }
  void text(std::string_view bytes) override {
    put("");
    analytics::append_json_string(to_, printable(bytes));
  }
  void time(std::int64_t ms) override {
    // What JSON has no way to write: a year beyond four digits.
    constexpr timestamp least{-62167219200000};
    if (ms < least.ms || ms > greatest_timestamp.ms)
      return null();
    put("\"");
    append_iso8601(to_, timestamp{ms});
    to_ += '"';
  }
  void open_list() override {
    put("[");
    first_ = true;
  }
  void close_list() override {
    to_ += ']';
    first_ = false;
  }
  void open_object() override {
    put("{");
    first_ = true;
  }
  void name(std::string_view field) override {
    text(field);
    to_ += ':';
    first_ = true;
  }
  void close_object() override {
    to_ += '}';
    first_ = false;
  }

private:
  void put(std::string_view text) {
    if (!first_)
      to_ += ',';
    first_ = false;
    to_ += text;
  }

  std::string& to_;
  bool first_ = true; ///< nothing stands before it that a comma would part it from
};

} // namespace

parquet_rows::parquet_rows(std::string path, std::unique_ptr<parquet_row_reader> from)
    : path_(std::move(path))
    , from_(std::move(from))
    , columns_(from_->columns()) {}

expected<parquet_rows> parquet_rows::open(const std::string& path) {
  const auto function =
      load_function(of_arrow(parquet_module_file), parquet_rows_function, path, "give the messages as NDJSON or CSV");
  if (!function)
    return tl::unexpected{function.error()};
  std::string why;
  std::unique_ptr<parquet_row_reader> made{reinterpret_cast<parquet_rows_opener*>(*function)(path.c_str(), &why)};
  if (!made)
    return fail(error_kind::invalid, fmt::format("{}: {}", path, why));
  return parquet_rows{path, std::move(made)};
}

expected<bool> parquet_rows::next() {
  std::string why;
  if (from_->next(why))
    return true;
  if (!why.empty())
    return fail(error_kind::corrupt, fmt::format("{}: {}", path_, why));
  return false;
}

void parquet_rows::append(std::size_t column, std::string& json) const {
  json_writer to{json};
  from_->value(column, to);
}

} // namespace throng::sinks
