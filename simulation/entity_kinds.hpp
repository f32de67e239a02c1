// The catalogue of entity cores, in the order of config::population's variant: the one place that names all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "simulation/entity.hpp"

namespace throng::simulation {

class entity_table;
struct incident_facts;
struct table_place;

/// How many kinds there are.
std::size_t kind_count();

/// The topics that entities of a kind write to, truth.labels not among them.
std::span<const channel> channels_of(std::size_t kind);

/// Whether its entities may be woken up to `lookahead` ahead (entity.hpp).
bool far_sighted(std::size_t kind);

/// The incidents that a kind knows, by config's names.
std::span<const std::string_view> incident_kinds_of(std::size_t kind);

/// What the shard wants to know of an incident of the scenario. @pre world::make has found its kind
incident_facts facts_of(const world& in, const config::incident& incident);
milliseconds default_duration(const config::incident& incident);
/// Whether one occurrence befalls several entities, each in a part of its own.
bool needs_several(const config::incident& incident);

/// What truth.labels calls the kind's domain: iot, web, bank, support.
std::string_view domain_of(std::size_t kind);

/// The rows of a population in one shard, of one block.
std::unique_ptr<entity_table> make_table(const world& in, const table_place& place);

} // namespace throng::simulation
