#include "analytics/sketch/space_saving.hpp"

#include <algorithm>

#include <xxhash.h>

namespace throng::analytics {

namespace {

/// Reported first: the greater count, then the lesser text.
bool before(const space_saving::entry& a, const space_saving::entry& b) {
  return a.count != b.count ? a.count > b.count : a.text < b.text;
}

} // namespace

std::uint64_t text_hash(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

std::size_t space_saving::find(std::string_view text, std::uint64_t hash) const {
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    if (hashes_[i] == hash && entries_[i].text == text)
      return i;
  }
  return entries_.size();
}

std::size_t space_saving::least() const {
  std::size_t result = 0;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    if (before(entries_[result], entries_[i]))
      result = i;
  }
  return result;
}

std::uint64_t space_saving::least_count() const {
  return entries_.size() < capacity ? 0 : entries_[least()].count;
}

void space_saving::add(std::string_view text, std::uint64_t hash) {
  auto at = find(text, hash);
  if (at < entries_.size()) {
    ++entries_[at].count;
    // Towards the front with what is frequent: the walk for it gets shorter.
    if (at > 0 && entries_[at - 1].count < entries_[at].count) {
      std::swap(entries_[at - 1], entries_[at]);
      std::swap(hashes_[at - 1], hashes_[at]);
    }
    return;
  }
  if (entries_.size() < capacity) {
    entries_.push_back({std::string{text}, 1, 0});
    hashes_.push_back(hash);
    return;
  }
  at = least();
  auto& taken = entries_[at];
  taken.error = taken.count;
  ++taken.count;
  taken.text.assign(text);
  hashes_[at] = hash;
}

void space_saving::merge(const space_saving& other) {
  // What one side does not hold, it may have seen as often as its least.
  auto ours = least_count();
  auto theirs = other.least_count();
  auto mine = entries_.size();
  std::vector<bool> both(mine, false);
  for (std::size_t i = 0; i < other.entries_.size(); ++i) {
    const auto& theirs_entry = other.entries_[i];
    auto at = find(theirs_entry.text, other.hashes_[i]);
    if (at < mine) {
      entries_[at].count += theirs_entry.count;
      entries_[at].error += theirs_entry.error;
      both[at] = true;
    } else {
      entries_.push_back({theirs_entry.text, theirs_entry.count + ours, theirs_entry.error + ours});
      hashes_.push_back(other.hashes_[i]);
    }
  }
  for (std::size_t i = 0; i < mine; ++i) {
    if (!both[i]) {
      entries_[i].count += theirs;
      entries_[i].error += theirs;
    }
  }
  std::sort(entries_.begin(), entries_.end(), before);
  entries_.resize(std::min(entries_.size(), capacity));
  hashes_.clear();
  for (const auto& x : entries_)
    hashes_.push_back(text_hash(x.text));
}

std::vector<space_saving::entry> space_saving::top(std::size_t most) const {
  auto result = entries_;
  std::sort(result.begin(), result.end(), before);
  result.resize(std::min(result.size(), most));
  return result;
}

void space_saving::save(byte_writer& out) const {
  auto sorted = top(capacity);
  out.varint(sorted.size());
  for (const auto& x : sorted) {
    out.text(x.text);
    out.varint(x.count);
    out.varint(x.error);
  }
}

space_saving space_saving::load(byte_reader& in) {
  space_saving result;
  auto size = in.count();
  if (size > capacity)
    throw corrupt_state{"too many frequent values"};
  for (std::size_t i = 0; i < size; ++i) {
    entry x;
    x.text = in.text();
    x.count = in.varint();
    x.error = in.varint();
    if (x.count == 0 || x.count > UINT64_MAX / 4 || x.error >= x.count)
      throw corrupt_state{"a frequent value with impossible counts"};
    if (i > 0 && !before(result.entries_.back(), x))
      throw corrupt_state{"frequent values out of order"};
    result.hashes_.push_back(text_hash(x.text));
    result.entries_.push_back(std::move(x));
  }
  return result;
}

} // namespace throng::analytics
