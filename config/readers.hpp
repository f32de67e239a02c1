// From a document's tree to the models, with the checks that no schema can make. The document's schema check comes first;
// these go on after its problems, so that all are found in one pass.
#pragma once

#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/ingest.hpp"
#include "config/pipeline.hpp"
#include "config/scenario.hpp"
#include "config/settings.hpp"

namespace throng::config {

scenario read_scenario(document& in, timestamp now);

/// The members `kafka`, `store`, `topics` and `notify` of the root.
settings read_settings(document& in);

/// @param path of the pipeline in the document: empty, or `[1]`
pipeline read_pipeline(document& in, const boost::json::value& value, const std::string& path);

/// One of the pipeline's windows.
/// @param key of its events: what stands behind `rekey` has that one
window read_window(const fields& from, const std::string& key);

/// One of the pipeline's features.
/// @param key as above
feature read_feature(const fields& from, const std::string& key, bool has_graph);

/// The member `sinks` of a pipeline, which has all else already.
void read_sinks(const fields& from, pipeline& into);

ingest read_ingest(document& in);

/// The members `timestamp` and `timestamp_unit`: a field with a time, and the unit that it has where it is a number.
void read_unit(const fields& from, std::string& timestamp, timestamp_unit& into);

/// The member `to`: a topic that a pipeline writes.
void read_topic(const fields& from, std::string& into);

/// Reports a member `by` other than the pipeline's key. Features, detectors and sessions hold state by key; a partition sees all events of a key, of
/// nothing else.
void check_by(const fields& from, const std::string& by, const std::string& key);

/// Reports conflicts_of() the pipelines of one file.
/// @param paths of the pipelines, in their order
void check_together(document& in, const std::vector<pipeline>& pipelines, const std::vector<std::string>& paths);

} // namespace throng::config
