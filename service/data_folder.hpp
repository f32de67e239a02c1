// Where the files lie that come with the program but are no part of it: the dashboard's pages.
#pragma once

#include <optional>
#include <string>

namespace throng::service {

/// `../share/throng/NAME` beside the running program's folder, which is where both the build and an installation put it; none
/// where it is not there.
std::optional<std::string> data_folder(const std::string& name);

} // namespace throng::service
