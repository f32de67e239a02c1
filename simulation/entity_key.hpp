// The text that a Kafka key is: an entity's id or a person's, short and held in place.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace throng::simulation {

/// At most 23 bytes.
class entity_key {
public:
  static constexpr std::size_t max_size = 23;

  entity_key() noexcept = default;
  /// Longer text is cut.
  explicit entity_key(std::string_view text) noexcept
      : size_(static_cast<std::uint8_t>(std::min(text.size(), max_size))) {
    std::memcpy(bytes_.data(), text.data(), size_);
  }
  /// `prefix` and the number in at least `width` digits: `sensor-000042`. @pre all of it fits
  entity_key(std::string_view prefix, std::uint64_t number, std::size_t width) noexcept
      : entity_key(prefix) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    for (auto i = count; i < width && size_ < max_size; ++i)
      bytes_[size_++] = '0';
    for (std::size_t i = 0; i < count && size_ < max_size; ++i)
      bytes_[size_++] = digits[i];
  }

  std::string_view view() const noexcept {
    return {bytes_.data(), size_};
  }
  friend bool operator==(const entity_key& a, const entity_key& b) noexcept {
    return a.view() == b.view();
  }

private:
  std::array<char, max_size> bytes_{};
  std::uint8_t size_ = 0;
};

} // namespace throng::simulation
