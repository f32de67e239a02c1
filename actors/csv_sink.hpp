// A folder of tables: `simulate --to file:DIR --format csv`.
#pragma once

#include <memory>
#include <string>

#include "actors/message_sink.hpp"
#include "simulation/world.hpp"

namespace throng::actors {

/// `folder/TOPIC.csv` for each topic, complete or not there, with a header of the topic's fields. Messages that were malformed on purpose
/// are no rows: how many were left out is logged. @pre the world has one partition
expected<std::shared_ptr<message_sink>> make_csv_sink(const simulation::world& world, const std::string& folder,
                                                      bool force);

} // namespace throng::actors
