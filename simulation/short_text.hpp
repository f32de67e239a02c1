// Text of up to 120 bytes that is put together on the stack: paths, addresses, transaction ids.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace throng::simulation {

class short_text {
public:
  static constexpr std::size_t max_size = 120;

  short_text() noexcept = default;
  explicit short_text(std::string_view text) noexcept {
    append(text);
  }

  /// What does not fit is cut.
  short_text& append(std::string_view text) noexcept {
    const auto count = std::min(text.size(), max_size - size_);
    std::memcpy(bytes_.data() + size_, text.data(), count);
    size_ += count;
    return *this;
  }
  /// In at least `width` digits.
  short_text& append(std::uint64_t number, std::size_t width = 1) noexcept {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    for (auto i = count; i < width; ++i)
      append("0");
    return append({digits.data(), count});
  }

  std::string_view view() const noexcept {
    return {bytes_.data(), size_};
  }

private:
  std::array<char, max_size> bytes_{};
  std::size_t size_ = 0;
};

} // namespace throng::simulation
