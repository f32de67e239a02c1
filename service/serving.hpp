// `--serve [HOST:PORT]` of the commands that work: the HTTP API while they do.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "service/http/router.hpp"
#include "service/http/server.hpp"

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

/// Serves and says where. The token is THRONG_TOKEN of the environment. @param at none: null is returned
expected<std::unique_ptr<http::server>> serve(const std::optional<std::string>& at,
                                              const std::function<void(http::router&)>& add_routes);

} // namespace throng::service
