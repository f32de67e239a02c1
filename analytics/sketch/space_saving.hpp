// The most frequent values of a stream, in bounded room. Leaves to others how a value becomes text.
//
// Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams" (ICDT 2005); merged as in
// Agarwal et al., "Mergeable summaries" (PODS 2012).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/codec.hpp"

namespace throng::analytics {

/// Counts at most `capacity` values. After n values each count is between the true count and that plus its error; an error is at
/// most n / capacity, and every value that stands for more than n / capacity of the n is among them. Exact while no more
/// than capacity different values were seen. Merging keeps these bounds, but not more: two halves merged may differ from the whole.
/// Ties are broken by the values' texts in what is reported and by their hashes in what gives way, so that equal streams give
/// equal results.
class space_saving {
public:
  static constexpr std::size_t capacity = 128;

  struct entry {
    std::string text;
    std::uint64_t count = 0;
    std::uint64_t error = 0; ///< how much of count may be others'
    friend bool operator==(const entry&, const entry&) = default;
  };

  /// @param hash of the text; equal texts have equal hashes
  void add(std::string_view text, std::uint64_t hash);
  void merge(const space_saving& other);
  /// By falling count, then rising text.
  std::vector<entry> top(std::size_t most) const;

  void save(byte_writer& out) const;
  /// Throws corrupt_state. The texts are as they stand in the bytes, unchecked.
  static space_saving load(byte_reader& in);

private:
  /// Hashes and counts stand apart from the rest: looking for one, or for the least, is a walk through 1 or 2 KiB.
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint64_t> errors_;
  std::vector<std::string> texts_;

  std::size_t find(std::string_view text, std::uint64_t hash) const;
  std::size_t least() const;
  std::uint64_t least_count() const; ///< 0 while there is room
  void append(const entry& x, std::uint64_t hash);
};

/// What add() wants of a text: XXH3's 64 bits.
std::uint64_t text_hash(std::string_view text);

} // namespace throng::analytics
