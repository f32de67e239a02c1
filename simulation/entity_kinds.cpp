#include "simulation/entity_kinds.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "simulation/account.hpp"
#include "simulation/entity_table.hpp"
#include "simulation/sensor.hpp"
#include "simulation/support_client.hpp"
#include "simulation/web_client.hpp"

namespace throng::simulation {
namespace {

using cores = std::tuple<sensor, web_client, account, support_client>;

/// Calls `f.template operator()<Core>()` for the kind's core.
template <class F, std::size_t... I>
auto with_core(std::size_t kind, F&& f, std::index_sequence<I...>) {
  using result = decltype(f.template operator()<std::tuple_element_t<0, cores>>());
  result value{};
  ((kind == I ? void(value = f.template operator()<std::tuple_element_t<I, cores>>()) : void()), ...);
  return value;
}

template <class F>
auto with_core(std::size_t kind, F&& f) {
  return with_core(kind, std::forward<F>(f), std::make_index_sequence<std::tuple_size_v<cores>>{});
}

const config::incident_kind* catalogue_entry(std::string_view name) {
  for (const auto& kind : config::incident_kinds())
    if (kind.name == name)
      return &kind;
  return nullptr;
}

} // namespace

std::size_t kind_count() {
  return std::tuple_size_v<cores>;
}

std::span<const channel> channels_of(std::size_t kind) {
  return with_core(kind, []<class Core>() { return std::span<const channel>{Core::channels}; });
}

bool far_sighted(std::size_t kind) {
  return with_core(kind, []<class Core>() { return is_far_sighted<Core>(); });
}

std::span<const std::string_view> incident_kinds_of(std::size_t kind) {
  return with_core(kind, []<class Core>() { return std::span<const std::string_view>{Core::incident_kinds}; });
}

incident_facts facts_of(const world& in, const config::incident& incident) {
  const auto known = incident_kinds_of(in.kind_of(in.population_named(incident.population).value()));
  const auto kind = std::find(known.begin(), known.end(), incident.kind) - known.begin();
  const auto* entry = catalogue_entry(incident.kind);
  return {static_cast<std::uint8_t>(kind), entry == nullptr || entry->malicious};
}

milliseconds default_duration(const config::incident& incident) {
  const auto* entry = catalogue_entry(incident.kind);
  return entry == nullptr ? std::chrono::minutes{10} : entry->default_duration;
}

bool needs_several(const config::incident& incident) {
  const auto* entry = catalogue_entry(incident.kind);
  return entry != nullptr && entry->group > 0;
}

std::string_view domain_of(std::size_t kind) {
  constexpr std::array<std::string_view, 4> domains{"iot", "web", "bank", "support"};
  return domains[kind];
}

std::unique_ptr<entity_table> make_table(const world& in, const table_place& place) {
  return with_core(in.kind_of(place.population), [&]<class Core>() -> std::unique_ptr<entity_table> {
    return std::make_unique<table_of<Core>>(in, place);
  });
}

} // namespace throng::simulation
