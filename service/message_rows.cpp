#include "service/message_rows.hpp"

#include <utility>

#include <fmt/format.h>

#include "transport/line_reader.hpp"
#include "transport/record_line.hpp"

namespace throng::service {

namespace {

/// Blank lines are skipped.
class lines_of_file final : public message_rows {
public:
  lines_of_file(std::string path, std::unique_ptr<transport::byte_source> source, bool records)
      : path_(std::move(path))
      , reader_(std::move(source), longest_line)
      , records_(records) {}

  expected<std::optional<replayed>> next() override {
    for (;;) {
      const auto text = reader_.next();
      if (!text)
        return tl::unexpected{text.error()};
      if (!*text)
        return std::nullopt;
      ++line_;
      if ((*text)->find_first_not_of(" \t\r") == std::string_view::npos)
        continue;
      if (!records_)
        return replayed{{}, {}, std::string{**text}, -1, {}};
      auto read = transport::parse_record(**text);
      if (!read)
        return fail(read.error().kind, fmt::format("{}: {}", place(), read.error().message));
      return replayed{{}, std::move(read->key), std::move(read->value), read->timestamp_ms, {}};
    }
  }

  std::string place() const override {
    return fmt::format("{}:{}", path_, line_);
  }

private:
  std::string path_;
  transport::line_reader reader_;
  bool records_;
  std::size_t line_ = 0;
};

} // namespace

expected<std::unique_ptr<message_rows>> open_message_rows(const std::string& path,
                                                          const std::vector<std::string>& texts) {
  std::string_view name{path};
  if (name.ends_with(".parquet"))
    return open_parquet_rows(path);
  for (const std::string_view packed : {".gz", ".zst"})
    if (name.ends_with(packed))
      name.remove_suffix(packed.size());
  if (name.ends_with(".csv"))
    return open_csv_rows(path, texts);
  auto source = transport::open_byte_source(path);
  if (!source)
    return tl::unexpected{source.error()};
  const bool records = name.find(".records.ndjson") != std::string_view::npos;
  return std::make_unique<lines_of_file>(path, std::move(*source), records);
}

} // namespace throng::service
