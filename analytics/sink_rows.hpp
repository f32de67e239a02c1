// Messages on their way into one file of a sink: taken together in a partition's order, of one hour of event time. A plain value; what a
// file looks like, and where it goes, is sinks/' affair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace throng::analytics {

/// As it came, but for its place in `sink_rows::bytes`.
struct sink_row {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1; ///< Kafka's; -1: none
  std::optional<std::string_view> key;
  std::optional<std::string_view> value; ///< none: a tombstone
};

class sink_rows {
public:
  std::string sink;  ///< whose: the owner of its checkpoints
  std::string topic; ///< the source, whose partition and offsets they are of
  std::string name;  ///< what they are called in their place: config::rows_name
  std::int32_t partition = 0;
  std::optional<std::int64_t> hour; ///< since 1970, of event time; none: it is known of none of them
  std::uint64_t generation = 0;     ///< of the claim under which they were taken in

  void add(const sink_row& row) {
    auto& place = places_.emplace_back();
    place.offset = row.offset;
    place.timestamp_ms = row.timestamp_ms;
    place.begin = bytes_.size();
    place.key = row.key ? static_cast<std::int64_t>(row.key->size()) : -1;
    place.value = row.value ? static_cast<std::int64_t>(row.value->size()) : -1;
    bytes_ += row.key.value_or(std::string_view{});
    bytes_ += row.value.value_or(std::string_view{});
  }
  /// Borrows from this.
  sink_row operator[](std::size_t index) const {
    const auto& at = places_[index];
    sink_row made{at.offset, at.timestamp_ms, {}, {}};
    const std::string_view all{bytes_};
    if (at.key >= 0)
      made.key = all.substr(at.begin, static_cast<std::size_t>(at.key));
    if (at.value >= 0)
      made.value =
          all.substr(at.begin + made.key.value_or(std::string_view{}).size(), static_cast<std::size_t>(at.value));
    return made;
  }
  std::size_t size() const {
    return places_.size();
  }
  bool empty() const {
    return places_.empty();
  }
  /// About the memory that they hold.
  std::size_t bytes() const {
    return bytes_.size() + places_.size() * sizeof(place);
  }
  std::int64_t first_offset() const {
    return places_.front().offset;
  }
  std::int64_t last_offset() const {
    return places_.back().offset;
  }

private:
  struct place {
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = -1;
    std::size_t begin = 0;
    std::int64_t key = -1; ///< bytes; -1: none
    std::int64_t value = -1;
  };
  std::vector<place> places_;
  std::string bytes_;
};

} // namespace throng::analytics
