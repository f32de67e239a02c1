// What to tell people whose question found nothing: what is there instead.
#pragma once

#include <string>

#include "query/presented.hpp"

namespace throng::query {

/// One sentence. Looks into the store a little; what goes wrong there makes it shorter, not an error.
std::string why_empty(storage::result_store& store, const overtaken& no_result, const request& what);

} // namespace throng::query
