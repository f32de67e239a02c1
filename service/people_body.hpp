// What people send with a change over HTTP: a JSON object of few members, all of them text.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "config/error.hpp"

namespace throng::service {

/// @param body empty, or an object with no more than the members named; those that it has are set
/// @param example a body that can be, for the sentence where this one can't
expected<void> read_texts(const std::string& body, std::initializer_list<std::pair<const char*, std::string*>> members,
                          const char* example);

} // namespace throng::service
