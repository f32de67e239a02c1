#include "config/source_map.hpp"

#include <utility>

namespace throng::config {

namespace {

/// Removes `path` and all that lies within it.
template <class Map>
void erase_within(Map& map, const std::string& path) {
  map.erase(path);
  for (const auto* separator : {".", "["}) {
    auto prefix = path + separator;
    auto at = map.lower_bound(prefix);
    while (at != map.end() && at->first.compare(0, prefix.size(), prefix) == 0)
      at = map.erase(at);
  }
}

} // namespace

problem source_map::at(const std::string& path, std::string sentence) const {
  problem result{file, 0, 0, path, std::move(sentence)};
  for (auto place = path;; place = parent_path(place)) {
    if (auto overlay = overlays.find(place); overlay != overlays.end()) {
      result.file = overlay->second;
      return result;
    }
    if (auto position = positions.find(place); position != positions.end()) {
      result.line = position->second.line;
      result.column = position->second.column;
      return result;
    }
    if (place.empty())
      return result;
  }
}

problem source_map::at_key(const std::string& path, std::string sentence) const {
  auto result = at(path, std::move(sentence));
  if (auto key = key_positions.find(path); key != key_positions.end()) {
    result.line = key->second.line;
    result.column = key->second.column;
  }
  return result;
}

void source_map::lay_over(const std::string& path, const std::string& overlay) {
  erase_within(positions, path);
  erase_within(key_positions, path);
  erase_within(overlays, path);
  overlays[path] = overlay;
}

std::string parent_path(const std::string& path) {
  auto end = path.find_last_of(".[");
  return end == std::string::npos ? std::string{} : path.substr(0, end);
}

std::string member_path(const std::string& parent, const std::string& key) {
  return parent.empty() ? key : parent + '.' + key;
}

std::string element_path(const std::string& parent, std::size_t index) {
  return parent + '[' + std::to_string(index) + ']';
}

} // namespace throng::config
