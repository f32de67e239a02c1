// What the commands that do work share, `run`, `simulate` and `analyze`: --threads and --report, and how each of them ends.
#pragma once

#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

struct work_options {
  std::size_t threads = 0;
  std::string report;

  void add_to(CLI::App& command);
};

/// The work is done: adds the process's figures to its report, keeps that in the collection `runs` with `id`, which rises with time, and
/// `ended` (wall clock), and writes it where --report says. @param store null: none to keep it in
/// @param facts what the record is to hold besides, its `id` perhaps
expected<void> conclude(boost::json::object& report, storage::result_store* store, const work_options& options,
                        const boost::json::object& facts = {});

} // namespace throng::service
