#include "sources/retry.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace throng::sources {

std::optional<error> trouble_of(const http_answer& answer) {
  if (const auto* failure = std::get_if<http_failure>(&answer))
    return error{error_kind::unavailable, failure->sentence, !failure->final};
  const auto status = std::get<http_reply>(answer).status;
  if (status >= 200 && status < 300)
    return std::nullopt;
  if (status == 401 || status == 403 || status == 407)
    return error{error_kind::denied,
                 fmt::format("the answer was {}: look at auth and what it takes from the environment", status), false};
  return error{error_kind::unavailable, fmt::format("the answer was {}", status),
               status == 408 || status == 425 || status == 429 || status >= 500};
}

expected<milliseconds> retry_waits::after(const error& why, std::optional<milliseconds> asked_for) {
  if (!why.retryable)
    return tl::unexpected{why};
  if (++failed_ >= how_.tries)
    return fail(why.kind, fmt::format("{}, {} times", why.message, failed_), true);
  if (asked_for && *asked_for > how_.longest)
    return fail(why.kind,
                fmt::format("{}, and it is to be asked again after {}, which is more than retry.longest, {}",
                            why.message, format_duration(*asked_for), format_duration(how_.longest)),
                true);
  auto wait = std::min(how_.backoff, how_.longest);
  for (std::int64_t i = 1; i < failed_ && wait < how_.longest; ++i)
    wait = std::min(wait * 2, how_.longest);
  wait = milliseconds{static_cast<std::int64_t>(static_cast<double>(wait.count()) * (0.5 + draw() / 2))};
  return std::max(wait, asked_for.value_or(milliseconds{0}));
}

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): enough to spread waits.
double retry_waits::draw() {
  auto z = random_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  z ^= z >> 31U;
  return static_cast<double>(z >> 11U) * 0x1.0p-53;
}

} // namespace throng::sources
