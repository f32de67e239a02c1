// Small numbers for texts (entities, groups, distinct values), so that state is found by index. A number is given back when nothing
// holds its text any more, and used again: what reaches output is always the text, never the number or an order of numbers.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace throng::analytics {

class text_ids {
public:
  using id = std::uint32_t;

  /// The text's number, given to it now if it has none. The caller holds it, or calls release_if_unheld() when done.
  id intern(std::string_view text);

  /// The text's number, if it has one.
  std::optional<id> find(std::string_view text) const;

  void hold(id which) {
    ++entries_[which].holders;
  }
  void release(id which) {
    assert(entries_[which].holders > 0);
    --entries_[which].holders;
    release_if_unheld(which);
  }
  /// Frees the number if nothing holds it.
  void release_if_unheld(id which);

  const std::string& text(id which) const {
    return entries_[which].text;
  }
  /// One past the greatest number in use: what vectors indexed by number need as their size.
  std::size_t bound() const {
    return entries_.size();
  }
  /// How many texts have a number.
  std::size_t size() const {
    return short_numbers_.size() + long_numbers_.size();
  }

private:
  struct entry {
    std::string text;
    std::uint64_t holders = 0;
  };
  /// A text of at most 23 bytes, as names of entities are, zeros behind it, and its length: it is compared where the map keeps it, and not
  /// fetched from its entry, which is one miss of the cache less.
  struct short_text {
    std::array<std::uint64_t, 3> words{};
    explicit short_text(std::string_view text);
    bool operator==(const short_text&) const = default;
  };
  struct hash {
    using is_avalanching = void;
    std::size_t operator()(const short_text& text) const noexcept;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  static bool is_short(std::string_view text) {
    return text.size() < sizeof(short_text);
  }
  id next(std::string_view text);

  std::deque<entry> entries_; // deque: the keys of long_numbers_ point into it
  std::vector<id> free_;
  boost::unordered_flat_map<short_text, id, hash> short_numbers_;
  boost::unordered_flat_map<std::string_view, id, hash> long_numbers_;
};

} // namespace throng::analytics
