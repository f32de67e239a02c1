// Rows of a Parquet file as messages.
#include <utility>

#include <fmt/format.h>

#include "service/message_rows.hpp"
#include "service/row_message.hpp"
#include "sinks/parquet_rows.hpp"
#include "transport/byte_source.hpp"

namespace throng::service {

namespace {

class parquet_messages final : public message_rows {
public:
  parquet_messages(std::string path, sinks::parquet_rows rows)
      : path_(std::move(path))
      , rows_(std::move(rows))
      , message_(rows_.columns()) {}

  expected<std::optional<replayed>> next() override {
    const auto more = rows_.next();
    if (!more)
      return tl::unexpected{more.error()};
    if (!*more)
      return std::nullopt;
    ++row_;
    return message_.make([&](std::size_t column, std::string& json) { rows_.append(column, json); });
  }

  std::string place() const override {
    return fmt::format("{}: row {}", path_, row_);
  }

private:
  std::string path_;
  sinks::parquet_rows rows_;
  row_message message_;
  std::size_t row_ = 0;
};

} // namespace

expected<std::unique_ptr<message_rows>> open_parquet_rows(const std::string& path) {
  // What can't be opened is said as of any other file.
  if (const auto opened = transport::open_byte_source(path); !opened)
    return tl::unexpected{opened.error()};
  auto rows = sinks::parquet_rows::open(path);
  if (!rows)
    return tl::unexpected{rows.error()};
  return std::make_unique<parquet_messages>(path, std::move(*rows));
}

} // namespace throng::service
