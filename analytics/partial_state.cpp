#include "analytics/partial_state.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace throng::analytics {

namespace {
constexpr std::uint8_t version = 1;
}

std::string partial_state_header(const aggregated_fields& fields) {
  std::string bytes;
  byte_writer out{bytes};
  out.u8(version);
  out.varint(fields.size());
  for (const auto& [field, wanted] : fields) {
    out.text(field);
    out.varint(wanted.size());
    for (const auto& aggregate : wanted) {
      out.u8(static_cast<std::uint8_t>(aggregate.kind));
      out.real(aggregate.percentile);
      out.text(aggregate.name);
    }
  }
  return bytes;
}

aggregated_fields read_partial_state_header(byte_reader& in) {
  if (in.u8() != version)
    throw corrupt_state{"a partial's state of another version"};
  aggregated_fields fields(in.count());
  for (auto& [field, wanted] : fields) {
    field = in.text();
    wanted.resize(in.count());
    for (auto& aggregate : wanted) {
      auto kind = in.u8();
      if (kind > static_cast<std::uint8_t>(config::aggregate_kind::top_10))
        throw corrupt_state{"an aggregate that does not exist"};
      aggregate.kind = static_cast<config::aggregate_kind>(kind);
      aggregate.percentile = in.real();
      if (!(aggregate.percentile >= 0 && aggregate.percentile <= 100))
        throw corrupt_state{"a percentile out of range"};
      aggregate.name = in.text();
    }
  }
  return fields;
}

bool same_aggregates(const aggregated_fields& a, const aggregated_fields& b) {
  auto same = [](const config::aggregate& x, const config::aggregate& y) {
    return x.kind == y.kind &&
           std::bit_cast<std::uint64_t>(x.percentile) == std::bit_cast<std::uint64_t>(y.percentile) && x.name == y.name;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first && std::equal(x.second.begin(), x.second.end(), y.second.begin(), y.second.end(), same);
  });
}

} // namespace throng::analytics
