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
    if (hashes_[i] == hash && texts_[i] == text)
      return i;
  }
  return hashes_.size();
}

std::size_t space_saving::least() const {
  std::size_t result = 0;
  for (std::size_t i = 1; i < counts_.size(); ++i) {
    if (counts_[i] < counts_[result] || (counts_[i] == counts_[result] && hashes_[i] > hashes_[result]))
      result = i;
  }
  return result;
}

std::uint64_t space_saving::least_count() const {
  return counts_.size() < capacity ? 0 : counts_[least()];
}

void space_saving::append(const entry& x, std::uint64_t hash) {
  hashes_.push_back(hash);
  counts_.push_back(x.count);
  errors_.push_back(x.error);
  texts_.push_back(x.text);
}

void space_saving::add(std::string_view text, std::uint64_t hash) {
  auto at = find(text, hash);
  if (at < counts_.size()) {
    ++counts_[at];
    // Towards the front with what is frequent: the walk for it gets shorter.
    if (at > 0 && counts_[at - 1] < counts_[at]) {
      std::swap(hashes_[at - 1], hashes_[at]);
      std::swap(counts_[at - 1], counts_[at]);
      std::swap(errors_[at - 1], errors_[at]);
      std::swap(texts_[at - 1], texts_[at]);
    }
    return;
  }
  if (counts_.size() < capacity) {
    append({std::string{text}, 1, 0}, hash);
    return;
  }
  at = least();
  errors_[at] = counts_[at];
  ++counts_[at];
  texts_[at].assign(text);
  hashes_[at] = hash;
}

void space_saving::merge(const space_saving& other) {
  // What one side does not hold, it may have seen as often as its least.
  auto ours = least_count();
  auto theirs = other.least_count();
  auto mine = top(capacity);
  auto all = other.top(capacity);
  for (auto& x : all) {
    auto at = find(x.text, text_hash(x.text));
    x.count += at < counts_.size() ? counts_[at] : ours;
    x.error += at < counts_.size() ? errors_[at] : ours;
  }
  for (auto& x : mine) {
    if (other.find(x.text, text_hash(x.text)) < other.counts_.size())
      continue;
    x.count += theirs;
    x.error += theirs;
    all.push_back(std::move(x));
  }
  std::sort(all.begin(), all.end(), before);
  all.resize(std::min(all.size(), capacity));
  *this = {};
  for (const auto& x : all)
    append(x, text_hash(x.text));
}

std::vector<space_saving::entry> space_saving::top(std::size_t most) const {
  std::vector<entry> result;
  result.reserve(counts_.size());
  for (std::size_t i = 0; i < counts_.size(); ++i)
    result.push_back({texts_[i], counts_[i], errors_[i]});
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
  entry last;
  for (std::size_t i = 0; i < size; ++i) {
    entry x;
    x.text = in.text();
    x.count = in.varint();
    x.error = in.varint();
    if (x.count == 0 || x.count > UINT64_MAX / 4 || x.error >= x.count)
      throw corrupt_state{"a frequent value with impossible counts"};
    if (i > 0 && !before(last, x))
      throw corrupt_state{"frequent values out of order"};
    result.append(x, text_hash(x.text));
    last = std::move(x);
  }
  return result;
}

} // namespace throng::analytics
