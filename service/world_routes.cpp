#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "service/http/problem.hpp"
#include "service/world_control.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

http::response answer(const unless_refused<json::object>& state) {
  if (!state) {
    if (const auto* problems = std::get_if<config::problems>(&state.error()))
      return http::problem(*problems);
    return http::problem(std::get<error>(state.error()));
  }
  http::response made;
  made.body = storage::to_json_text(*state) + "\n"; // 0.25, where Boost.JSON writes 2.5E-1
  return made;
}

/// Calls `does` with the body, which must be an object.
template <class F>
http::response with_object(const http::request& asked, F does) {
  json::error_code code;
  const auto body = json::parse(asked.body, code);
  if (code || !body.is_object())
    return http::problem(400, "the body must be a JSON object");
  return does(body.get_object());
}

http::response change_speed(world_control& control, const json::object& body) {
  const auto* speed = body.if_contains("speed");
  if (speed == nullptr || body.size() != 1)
    return http::problem(400, "the body must be {\"speed\": N} or {\"speed\": \"max\"}");
  if (speed->is_string() && speed->get_string() == "max")
    return answer(control.speed(0));
  if (speed->is_number() && speed->to_number<double>() > 0)
    return answer(control.speed(speed->to_number<double>()));
  return http::problem(400, "speed: must be \"max\" or a number above 0");
}

http::response set(world_control& control, const json::object& body) {
  if (body.empty())
    return http::problem(
        400, "the body must have a value for at least one path, as in {\"populations.sensors.count\": 100}");
  std::vector<std::pair<std::string, std::string>> sets;
  for (const auto& member : body)
    sets.emplace_back(std::string{member.key()}, set_value(member.value()));
  return answer(control.set(sets));
}

} // namespace

std::string set_value(const json::value& value) {
  std::string text;
  storage::append_json_text(text, value);
  return text;
}

void add_world_routes(http::router& to, world_control& control) {
  to.add("GET", "/api/world", [&control](const http::request&) { return answer(control.state()); });
  to.add("POST", "/api/world/pause", [&control](const http::request&) { return answer(control.pause(true)); });
  to.add("POST", "/api/world/resume", [&control](const http::request&) { return answer(control.pause(false)); });
  to.add("POST", "/api/world/speed", [&control](const http::request& asked) {
    return with_object(asked, [&](const json::object& body) { return change_speed(control, body); });
  });
  to.add("POST", "/api/world/incident", [&control](const http::request& asked) {
    return with_object(asked, [&](const json::object& body) { return answer(control.incident(body)); });
  });
  to.add("POST", "/api/world/set", [&control](const http::request& asked) {
    return with_object(asked, [&](const json::object& body) { return set(control, body); });
  });
}

} // namespace throng::service
