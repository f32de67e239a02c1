// The messages of truth.labels: what really befell an entity, or a message of its.
#pragma once

#include "simulation/trouble.hpp"
#include "simulation/wake_frame.hpp"

namespace throng::simulation {

/// One that opens has no `end`, and as `first_seq` the seq that the entity's main topic has next. Once it has closed, or the world ends,
/// `first_seq` and `last_seq` are of the first and the last event that it made or changed, and `seqs` of all of them
/// ("12,15-17"), null where there was none; `also` has those of the entity's other topics.
/// `incident_id` is INCIDENT-OCCURRENCE, counted from 0 in the scenario; `label_id` adds the entity.
/// @param last the label's last word, though the incident may still be open
void label_incident(wake_frame& frame, const active_incident& about, bool last = false);

/// Labels stand under the key of the message that was hit, which is also their `entity`. @param start the message's own
/// time @param end when the message, or its second copy, is emitted, and the label with it
void label_trouble(wake_frame& frame, trouble_kind kind, const pending_emission& hit, topic where, timestamp start,
                   timestamp end);

} // namespace throng::simulation
