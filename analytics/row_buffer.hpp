// Rows of a sink that wait to be put away: by hour of event time, up to the sink's bounds, and let go all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "analytics/results.hpp"
#include "analytics/sink_rows.hpp"
#include "config/pipeline.hpp"
#include "config/time.hpp"

namespace throng::analytics {

class row_buffer {
public:
  /// @param owner of the sink's checkpoints @param of outlives this
  row_buffer(const config::sink& of, std::string owner, std::string topic, std::string name, std::int32_t partition)
      : sink_(of)
      , owner_(std::move(owner))
      , topic_(std::move(topic))
      , name_(std::move(name))
      , partition_(partition) {}

  void add(std::optional<timestamp> time, const sink_row& row) {
    constexpr std::int64_t hour_ms = 3'600'000;
    const auto hour = time ? std::optional{time->ms / hour_ms} : std::nullopt;
    auto [found, is_new] = open_.try_emplace(hour);
    auto& rows = found->second;
    if (is_new) {
      rows.sink = owner_;
      rows.topic = topic_;
      rows.name = name_;
      rows.partition = partition_;
      rows.hour = hour;
    }
    rows.add(row);
    ++rows_;
    bytes_ += row.key.value_or(std::string_view{}).size() + row.value.value_or(std::string_view{}).size();
  }
  bool full() const {
    return rows_ >= sink_.rows || bytes_ >= sink_.megabytes << 20U;
  }
  bool empty() const {
    return rows_ == 0;
  }
  /// All hours at once: so what is let go reaches up to an offset, and what came before it is gone too.
  void roll(effects& out) {
    for (auto& [hour, rows] : open_)
      out.rows.push_back(std::move(rows));
    open_.clear();
    rows_ = bytes_ = 0;
  }

private:
  const config::sink& sink_;
  std::string owner_;
  std::string topic_;
  std::string name_;
  std::int32_t partition_;
  std::map<std::optional<std::int64_t>, sink_rows> open_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace throng::analytics
