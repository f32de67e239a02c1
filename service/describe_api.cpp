#include <algorithm>
#include <cctype>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "service/openapi.hpp"

namespace throng::service {

namespace json = boost::json;

std::string describe_api(const http::router& routes) {
  auto described = json::parse(openapi_text).as_object();
  auto& paths = described.at("paths").as_object();
  const auto answered = routes.routes();
  json::object kept;
  for (auto& [path, methods] : paths) {
    json::object of_path;
    for (auto& [method, what] : methods.as_object()) {
      std::string name{method};
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
      if (std::find(answered.begin(), answered.end(), std::pair{name, std::string{path}}) != answered.end())
        of_path[method] = std::move(what);
    }
    if (!of_path.empty())
      kept[path] = std::move(of_path);
  }
  paths = std::move(kept);
  return json::serialize(described);
}

} // namespace throng::service
