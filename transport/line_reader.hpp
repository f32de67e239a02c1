// The lines of a byte source in bounded memory, however long a line is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "config/error.hpp"
#include "transport/byte_source.hpp"

namespace throng::transport {

class line_reader {
public:
  /// @param longest bytes of a line that are given whole; of a longer one come the first longest + 1 bytes
  /// @param position of the first line to read, from an earlier position()
  line_reader(std::unique_ptr<byte_source> source, std::size_t longest);
  static expected<line_reader> at(std::unique_ptr<byte_source> source, std::size_t longest, std::uint64_t position);

  /// The next line without its newline, valid until the next call; none at the end. A last line needs no newline.
  expected<std::optional<std::string_view>> next();

  /// Whether the next line has been read whole, so that next() has nothing to wait for.
  bool has_line() const;

  /// Where the next line begins, in unpacked bytes.
  std::uint64_t position() const {
    return position_;
  }

private:
  expected<bool> read_more();
  expected<std::optional<std::string_view>> rest_skipped();

  std::unique_ptr<byte_source> source_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0; ///< of the next line
  std::size_t end_ = 0;   ///< of what has been read
  std::uint64_t position_ = 0;
};

} // namespace throng::transport
