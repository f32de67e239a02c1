// --brokers, --settings and --store of commands that have no scenario: where Kafka and the store are.
#pragma once

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "config/load.hpp"

namespace throng::service {

struct connection_options {
  std::string brokers;
  std::string settings_file;
  std::string store;

  void add_to(CLI::App& command);
  /// Without --store.
  void add_cluster_to(CLI::App& command);
  /// The file's, under the environment's, under the options'.
  config::checked<config::settings> resolve() const;
};

/// What a command does with a real cluster; or says why there is none to do it with, and returns that exit status.
int with_cluster(const connection_options& options, const std::function<int(const config::settings&)>& command);

} // namespace throng::service
