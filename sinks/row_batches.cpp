#include "sinks/row_batches.hpp"

#include <numeric>
#include <string_view>

#include <fmt/format.h>

namespace throng::sinks {

namespace {

std::size_t size_of(const analytics::sink_row& row) {
  constexpr std::size_t place = 160; // what says where it stood, and its id
  return place + row.key.value_or(std::string_view{}).size() + row.value.value_or(std::string_view{}).size();
}

} // namespace

expected<void> row_batches::put(const analytics::sink_rows& rows) {
  if (rows.empty())
    return {};
  auto& now = [&]() -> under_way& {
    const std::lock_guard lock{mutex_};
    return under_way_[{rows.topic, rows.partition}];
  }();
  if (now.left.empty() || now.first != rows.first_offset() || now.last != rows.last_offset() ||
      now.count != rows.size() || now.generation != rows.generation) {
    now = {rows.first_offset(), rows.last_offset(), rows.size(), rows.generation, row_places(rows.size())};
    std::iota(now.left.begin(), now.left.end(), std::size_t{0});
  }
  row_places again;
  while (!now.left.empty()) {
    const auto end = now.left.begin() + static_cast<std::ptrdiff_t>(fitting(rows, now.left));
    const auto before = again.size();
    auto sent = send(rows, {now.left.begin(), end}, again);
    if (!sent) {
      // All of this batch are sent again, and so are those before it that were to be.
      again.resize(before);
      now.left.insert(now.left.begin(), again.begin(), again.end());
      return sent;
    }
    now.left.erase(now.left.begin(), end);
  }
  if (again.empty())
    return {};
  now.left = std::move(again);
  return fail(error_kind::unavailable,
              fmt::format("the server is busy: {} of {} rows are to be sent again", now.left.size(), rows.size()),
              true);
}

void row_batches::forget(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock{mutex_};
  if (const auto found = under_way_.find({topic, partition}); found != under_way_.end())
    found->second.left.clear();
}

std::size_t row_batches::fitting(const analytics::sink_rows& rows, const row_places& left) const {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const auto place : left) {
    bytes += size_of(rows[place]);
    if (count == most_.rows || (count > 0 && bytes > most_.bytes))
      break;
    ++count;
  }
  return count;
}

expected<void> row_batches::send(const analytics::sink_rows& rows, const row_places& which, row_places& again) {
  const auto answer = send_(rows, which);
  if (!answer)
    return tl::unexpected{answer.error()};
  if (answer->refused) {
    if (which.size() == 1)
      return refuse_(rows, rows[which.front()], *answer->refused);
    const auto half = which.begin() + static_cast<std::ptrdiff_t>(which.size() / 2);
    if (auto sent = send(rows, {which.begin(), half}, again); !sent)
      return sent;
    return send(rows, {half, which.end()}, again);
  }
  for (const auto& [place, why] : answer->refusals)
    if (auto kept = refuse_(rows, rows[place], why); !kept)
      return kept;
  again.insert(again.end(), answer->again.begin(), answer->again.end());
  return {};
}

} // namespace throng::sinks
