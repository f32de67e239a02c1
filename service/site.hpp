// All that is served over a store: the API, its stream, metrics and the dashboard, wherever the store's results come from. `throng serve`
// is this alone; a command that makes results adds its own routes and figures.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <boost/json/object.hpp>

#include "service/http/endpoint.hpp"
#include "service/http/event_hub.hpp"
#include "service/http/router.hpp"
#include "service/metrics.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

class site {
public:
  struct additions {
    std::function<void(http::router&)> routes;    ///< more of them; may be empty
    std::function<boost::json::object()> figures; ///< more members of the stream's `rates`; may be empty
  };

  /// Listens when it returns. Changes need the token of THRONG_TOKEN (http/access.hpp).
  /// @param store borrowed; outlives this. Null: there is none, and nothing of it is served
  static expected<std::unique_ptr<site>> start(const http::endpoint& at, storage::result_store* store, additions more);
  ~site();
  site(const site&) = delete;
  site& operator=(const site&) = delete;

  http::endpoint address() const;
  /// Why nothing is served any more; none: all is well.
  std::optional<error> failure() const;
  service::metrics& metrics();
  http::event_hub& events();

private:
  class implementation;
  explicit site(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
