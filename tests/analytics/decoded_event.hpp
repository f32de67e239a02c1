// An event from a JSON text, without key or time: what expressions are tested on.
#pragma once

#include <stdexcept>
#include <string>

#include "analytics/decoder.hpp"

namespace throng::test {

/// Holds the text that the event borrows from.
struct decoded_event {
  std::string message;
  analytics::event e;

  decoded_event(const analytics::field_table& fields, std::string json)
      : message(std::move(json)) {
    analytics::decoder decode{config::pipeline{}, fields};
    if (auto letter = decode.decode(message, {0, 0}, e))
      throw std::runtime_error{"not a message: " + message + ": " + letter->detail};
  }
  decoded_event(const decoded_event&) = delete;
};

} // namespace throng::test
