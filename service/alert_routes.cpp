#include "service/alert_routes.hpp"

#include <string>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "query/alert_life.hpp"
#include "service/http/problem.hpp"
#include "service/input_options.hpp"
#include "service/mute_options.hpp"
#include "service/people_body.hpp"
#include "storage/json_text.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

http::response answer(const expected<json::object>& with) {
  if (!with)
    return http::problem(with.error());
  http::response made;
  made.body = storage::to_json_text(*with) + "\n";
  return made;
}

http::response record(storage::result_store& store, const query::alert_change& to, const http::request& asked) {
  query::alert_deed deed{asked.captured.at("id"), to, {}, {}, wall_now()};
  return answer(
      read_texts(asked.body, {{"by", &deed.by}, {"note", &deed.note}}, R"({"by": "ann", "note": "lamp replaced"})")
          .and_then([&] { return query::record_deed(store, deed); }));
}

http::response mute(storage::result_store& store, const http::request& asked) {
  mute_options options;
  return answer(read_texts(asked.body,
                           {{"pipeline", &options.of.pipeline},
                            {"detector", &options.of.detector},
                            {"entity", &options.of.entity},
                            {"from", &options.from},
                            {"until", &options.until},
                            {"by", &options.by},
                            {"note", &options.note}},
                           R"({"entity": "sensor-000007", "until": "+8h", "by": "ann"})")
                    .and_then([&] { return resolve(options); })
                    .and_then([&](const query::mute& made) { return query::record_mute(store, made); }));
}

http::response unmute(storage::result_store& store, const http::request& asked) {
  mute_end_options options;
  options.id = asked.captured.at("id");
  return answer(read_texts(asked.body, {{"until", &options.until}, {"by", &options.by}, {"note", &options.note}},
                           R"({"by": "ann", "note": "cleaned"})")
                    .and_then([&] { return resolve(options); })
                    .and_then([&](const query::mute_end& made) { return query::end_mute(store, made); }));
}

} // namespace

void add_alert_routes(http::router& to, storage::result_store& store) {
  for (const auto& deed : query::deed_words)
    to.add("POST", fmt::format("/api/alerts/{{id}}/{}", deed.word),
           [&store, becomes = deed.becomes](const http::request& asked) { return record(store, becomes, asked); });
  to.add("POST", "/api/mutes", [&store](const http::request& asked) { return mute(store, asked); });
  to.add("POST", "/api/mutes/{id}/end", [&store](const http::request& asked) { return unmute(store, asked); });
}

} // namespace throng::service
