// What `run` and `simulate` share: their options, their progress line, what they report and leave in the store.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "actors/world_run.hpp"
#include "service/input_options.hpp"
#include "service/work_options.hpp"
#include "simulation/world.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

struct scenario_options {
  std::string scenario;
  overlay_options overlay;
  work_options work;
  std::uint32_t shards = 4;

  void add_to(CLI::App& command);
};

/// Elapsed, virtual time, events, rate: the progress line's first half.
std::string describe_progress(std::chrono::milliseconds elapsed, const actors::world_progress& world);

/// Before anything is made, store or topic: a real cluster answers, none of the world's topics holds messages already (two worlds in one
/// topic can't be told apart) unless it may, where a run goes on, and none of them or of `more` has another partition count than topics.partitions. Else conflict.
expected<void> check_world_topics(const simulation::world& world, const std::vector<std::string>& more,
                                  bool may_hold_messages = false);

/// Makes the world's topics and `more` on a real cluster where they are missing, and says so.
expected<void> make_world_topics(const simulation::world& world, const std::vector<std::string>& more);

/// The report's figures that come from the world.
boost::json::object world_report(const std::string& command, const simulation::world& world,
                                 const actors::world_result& result);

/// Adds `money` where anybody has some. internal: the world has made or lost some, and the report says how much.
/// @pre the world has ended
expected<void> add_money(boost::json::object& report, const actors::world_run& world);

/// What the world leaves in the store for `throng audit`: a book a key, replacing an earlier run's. Topics without
/// the prefix, as everything that is stored.
/// @pre the world has ended
expected<void> store_books(storage::result_store& store, const actors::world_run& world);
/// What store_books left. corrupt: something else stands there.
expected<std::vector<simulation::book>> stored_books(storage::result_store& store);

} // namespace throng::service
