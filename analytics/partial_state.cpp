#include "analytics/partial_state.hpp"

#include <algorithm>
#include <cmath>

#include "analytics/json_scanner.hpp"

namespace throng::analytics {

namespace {

using config::aggregate_kind;

/// 1 had a percentile of every aggregate, and no histogram, ewma, rate or delta. It is read on.
constexpr std::uint8_t version = 2;

void save(byte_writer& out, const config::aggregate& x) {
  out.u8(static_cast<std::uint8_t>(x.kind));
  out.text(x.name);
  if (x.kind == aggregate_kind::percentile) {
    out.real(x.percentile);
  } else if (x.kind == aggregate_kind::histogram) {
    out.varint(x.bounds.size());
    for (auto bound : x.bounds)
      out.real(bound);
  } else if (x.kind == aggregate_kind::ewma) {
    out.varint(static_cast<std::uint64_t>(x.half_life.count()));
  }
}

aggregate_kind load_kind(byte_reader& in, aggregate_kind last) {
  auto kind = in.u8();
  if (kind > static_cast<std::uint8_t>(last))
    throw corrupt_state{"an aggregate that does not exist"};
  return static_cast<aggregate_kind>(kind);
}

config::aggregate load_first_version(byte_reader& in) {
  config::aggregate x;
  x.kind = load_kind(in, aggregate_kind::top_10);
  x.percentile = in.real();
  x.name = in.text();
  if (!(x.percentile >= 0 && x.percentile <= 100))
    throw corrupt_state{"a percentile out of range"};
  return x;
}

config::aggregate load(byte_reader& in) {
  config::aggregate x;
  x.kind = load_kind(in, aggregate_kind::delta);
  x.name = in.text();
  if (x.kind == aggregate_kind::percentile) {
    x.percentile = in.real();
    if (!(x.percentile > 0 && x.percentile <= 100))
      throw corrupt_state{"a percentile out of range"};
  } else if (x.kind == aggregate_kind::histogram) {
    x.bounds.resize(in.count());
    for (auto& bound : x.bounds)
      bound = in.real();
    auto out_of_order = [](double a, double b) { return !(a < b); };
    if (x.bounds.empty() || std::isnan(x.bounds.front()) ||
        std::adjacent_find(x.bounds.begin(), x.bounds.end(), out_of_order) != x.bounds.end())
      throw corrupt_state{"bounds of a histogram that do not rise"};
  } else if (x.kind == aggregate_kind::ewma) {
    auto half_life = in.varint();
    if (half_life == 0 || half_life > INT64_MAX)
      throw corrupt_state{"an impossible half-life"};
    x.half_life = milliseconds{static_cast<std::int64_t>(half_life)};
  }
  return x;
}

} // namespace

std::string partial_state_header(const aggregated_fields& fields) {
  std::string bytes;
  byte_writer out{bytes};
  out.u8(version);
  out.varint(fields.size());
  for (const auto& [field, wanted] : fields) {
    out.text(field);
    out.varint(wanted.size());
    for (const auto& aggregate : wanted)
      save(out, aggregate);
  }
  return bytes;
}

aggregated_fields read_partial_state_header(byte_reader& in) {
  const auto given = in.u8();
  if (given < 1 || given > version)
    throw corrupt_state{"a partial's state of version " + std::to_string(given) + ", where this program reads 1 to " +
                        std::to_string(version)};
  aggregated_fields fields(in.count());
  for (auto& [field, wanted] : fields) {
    field = in.text();
    wanted.resize(in.count());
    for (auto& aggregate : wanted) {
      aggregate = given == 1 ? load_first_version(in) : load(in);
      if (!valid_utf8(aggregate.name))
        throw corrupt_state{"an aggregate's name that is not text"};
    }
  }
  return fields;
}

} // namespace throng::analytics
