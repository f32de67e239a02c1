#include "service/mute_options.hpp"

#include <fmt/format.h>

#include "service/input_options.hpp"

namespace throng::service {

namespace {

expected<timestamp> time_of(const char* option, const std::string& text, timestamp now) {
  auto time = parse_time(text, now);
  if (!time)
    return fail(error_kind::invalid, fmt::format("--{} {}: {}", option, text, time.error().message));
  return *time;
}

} // namespace

expected<query::mute> resolve(const mute_options& options) {
  if (options.until.empty())
    return fail(error_kind::invalid, "a mute needs an end: --until +8h, or a time");
  const auto now = wall_now();
  auto from = time_of("from", options.from, now);
  if (!from)
    return tl::unexpected(from.error());
  auto until = time_of("until", options.until, now);
  if (!until)
    return tl::unexpected(until.error());
  return query::mute{options.of, *from, *until, options.by, options.note, now};
}

expected<query::mute_end> resolve(const mute_end_options& options) {
  const auto now = wall_now();
  auto until = time_of("until", options.until, now);
  if (!until)
    return tl::unexpected(until.error());
  return query::mute_end{options.id, *until, options.by, options.note, now};
}

} // namespace throng::service
