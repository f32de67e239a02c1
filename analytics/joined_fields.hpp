// The fields that an event of a join's second topic gives to one of the first, as members of JSON. Leaves to rekeyed_reader which events meet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analytics/decoder.hpp"
#include "analytics/event.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

class joined_fields {
public:
  explicit joined_fields(const config::join& definition);
  joined_fields(const joined_fields&) = delete;
  joined_fields& operator=(const joined_fields&) = delete;

  /// `"a":1,"b":null`: each of `add`, null where the event has none. Valid until the next call. @param event JSON text of an object
  std::string_view of(std::string_view event);
  /// The same where there is no event.
  const std::string& none() const {
    return none_;
  }

private:
  const config::join& definition_;
  field_table fields_;
  std::vector<slot> slots_;
  decoder decoder_;
  event event_; // reused, as the text
  std::string text_;
  std::string none_;
};

} // namespace throng::analytics
