// From a document's tree to the models, with the checks that no schema can make. The document's schema check comes first;
// these go on after its problems, so that all are found in one pass.
#pragma once

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

/// The member `sinks` of a pipeline, which has all else already.
void read_sinks(const fields& from, pipeline& into);

ingest read_ingest(document& in);

/// The members `timestamp` and `timestamp_unit`: a field with a time, and the unit that it has where it is a number.
void read_unit(const fields& from, std::string& timestamp, timestamp_unit& into);

/// What the pipelines of one file must have in common: names that differ, one key a source, no loop.
/// @param paths of the pipelines, in their order
void check_together(document& in, const std::vector<pipeline>& pipelines, const std::vector<std::string>& paths);

} // namespace throng::config
