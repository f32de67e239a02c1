#include "analytics/event.hpp"

#include <algorithm>

namespace throng::analytics {

namespace {

constexpr auto none = static_cast<slot>(-1);

template <class Entries>
slot find(const Entries& entries, std::string_view name, bool computed) {
  auto at = std::find_if(entries.begin(), entries.end(),
                         [&](const auto& x) { return x.computed == computed && x.path == name; });
  return at == entries.end() ? none : static_cast<slot>(at - entries.begin());
}

} // namespace

slot field_table::message_field(std::string_view path) {
  if (auto known = find(entries_, path, false); known != none)
    return known;
  entries_.push_back({std::string{path}, false});
  return static_cast<slot>(entries_.size() - 1);
}

slot field_table::computed_field(std::string_view name) {
  if (auto known = find(entries_, name, true); known != none)
    return known;
  entries_.push_back({std::string{name}, true});
  return static_cast<slot>(entries_.size() - 1);
}

slot field_table::lookup(std::string_view name) {
  if (auto known = find(entries_, name, true); known != none)
    return known;
  return message_field(name);
}

bool field_table::computed(slot of) const {
  return entries_.at(of).computed;
}

const std::string& field_table::path(slot of) const {
  return entries_.at(of).path;
}

} // namespace throng::analytics
