#include "service/serving.hpp"

#include <utility>

#include <fmt/core.h>

#include "service/logging.hpp"

namespace throng::service {

void serve_option::add_to(CLI::App& command) {
  option_ = command
                .add_option("--serve", text_,
                            "HTTP API, dashboard and metrics meanwhile, at HOST:PORT; what is left out is "
                            "127.0.0.1:8080, port 0 is any that is "
                            "free")
                ->expected(0, 1);
}

std::optional<std::string> serve_option::at() const {
  return option_ != nullptr && option_->count() > 0 ? std::optional{text_} : std::nullopt;
}

expected<std::unique_ptr<site>> serve(const std::optional<std::string>& at, storage::result_store* store,
                                      site::additions more) {
  if (!at)
    return nullptr;
  auto place = http::parse_endpoint(*at);
  if (!place)
    return tl::unexpected{place.error()};
  auto server = site::start(*place, store, std::move(more));
  if (server)
    say(fmt::format("serving at http://{}", http::to_string((*server)->address())));
  return server;
}

} // namespace throng::service
