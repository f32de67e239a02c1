// Numbers that an option takes. (CLI11's own checks tell the greatest number there is, with 309 digits.)
#pragma once

#include <CLI/CLI.hpp>

namespace throng::service {

CLI::Validator above_zero();
CLI::Validator from_zero();

} // namespace throng::service
