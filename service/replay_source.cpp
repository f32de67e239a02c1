#include "service/replay_source.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "analytics/json_element.hpp"
#include "analytics/path_tree.hpp"
#include "config/time.hpp"
#include "service/message_rows.hpp"
#include "transport/key_field.hpp"

namespace throng::service {

namespace {

class file_source final : public replay_source {
public:
  file_source(std::vector<std::string> files, replay_fields fields)
      : files_(std::move(files))
      , fields_(std::move(fields))
      , key_(fields_.key) {}

  expected<void> open() {
    auto opened = open_message_rows(files_[at_], fields_.texts);
    if (!opened)
      return tl::unexpected{opened.error()};
    rows_ = std::move(*opened);
    return {};
  }

  expected<std::optional<replayed>> next() override {
    while (at_ < files_.size()) {
      auto row = rows_->next();
      if (!row)
        return tl::unexpected{row.error()};
      if (*row) {
        if (auto made = with_fields(std::move(**row)))
          return std::optional{std::move(*made)};
        else
          return fail(made.error().kind, fmt::format("{}: {}", rows_->place(), made.error().message));
      }
      if (++at_ < files_.size())
        if (auto opened = open(); !opened)
          return tl::unexpected{opened.error()};
    }
    return std::nullopt;
  }

  bool done() const override {
    return at_ == files_.size();
  }

  std::uint64_t without_key() const override {
    return without_key_;
  }

private:
  expected<replayed> with_fields(replayed made) {
    if (!fields_.key.empty()) {
      made.key = made.value ? key_of(*made.value) : std::nullopt;
      without_key_ += made.key ? 0U : 1U;
    }
    return timed(std::move(made));
  }

  std::optional<std::string> key_of(std::string_view json) {
    auto found = key_.of(json);
    return found ? std::optional{std::string{*found}} : std::nullopt;
  }

  expected<replayed> timed(replayed made) {
    if (fields_.timestamp.empty() || !made.value) {
      if (fields_.needs_times && made.timestamp_ms < 0)
        return fail(error_kind::invalid,
                    "this message has no time that --speed could go by: name the field that has it, --timestamp FIELD");
      return made;
    }
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
  std::uint64_t without_key_ = 0;
  std::unique_ptr<message_rows> rows_;
};

} // namespace

expected<std::unique_ptr<replay_source>> open_replay_files(std::vector<std::string> files, replay_fields fields) {
  // Each can be opened before the first message goes out.
  for (const auto& each : files)
    if (auto opened = open_message_rows(each, fields.texts); !opened)
      return tl::unexpected{opened.error()};
  auto made = std::make_unique<file_source>(std::move(files), std::move(fields));
  if (auto opened = made->open(); !opened)
    return tl::unexpected{opened.error()};
  return made;
}

} // namespace throng::service
