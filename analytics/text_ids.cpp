#include "analytics/text_ids.hpp"

#include <xxhash.h>

namespace throng::analytics {

std::size_t text_ids::hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

std::optional<text_ids::id> text_ids::find(std::string_view text) const {
  auto found = numbers_.find(text);
  return found == numbers_.end() ? std::nullopt : std::optional{found->second};
}

text_ids::id text_ids::intern(std::string_view text) {
  if (auto found = numbers_.find(text); found != numbers_.end())
    return found->second;
  id which = 0;
  if (free_.empty()) {
    which = static_cast<id>(entries_.size());
    entries_.emplace_back();
  } else {
    which = free_.back();
    free_.pop_back();
  }
  entries_[which].text.assign(text);
  numbers_.emplace(entries_[which].text, which);
  return which;
}

void text_ids::release_if_unheld(id which) {
  if (entries_[which].holders > 0)
    return;
  numbers_.erase(entries_[which].text);
  entries_[which].text.clear();
  free_.push_back(which);
}

} // namespace throng::analytics
