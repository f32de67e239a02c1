// --brokers, --settings and --store of commands that have no scenario: where Kafka and the store are.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "config/load.hpp"

namespace throng::service {

struct connection_options {
  std::string brokers;
  std::string settings_file;
  std::string store;

  void add_to(CLI::App& command);
  /// The file's, under the environment's, under the options'.
  config::checked<config::settings> resolve() const;
};

} // namespace throng::service
