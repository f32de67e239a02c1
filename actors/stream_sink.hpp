// Sinks without a broker: nowhere, a stream such as standard output, and a folder of files.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "actors/message_sink.hpp"
#include "simulation/world.hpp"
#include "transport/message_file.hpp"

namespace throng::actors {

/// Takes everything and keeps nothing: what the simulator alone can do.
std::shared_ptr<message_sink> make_null_sink();

/// One value a line. @param out borrowed
std::shared_ptr<message_sink> make_stream_sink(std::FILE* out);

/// `folder/TOPIC.ndjson` for each topic, complete or not there. @pre the world has one partition
/// conflict: a file is there already and `force` is not given
expected<std::shared_ptr<message_sink>> make_file_sink(const simulation::world& world, const std::string& folder,
                                                       bool force);

/// The same, going on with the files that an earlier run left. @param ends how many messages each run has already
expected<std::shared_ptr<message_sink>>
make_resumed_file_sink(const simulation::world& world, const std::string& folder, std::vector<std::int64_t>& ends);

} // namespace throng::actors
