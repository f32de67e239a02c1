#include "analytics/results.hpp"

#include <cassert>

#include <xxhash.h>

namespace throng::analytics {

std::string_view name(collection which) {
  switch (which) {
  case collection::windows:
    return "windows";
  case collection::alerts:
    return "alerts";
  case collection::entities:
    return "entities";
  case collection::labels:
    return "labels";
  case collection::events:
    return "events";
  case collection::books:
    return "books";
  }
  assert(!"not a collection");
  return "";
}

const std::vector<std::string_view>& time_fields(collection of) {
  static const std::vector<std::string_view> spans{"start", "end"};
  static const std::vector<std::string_view> moments{"time"};
  static const std::vector<std::string_view> none;
  switch (of) {
  case collection::windows:
  case collection::labels:
    return spans;
  case collection::alerts:
  case collection::entities:
  case collection::events:
    return moments;
  case collection::books:
    return none;
  }
  return none;
}

boost::json::object shown_body(const document& of) {
  auto shown = of.body;
  for (auto field : time_fields(of.into))
    shown[field] = to_iso8601({shown[field].get_int64()});
  for (const auto* internal : {"topic", "partition", "group_key"})
    shown.stable_erase(internal);
  return shown;
}

std::string document_id(std::initializer_list<std::string_view> parts) {
  // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
  std::string joined;
  for (auto part : parts) {
    joined += std::to_string(part.size());
    joined += ':';
    joined += part;
  }
  auto hash = XXH3_128bits(joined.data(), joined.size());
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex(32, '0');
  for (int i = 0; i < 32; ++i) {
    auto half = i < 16 ? hash.high64 : hash.low64;
    hex[static_cast<std::size_t>(i)] = digits[half >> (60 - 4 * (i % 16)) & 15U];
  }
  return hex;
}

} // namespace throng::analytics
