#include "transport/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace throng::transport {

namespace {

constexpr std::size_t chunk = 1U << 20U;

} // namespace

line_reader::line_reader(std::unique_ptr<byte_source> source, std::size_t longest)
    : source_{std::move(source)}
    , longest_{longest}
    , buffer_(chunk) {}

expected<line_reader> line_reader::at(std::unique_ptr<byte_source> source, std::size_t longest,
                                      std::uint64_t position) {
  line_reader made{std::move(source), longest};
  if (auto skipped = made.source_->skip(position); !skipped)
    return tl::unexpected(skipped.error());
  made.position_ = position;
  return made;
}

bool line_reader::has_line() const {
  return std::memchr(buffer_.data() + begin_, '\n', end_ - begin_) != nullptr;
}

/// Reads behind what is there, which it moves to the front or gives more room where needed. False at the end.
expected<bool> line_reader::read_more() {
  if (end_ == buffer_.size()) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      buffer_.resize(buffer_.size() * 2); // at most to twice the longest line
    }
  }
  const auto got = source_->read(std::span{buffer_}.subspan(end_));
  if (!got)
    return tl::unexpected(got.error());
  end_ += *got;
  return *got > 0;
}

expected<std::optional<std::string_view>> line_reader::next() {
  auto searched = begin_;
  for (;;) {
    const auto* found = static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', end_ - searched));
    if (found != nullptr) {
      const auto length = static_cast<std::size_t>(found - (buffer_.data() + begin_));
      const std::string_view line{buffer_.data() + begin_, std::min(length, longest_ + 1)};
      begin_ += length + 1;
      position_ += length + 1;
      return line;
    }
    if (end_ - begin_ > longest_)
      return rest_skipped();
    const auto length = end_ - begin_;
    const auto more = read_more();
    if (!more)
      return tl::unexpected(more.error());
    if (!*more) {
      if (length == 0)
        return std::nullopt;
      const std::string_view line{buffer_.data() + begin_, length};
      begin_ = end_;
      position_ += length;
      return line;
    }
    searched = begin_ + length;
  }
}

/// The first bytes of a line that is too long; the rest is read over.
expected<std::optional<std::string_view>> line_reader::rest_skipped() {
  const auto kept = longest_ + 1;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  position_ += end_;
  if (buffer_.size() < kept + chunk)
    buffer_.resize(kept + chunk);
  begin_ = end_ = kept; // what stood behind it holds no newline
  for (;;) {
    const auto got = source_->read(std::span{buffer_}.subspan(kept));
    if (!got)
      return tl::unexpected(got.error());
    const auto* start = buffer_.data() + kept;
    const auto* found = static_cast<const char*>(std::memchr(start, '\n', *got));
    if (found != nullptr || *got == 0) {
      const auto used = found != nullptr ? static_cast<std::size_t>(found - start) + 1 : 0;
      position_ += used;
      begin_ = kept + used;
      end_ = kept + *got;
      return std::string_view{buffer_.data(), kept};
    }
    position_ += *got;
  }
}

} // namespace throng::transport
