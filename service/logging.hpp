// The log: to stderr, as text or as JSON, one line an event worth telling.
#pragma once

#include "service/command_line.hpp"

namespace throng::service {

void set_up_logging(const global_options& options);

} // namespace throng::service
