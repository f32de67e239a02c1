// Bytes that grow at the end and keep their room when cleared: std::string without writing zeros first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace throng::simulation {

class byte_buffer {
public:
  /// Room for `size` more bytes; they belong to the buffer once `grow_to` says where they end.
  char* claim(std::size_t size) {
    if (capacity_ - size_ < size)
      make_room(size);
    return bytes_.get() + size_;
  }
  /// @param end within what was claimed
  void grow_to(const char* end) noexcept {
    size_ = static_cast<std::size_t>(end - bytes_.get());
  }
  void append(std::string_view text) {
    auto* to = claim(text.size());
    std::memcpy(to, text.data(), text.size());
    size_ += text.size();
  }
  /// @pre size <= size()
  void cut(std::size_t size) noexcept {
    size_ = size;
  }
  void clear() noexcept {
    size_ = 0;
  }
  std::size_t size() const noexcept {
    return size_;
  }
  std::size_t capacity() const noexcept {
    return capacity_;
  }
  char* begin() noexcept {
    return bytes_.get();
  }
  std::string_view view(std::size_t at, std::size_t size) const noexcept {
    return {bytes_.get() + at, size};
  }

private:
  void make_room(std::size_t size) {
    const auto capacity = std::max(capacity_ * 2, size_ + size + 256);
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ != 0)
      std::memcpy(bigger.get(), bytes_.get(), size_);
    bytes_ = std::move(bigger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace throng::simulation
