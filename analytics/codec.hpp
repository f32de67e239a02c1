// Bytes of checkpoints and of mergeable state: little-endian, doubles by their bits, every read checked.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace throng::analytics {

/// Thrown by byte_reader where the bytes end too soon or hold what no writer writes. Caught where a checkpoint or a
/// stored state is read, and turned into error_kind::corrupt.
class corrupt_state : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class byte_writer {
public:
  explicit byte_writer(std::string& out)
      : out_(out) {}
  void u8(std::uint8_t x) {
    out_.push_back(static_cast<char>(x));
  }
  void u64(std::uint64_t x) {
    char bytes[8];
    for (int i = 0; i < 8; ++i)
      bytes[i] = static_cast<char>(x >> (8 * i));
    out_.append(bytes, 8);
  }
  void i64(std::int64_t x) {
    u64(static_cast<std::uint64_t>(x));
  }
  /// LEB128.
  void varint(std::uint64_t x) {
    for (; x >= 0x80; x >>= 7U)
      u8(static_cast<std::uint8_t>(x | 0x80U));
    u8(static_cast<std::uint8_t>(x));
  }
  void real(double x) {
    u64(std::bit_cast<std::uint64_t>(x));
  }
  void real32(float x) {
    auto bits = std::bit_cast<std::uint32_t>(x);
    for (int i = 0; i < 4; ++i)
      u8(static_cast<std::uint8_t>(bits >> (8 * i)));
  }
  /// As they are, without their number.
  void bytes(const std::uint8_t* first, std::size_t count) {
    out_.append(first, first + count);
  }
  void text(std::string_view x) {
    varint(x.size());
    out_.append(x);
  }

private:
  std::string& out_;
};

class byte_reader {
public:
  explicit byte_reader(std::string_view in)
      : in_(in) {}
  bool at_end() const {
    return in_.empty();
  }
  /// What has not been read.
  std::string_view rest() const {
    return in_;
  }
  std::uint8_t u8() {
    need(1);
    auto x = static_cast<std::uint8_t>(in_[0]);
    in_.remove_prefix(1);
    return x;
  }
  std::uint64_t u64() {
    need(8);
    std::uint64_t x = 0;
    for (int i = 0; i < 8; ++i)
      x |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[static_cast<std::size_t>(i)])) << (8 * i);
    in_.remove_prefix(8);
    return x;
  }
  std::int64_t i64() {
    return static_cast<std::int64_t>(u64());
  }
  std::uint64_t varint() {
    std::uint64_t x = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      auto byte = u8();
      if (shift == 63 && byte > 1)
        break;
      x |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0)
        return x;
    }
    throw corrupt_state{"a number of more than 64 bits"};
  }
  double real() {
    return std::bit_cast<double>(u64());
  }
  float real32() {
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i)
      bits |= static_cast<std::uint32_t>(u8()) << (8 * i);
    return std::bit_cast<float>(bits);
  }
  std::string_view text() {
    auto size = varint();
    need(size);
    auto x = in_.substr(0, size);
    in_.remove_prefix(size);
    return x;
  }
  /// A count of things that take at least one byte each, so that a corrupt one can't ask for all memory.
  std::size_t count() {
    auto n = varint();
    need(n);
    return static_cast<std::size_t>(n);
  }

private:
  void need(std::uint64_t n) const {
    if (in_.size() < n)
      throw corrupt_state{"state ends too soon"};
  }
  std::string_view in_;
};

} // namespace throng::analytics
