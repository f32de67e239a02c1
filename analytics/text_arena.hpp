// Room for text that lives as long as one event: unescaped and computed text that values point to. Addresses stay until
// clear(), which keeps the memory for the next event.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace throng::analytics {

class text_arena {
public:
  /// Room for `size` characters, not initialised.
  char* take(std::size_t size);
  /// A copy that stays until clear().
  std::string_view keep(std::string_view text);
  /// Forgets all text. Memory stays, unless one event took far more than is usual.
  void clear();

private:
  struct block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<block> blocks_;
  std::size_t current_ = 0; ///< the block that is being filled
  std::size_t used_ = 0;    ///< of that block
};

} // namespace throng::analytics
