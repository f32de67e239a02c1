#include "transport/byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace throng::transport {

namespace {

/// Packed bytes are read so many at once.
constexpr std::size_t packed_chunk = 128U << 10U;

/// read(2) and not a mapping: a file that shrinks while it is read is an end or an error, not a signal; the price is some 13 ns a line.
class plain_source final : public byte_source {
public:
  plain_source(int fd, std::string path, std::uint64_t most)
      : fd_{fd}
      , path_{std::move(path)}
      , left_{most} {}
  ~plain_source() override {
    ::close(fd_);
  }
  plain_source(const plain_source&) = delete;
  plain_source& operator=(const plain_source&) = delete;

  expected<std::size_t> read(std::span<char> into) override {
    for (;;) {
      const auto got = ::read(fd_, into.data(), std::min<std::uint64_t>(into.size(), left_));
      if (got >= 0) {
        left_ -= static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR)
        return fail(error_kind::unavailable, fmt::format("{}: {}", path_, std::strerror(errno)));
    }
  }

  expected<void> skip(std::uint64_t bytes) override {
    if (::lseek(fd_, static_cast<off_t>(bytes), SEEK_CUR) >= 0) {
      left_ -= std::min(left_, bytes);
      return {};
    }
    return byte_source::skip(bytes); // a pipe
  }

  const std::string& path() const {
    return path_;
  }

private:
  int fd_;
  std::string path_;
  std::uint64_t left_; ///< to be read
};

class gzip_source final : public byte_source {
public:
  explicit gzip_source(std::unique_ptr<plain_source> packed)
      : packed_{std::move(packed)}
      , chunk_(packed_chunk) {
    constexpr int gzip_format = 16;
    inflateInit2(&stream_, MAX_WBITS + gzip_format);
  }
  ~gzip_source() override {
    inflateEnd(&stream_);
  }
  gzip_source(const gzip_source&) = delete;
  gzip_source& operator=(const gzip_source&) = delete;

  expected<std::size_t> read(std::span<char> into) override {
    into = into.first(std::min<std::size_t>(into.size(), 1U << 30U));
    stream_.next_out = reinterpret_cast<Bytef*>(into.data()); // NOLINT: zlib's own type for bytes
    stream_.avail_out = static_cast<uInt>(into.size());
    while (stream_.avail_out == into.size()) {
      if (stream_.avail_in == 0) {
        auto got = packed_->read(chunk_);
        if (!got)
          return got;
        if (*got == 0) {
          if (within_member_)
            return fail(error_kind::corrupt, fmt::format("{}: the gzip data ends early", packed_->path()));
          return 0;
        }
        stream_.next_in = reinterpret_cast<Bytef*>(chunk_.data()); // NOLINT
        stream_.avail_in = static_cast<uInt>(*got);
      }
      within_member_ = true;
      const auto code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) { // files put together by cat have several members
        inflateReset(&stream_);
        within_member_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return fail(error_kind::corrupt, fmt::format("{}: this is not gzip data, or it is damaged", packed_->path()));
      }
    }
    return into.size() - stream_.avail_out;
  }

private:
  std::unique_ptr<plain_source> packed_;
  std::vector<char> chunk_;
  z_stream stream_{};
  bool within_member_ = false;
};

class zstd_source final : public byte_source {
public:
  explicit zstd_source(std::unique_ptr<plain_source> packed)
      : packed_{std::move(packed)}
      , chunk_(packed_chunk)
      , stream_{ZSTD_createDStream()} {}
  ~zstd_source() override {
    ZSTD_freeDStream(stream_);
  }
  zstd_source(const zstd_source&) = delete;
  zstd_source& operator=(const zstd_source&) = delete;

  expected<std::size_t> read(std::span<char> into) override {
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !holds_more_) {
        auto got = packed_->read(chunk_);
        if (!got)
          return got;
        if (*got == 0) {
          if (within_frame_)
            return fail(error_kind::corrupt, fmt::format("{}: the zstd data ends early", packed_->path()));
          return 0;
        }
        in_ = {chunk_.data(), *got, 0};
      }
      const auto left = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(left) != 0)
        return fail(error_kind::corrupt, fmt::format("{}: this is not zstd data, or it is damaged", packed_->path()));
      within_frame_ = left != 0;
      holds_more_ = left != 0 && out.pos == out.size; // what it has unpacked but had no room for
    }
    return out.pos;
  }

private:
  std::unique_ptr<plain_source> packed_;
  std::vector<char> chunk_;
  ZSTD_DStream* stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool within_frame_ = false;
  bool holds_more_ = false;
};

} // namespace

expected<void> byte_source::skip(std::uint64_t bytes) {
  std::vector<char> unused(std::min<std::uint64_t>(bytes, 1U << 20U));
  while (bytes > 0) {
    const auto got = read(std::span{unused}.first(std::min<std::uint64_t>(bytes, unused.size())));
    if (!got)
      return tl::unexpected(got.error());
    if (*got == 0)
      return {};
    bytes -= *got;
  }
  return {};
}

expected<std::unique_ptr<byte_source>> open_byte_source(const std::string& path, std::uint64_t most) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const auto kind = errno == ENOENT                     ? error_kind::not_found
                      : errno == EACCES || errno == EPERM ? error_kind::denied
                                                          : error_kind::unavailable;
    return fail(kind, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  auto plain = std::make_unique<plain_source>(fd, path, most);
  struct stat about {};
  if (::fstat(fd, &about) == 0 && S_ISDIR(about.st_mode))
    return fail(error_kind::invalid, fmt::format("{} is a folder, not a file of messages", path));
  if (path.ends_with(".gz"))
    return std::make_unique<gzip_source>(std::move(plain));
  if (path.ends_with(".zst"))
    return std::make_unique<zstd_source>(std::move(plain));
  return plain;
}

} // namespace throng::transport
