#include "analytics/joined_fields.hpp"

#include <limits>

#include "analytics/codec.hpp"
#include "analytics/json_scanner.hpp"

namespace throng::analytics {

namespace {

/// Key and time are read by then: what is left is an object.
config::pipeline plain() {
  config::pipeline made;
  made.max_message = std::numeric_limits<std::size_t>::max() / 2;
  return made;
}

void append_member(std::string& out, std::string_view name, const value& x) {
  if (!out.empty())
    out += ',';
  append_json_string(out, name);
  out += ':';
  append_json(out, x);
}

} // namespace

joined_fields::joined_fields(const config::join& definition)
    : definition_(definition)
    , decoder_(plain(), fields_) {
  for (const auto& name : definition_.add) {
    slots_.push_back(fields_.message_field(name));
    append_member(none_, name, value::null());
  }
}

std::string_view joined_fields::of(std::string_view event) {
  if (decoder_.decode(event, {0, 0}, event_))
    throw corrupt_state{"a re-keyed event that is no object"};
  text_.clear();
  for (std::size_t i = 0; i < slots_.size(); ++i)
    append_member(text_, definition_.add[i], event_.slots[slots_[i]]);
  return text_;
}

} // namespace throng::analytics
