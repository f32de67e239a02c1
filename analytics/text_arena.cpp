#include "analytics/text_arena.hpp"

#include <algorithm>
#include <cstring>

namespace throng::analytics {

namespace {

constexpr std::size_t least_block = 4096;
/// What clear() keeps at most: one message of 10 MB must not cost each partition 10 MB for ever.
constexpr std::size_t kept_bytes = 1U << 20U;

} // namespace

char* text_arena::take(std::size_t size) {
  while (current_ < blocks_.size() && blocks_[current_].size - used_ < size) {
    ++current_;
    used_ = 0;
  }
  if (current_ == blocks_.size()) {
    auto bytes = std::max(size, least_block);
    // make_unique would zero the bytes.
    blocks_.push_back({std::unique_ptr<char[]>(new char[bytes]), bytes});
    used_ = 0;
  }
  auto* result = blocks_[current_].bytes.get() + used_;
  used_ += size;
  return result;
}

std::string_view text_arena::keep(std::string_view text) {
  auto* copy = take(text.size());
  if (!text.empty())
    std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void text_arena::clear() {
  current_ = 0;
  used_ = 0;
  std::size_t total = 0;
  std::erase_if(blocks_, [&total](const block& x) {
    total += x.size;
    return total > kept_bytes;
  });
}

} // namespace throng::analytics
