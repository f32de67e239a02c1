#include "analytics/text_ids.hpp"

#include <cstring>

#include <xxhash.h>

namespace throng::analytics {

text_ids::short_text::short_text(std::string_view text) {
  auto* bytes = reinterpret_cast<char*>(words.data());
  std::memcpy(bytes, text.data(), text.size());
  bytes[sizeof words - 1] = static_cast<char>(text.size());
}

std::size_t text_ids::hash::operator()(const short_text& text) const noexcept {
  return XXH3_64bits(text.words.data(), sizeof text.words);
}

std::size_t text_ids::hash::operator()(std::string_view text) const noexcept {
  return XXH3_64bits(text.data(), text.size());
}

std::optional<text_ids::id> text_ids::find(std::string_view text) const {
  const auto in = [](const auto& numbers, const auto& key) {
    const auto found = numbers.find(key);
    return found == numbers.end() ? std::nullopt : std::optional{found->second};
  };
  return is_short(text) ? in(short_numbers_, short_text{text}) : in(long_numbers_, text);
}

text_ids::id text_ids::intern(std::string_view text) {
  if (!is_short(text)) {
    if (const auto found = long_numbers_.find(text); found != long_numbers_.end())
      return found->second;
    const auto which = next(text);
    long_numbers_.emplace(entries_[which].text, which);
    return which;
  }
  const auto [found, is_new] = short_numbers_.try_emplace(short_text{text});
  if (is_new)
    found->second = next(text);
  return found->second;
}

/// A number that nobody has, for a text that has none.
text_ids::id text_ids::next(std::string_view text) {
  id which = 0;
  if (free_.empty()) {
    which = static_cast<id>(entries_.size());
    entries_.emplace_back();
  } else {
    which = free_.back();
    free_.pop_back();
  }
  entries_[which].text.assign(text);
  return which;
}

void text_ids::release_if_unheld(id which) {
  auto& held = entries_[which];
  if (held.holders > 0)
    return;
  if (is_short(held.text))
    short_numbers_.erase(short_text{held.text});
  else
    long_numbers_.erase(held.text);
  held.text.clear();
  free_.push_back(which);
}

} // namespace throng::analytics
