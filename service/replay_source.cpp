#include "service/replay_source.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "analytics/json_element.hpp"
#include "analytics/path_tree.hpp"
#include "config/time.hpp"
#include "transport/key_field.hpp"
#include "transport/line_reader.hpp"
#include "transport/record_line.hpp"

namespace throng::service {

namespace {

/// Longer lines are no messages that a broker would take.
constexpr std::size_t longest_line = 256U << 20U;

class file_source final : public replay_source {
public:
  file_source(std::vector<std::string> files, replay_fields fields)
      : files_(std::move(files))
      , fields_(std::move(fields))
      , key_(fields_.key) {}

  expected<void> open_next() {
    auto source = transport::open_byte_source(files_[at_]);
    if (!source)
      return tl::unexpected{source.error()};
    reader_ = std::make_unique<transport::line_reader>(std::move(*source), longest_line);
    line_ = 0;
    return {};
  }

  expected<std::optional<replayed>> next() override {
    while (at_ < files_.size()) {
      auto text = reader_->next();
      if (!text)
        return tl::unexpected{text.error()};
      if (!*text) {
        if (++at_ < files_.size())
          if (auto opened = open_next(); !opened)
            return tl::unexpected{opened.error()};
        continue;
      }
      ++line_;
      if ((*text)->find_first_not_of(" \t\r") == std::string_view::npos)
        continue;
      auto made = files_[at_].find(".records.ndjson") != std::string::npos ? record(**text) : line(**text);
      if (!made)
        return tl::unexpected{
            error{made.error().kind, fmt::format("{}:{}: {}", files_[at_], line_, made.error().message)}};
      return std::optional{std::move(*made)};
    }
    return std::nullopt;
  }

  bool done() const override {
    return at_ == files_.size();
  }

private:
  expected<replayed> record(std::string_view text) {
    auto read = transport::parse_record(text);
    if (!read)
      return tl::unexpected{read.error()};
    replayed made{{}, std::move(read->key), std::move(read->value), read->timestamp_ms, {}};
    if (!fields_.key.empty())
      made.key = made.value ? key_of(*made.value) : std::nullopt;
    return timed(std::move(made));
  }

  expected<replayed> line(std::string_view text) {
    return timed({{}, key_of(text), std::string{text}, -1, {}});
  }

  std::optional<std::string> key_of(std::string_view json) {
    auto found = key_.of(json);
    return found ? std::optional{std::string{*found}} : std::nullopt;
  }

  expected<replayed> timed(replayed made) {
    if (fields_.timestamp.empty() || !made.value)
      return made;
    std::string collected;
    std::string unescaped;
    auto found = analytics::valid_json(*made.value) ? analytics::find_path(*made.value, fields_.timestamp, collected)
                                                    : std::nullopt;
    if (!found)
      return fail(error_kind::invalid, fmt::format("there is no field {} to take the time from", fields_.timestamp));
    analytics::json_scanner in{*found};
    auto x = analytics::take_element(in, unescaped);
    if (x.kind() == analytics::value_kind::text)
      if (auto time = parse_iso8601(x.text())) {
        made.timestamp_ms = time->ms;
        return made;
      }
    if (x.is_number() && fields_.unit_ns > 0) {
      auto ms = std::floor(x.number() * static_cast<double>(fields_.unit_ns) / 1e6);
      if (ms >= 0 && ms <= static_cast<double>(greatest_timestamp.ms)) {
        made.timestamp_ms = static_cast<std::int64_t>(ms);
        return made;
      }
    }
    return fail(
        error_kind::invalid,
        fmt::format("{} is {}, which is no time{}", fields_.timestamp, *found,
                    x.is_number() && fields_.unit_ns == 0 ? "; a number needs --timestamp-unit s, ms, us or ns" : ""));
  }

  std::vector<std::string> files_;
  replay_fields fields_;
  transport::key_field key_;
  std::size_t at_ = 0;
  std::unique_ptr<transport::line_reader> reader_;
  std::size_t line_ = 0;
};

} // namespace

expected<std::unique_ptr<replay_source>> open_replay_files(std::vector<std::string> files, replay_fields fields) {
  // Each can be opened before the first message goes out.
  for (const auto& each : files)
    if (auto opened = transport::open_byte_source(each); !opened)
      return tl::unexpected{opened.error()};
  auto made = std::make_unique<file_source>(std::move(files), std::move(fields));
  if (auto opened = made->open_next(); !opened)
    return tl::unexpected{opened.error()};
  return made;
}

} // namespace throng::service
