#include "sinks/sink_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "config/time.hpp"

namespace throng::sinks {

std::string file_name(const sink_file& of) {
  return fmt::format("{}-{}-{}-{}-{}", of.topic, of.partition, of.first, of.last, of.generation);
}

std::optional<sink_file> parse_file_name(std::string_view name) {
  // A topic may hold both of what parts a name, so it is read from its end; its four numbers hold neither.
  sink_file made;
  std::array<std::int64_t, 4> numbers{};
  const auto last_dash = name.rfind('-');
  if (last_dash == std::string_view::npos)
    return std::nullopt;
  const auto dot = name.find('.', last_dash);
  auto left = name.substr(0, dot);
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const auto dash = left.rfind('-');
    if (dash == std::string_view::npos)
      return std::nullopt;
    const auto digits = left.substr(dash + 1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), *number);
    if (digits.empty() || digits.front() == '-' || code != std::errc{} || end != digits.data() + digits.size())
      return std::nullopt;
    left = left.substr(0, dash);
  }
  if (left.empty() || numbers[0] > INT32_MAX || numbers[1] > numbers[2])
    return std::nullopt;
  made.topic = left;
  made.partition = static_cast<std::int32_t>(numbers[0]);
  made.first = numbers[1];
  made.last = numbers[2];
  made.generation = static_cast<std::uint64_t>(numbers[3]);
  return made;
}

std::string hour_folder(std::string_view topic, std::optional<std::int64_t> hour) {
  if (!hour)
    return fmt::format("{}/dt=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__", topic);
  constexpr std::int64_t hour_ms = 3'600'000;
  const auto text = to_iso8601(timestamp{*hour * hour_ms});
  return fmt::format("{}/dt={}/hour={}", topic, text.substr(0, 10), text.substr(11, 2));
}

bool overtaken(const sink_file& file, const std::vector<storage::generation_begin>& begins) {
  return std::any_of(begins.begin(), begins.end(), [&](const storage::generation_begin& later) {
    return later.generation > file.generation && later.offset <= file.last;
  });
}

} // namespace throng::sinks
