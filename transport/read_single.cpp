#include "transport/read_single.hpp"

#include <chrono>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "transport/batching.hpp"

namespace throng::transport {

expected<std::optional<batch_ptr>> read_single(kafka_reader& with, const topic_partition& which, std::int64_t offset) {
  const auto range = with.bounds(which);
  if (!range)
    return tl::unexpected(range.error());
  if (offset < range->first || offset >= range->second)
    return std::optional<batch_ptr>{};
  if (auto opened = with.open(which, {start_offset::where::at, offset}); !opened)
    return tl::unexpected(opened.error());
  const auto deadline = std::chrono::steady_clock::now() + kafka_reader::answer_limit;
  std::vector<consumer_event> none;
  while (std::chrono::steady_clock::now() < deadline) {
    for (auto& event : with.poll(none, std::chrono::milliseconds{100})) {
      if (const auto* got = std::get_if<batch_ptr>(&event)) {
        const auto& first = (*got)->messages.front();
        with.close(which);
        if (first.offset != offset)
          return std::optional<batch_ptr>{}; // compacted away
        batch_builder one{which, 1, first.key.value_or("").size() + first.value.value_or("").size()};
        one.add(first.offset, first.timestamp_ms, first.key, first.value);
        return std::optional{one.finish()};
      }
      if (std::holds_alternative<reached_end>(event)) {
        with.close(which);
        return std::optional<batch_ptr>{};
      }
      if (auto* failed = std::get_if<partition_failed>(&event))
        return tl::unexpected(std::move(failed->why));
      if (auto* failed = std::get_if<consumer_failed>(&event))
        return tl::unexpected(std::move(failed->why));
    }
  }
  with.close(which);
  return fail(error_kind::timed_out,
              fmt::format("{}: the message at offset {} did not come within {} ms", place_of(which), offset,
                          kafka_reader::answer_limit.count()),
              true);
}

} // namespace throng::transport
