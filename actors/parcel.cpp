#include "actors/parcel.hpp"

#include <algorithm>
#include <utility>

namespace throng::actors {

std::optional<parcel_part> parcel_outbox::next() {
  if (waiting_.empty() || under_way_ == most_parts_under_way)
    return std::nullopt;
  auto& first = waiting_.front();
  parcel_part part;
  part.content = static_cast<std::uint8_t>(first.content);
  const auto size = std::min(most_part_bytes, first.bytes.size() - sent_);
  part.last = sent_ + size == first.bytes.size();
  part.bytes = first.bytes.substr(sent_, size);
  sent_ += size;
  ++under_way_;
  if (part.last) {
    waiting_.pop_front();
    sent_ = 0;
  }
  return part;
}

expected<std::optional<parcel>> parcel_inbox::take(const parcel_part& part) {
  if (part.content > static_cast<std::uint8_t>(parcel_content::refused) || part.bytes.size() > most_part_bytes)
    return fail(error_kind::corrupt, "a message came that is none of a world's");
  const auto content = static_cast<parcel_content>(part.content);
  if (!open_)
    open_ = parcel{content, {}};
  if (open_->content != content)
    return fail(error_kind::corrupt, "parts of two messages came in one another");
  if (open_->bytes.size() + part.bytes.size() > most_parcel_bytes)
    return fail(error_kind::exhausted, "a message came that is longer than 1 GiB: more --shards make them shorter");
  open_->bytes += part.bytes;
  return part.last ? std::exchange(open_, std::nullopt) : std::nullopt;
}

} // namespace throng::actors
