// What is asked for again, and when: replies and failures sorted into taken, later and never, and the waits in between. No clock: waits are values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "config/error.hpp"
#include "config/ingest.hpp"
#include "sources/http_message.hpp"

namespace throng::sources {

using http_answer = std::variant<http_reply, http_failure>;

/// Nothing if the reply is to be read; else why not. retryable: it may come right.
std::optional<error> trouble_of(const http_answer& answer);

/// Waits between tries of one page: doubled each time, times a random number from 0.5 to 1, so that many clients don't come back at once.
class retry_waits {
public:
  retry_waits(const config::ingest_retry& how, std::uint64_t seed)
      : how_(how)
      , random_(seed) {}

  /// A page was got: the next trouble is a first one.
  void settled() {
    failed_ = 0;
  }

  /// After another failure, how long to wait; an error if enough was tried, or the server wants more patience than is allowed.
  expected<milliseconds> after(const error& why, std::optional<milliseconds> asked_for);

private:
  double draw();

  config::ingest_retry how_;
  std::uint64_t random_;
  std::int64_t failed_ = 0;
};

} // namespace throng::sources
