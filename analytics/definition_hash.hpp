// A pipeline's definition in a canonical form, and its hash: what results and checkpoints are kept under (semantics.md 6), so that neither may change from
// one program to the next for a definition that both understand. Whether the definition is right is left to pipeline_plan.
#pragma once

#include <string>

#include "config/pipeline.hpp"

namespace throng::analytics {

/// xxh128, in hex, of everything that a result depends on, in one order: a description, or how long an idle partition waits, is not among it. What is not
/// used leaves no trace, so that a definition keeps the hash that it had before there was such a thing.
std::string definition_hash(const config::pipeline& p);

} // namespace throng::analytics
