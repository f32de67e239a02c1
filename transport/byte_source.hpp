// The bytes of a file from its beginning, unpacked on the way where its name ends in .gz or .zst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "config/error.hpp"

namespace throng::transport {

class byte_source {
public:
  virtual ~byte_source() = default;

  /// How many bytes it put into `into`; 0 at the end only.
  /// corrupt: packed bytes that are damaged or end early; unavailable: the file can't be read.
  virtual expected<std::size_t> read(std::span<char> into) = 0;

  /// Goes to a position, counted in unpacked bytes. Only ahead.
  virtual expected<void> skip(std::uint64_t bytes);
};

/// not_found, denied or invalid (a folder), naming the path.
/// @param most bytes of the file that are read, should it have grown since
expected<std::unique_ptr<byte_source>> open_byte_source(const std::string& path, std::uint64_t most = UINT64_MAX);

} // namespace throng::transport
