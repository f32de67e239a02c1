// `--serve [HOST:PORT]` of the commands that work: the site (site.hpp) while they do.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "service/site.hpp"

namespace throng::service {

class serve_option {
public:
  void add_to(CLI::App& command);
  /// HOST:PORT, perhaps empty; none where --serve was not given.
  std::optional<std::string> at() const;

private:
  std::string text_;
  CLI::Option* option_ = nullptr; ///< the command's
};

/// Serves and says where. @param at none: null is returned. @param store as site::start has it
expected<std::unique_ptr<site>> serve(const std::optional<std::string>& at, storage::result_store* store,
                                      site::additions more);

} // namespace throng::service
