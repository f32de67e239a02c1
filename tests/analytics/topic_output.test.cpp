#define CAF_SUITE analytics.topic_output

#include "analytics/topic_output.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/json_scanner.hpp"

#include "decoded_event.hpp"
#include "pipelines.hpp"
#include "random_json.hpp"

using namespace throng;
using namespace throng::test;

namespace {

config::pipeline passing() {
  auto made = readings();
  made.to = "onward";
  return made;
}

config::pipeline projecting(const char* project) {
  auto made = passing();
  for (const auto& [name, from] : object(project))
    made.project.emplace_back(name, from);
  return made;
}

message at(std::int64_t second, const std::string& more, std::int64_t offset = 0) {
  message made;
  made.offset = offset;
  made.key = "a";
  made.value = R"({"id": "a", "t": ")" + to_iso8601({1'767'592'800'000 + second * 1'000}) + '"' + more + "}";
  return made;
}

/// Every message that is sent, in order and with repeats.
struct sending {
  std::unique_ptr<partition_task> task;
  effects done;

  explicit sending(config::pipeline definition)
      : task(make_engine(compiled(std::move(definition)), "readings", 2)) {}

  void take(const message& one) {
    CAF_REQUIRE(task->take(one.raw(), done).has_value());
  }
  std::vector<std::string> to(const std::string& topic) const {
    std::vector<std::string> values;
    for (const auto& each : done.messages)
      if (each.topic == topic)
        values.push_back(each.value);
    return values;
  }
};

std::string only(const config::pipeline& definition, const message& one) {
  sending all{definition};
  all.take(one);
  auto sent = all.to("onward");
  CAF_REQUIRE_EQUAL(sent.size(), 1u);
  return sent.front();
}

} // namespace

CAF_TEST(an event to which nothing is added goes on to the byte) {
  auto one = at(0, ",  \"x\" : 12.50 ,\"big\": 1e400");
  CAF_CHECK_EQUAL(only(passing(), one), *one.value);
}

CAF_TEST(what is added stands behind the fields of the message and replaces those of the same name) {
  auto made = passing();
  made.derive = {{"x", boost::json::parse(R"({"$add": ["$x", 1]})")},
                 {"gone", "$nowhere"},
                 {"note", boost::json::parse(R"({"$literal": "\"hi\""})")}};
  made.features = {feature("n", milliseconds{60'000}, "count")};
  auto one = at(0, R"(, "\u0078": 1, "gone": 5, "y" : [1,  2])");
  auto sent = only(made, one);
  auto begin = one.value->substr(0, one.value->find(", \"\\u0078"));
  CAF_CHECK_EQUAL(sent, R"({"id": "a","t": "2026-01-05T06:00:00.000Z","y" : [1,  2],"x":2,"note":"\"hi\"","n":1})");
}

CAF_TEST(a projection takes and computes fields in its order and leaves out what is absent) {
  auto made = projecting(
      R"({"y": true, "x": 1, "cents": {"$multiply": ["$x", 100]}, "city": "$place.city", "bad": {"$add": ["$y", 1]},
                             "made": {"a": "$x", "b": [1, "$y"]}, "five": {"$literal": 5}, "absent": 1, "lost": "$absent"})");
  sending all{made};
  all.take(at(0, R"(, "x": 1.50, "y": "é", "place": {"city": "Graz"})"));
  auto sent = all.to("onward");
  CAF_REQUIRE_EQUAL(sent.size(), 1u);
  CAF_CHECK_EQUAL(sent.front(),
                  R"({"y":"é","x":1.5,"cents":150,"city":"Graz","bad":null,"made":{"a":1.5,"b":[1,"é"]},"five":5})");
  CAF_CHECK_EQUAL(all.task->counters().type_errors, 1u);
  CAF_CHECK_EQUAL(only(projecting(R"({"absent": 1})"), at(0, "")), "{}");
}

CAF_TEST(a projection sees what was derived looked up and counted) {
  auto made = projecting(R"({"twice": 1, "n": 1, "both": {"$add": ["$n", "$twice"]}})");
  made.derive = {{"twice", boost::json::parse(R"({"$multiply": ["$x", 2]})")}};
  made.features = {feature("n", milliseconds{60'000}, "count")};
  sending all{made};
  all.take(at(10, R"(, "x": 3)", 0));
  all.take(at(11, R"(, "x": 4)", 1));
  all.take(at(1, R"(, "x": 5)", 2)); // older than the watermark: no look-back is asked for it, but it goes on
  CAF_CHECK(all.to("onward") ==
            (std::vector<std::string>{R"({"twice":6,"n":1,"both":7})", R"({"twice":8,"n":2,"both":10})",
                                      R"({"twice":10,"both":null})"}));
}

CAF_TEST(only what where lets through goes on with the headers that tell a repeat) {
  auto made = passing();
  made.where = object(R"({"x": {"$gt": 1}})");
  made.windows = {tumbling("w", milliseconds{1'000})};
  sending all{made};
  all.take(at(20, R"(, "x": 1)", 0));
  all.take(message{1, std::nullopt, "a", -1});
  all.take(message{2, "{", "a", -1});
  all.take(at(20, R"(, "x": 2)", 3));
  all.take(at(0, R"(, "x": 3)", 4)); // late for every window
  auto sent = all.to("onward");
  CAF_REQUIRE_EQUAL(sent.size(), 2u);
  CAF_CHECK_EQUAL(all.to("analytics.late").size(), 1u);
  CAF_CHECK_EQUAL(all.task->counters().written, 2u);
  const auto& first = *std::find_if(all.done.messages.begin(), all.done.messages.end(),
                                    [](const side_message& x) { return x.topic == "onward"; });
  CAF_CHECK_EQUAL(first.key, "a");
  CAF_CHECK_EQUAL(first.time.ms, 1'767'592'820'000);
  CAF_CHECK(!first.partition);
  CAF_CHECK_EQUAL(outcome::header(first, "pipeline"), "test");
  CAF_CHECK_EQUAL(outcome::header(first, "source_topic"), "readings");
  CAF_CHECK_EQUAL(outcome::header(first, "source_partition"), "2");
  CAF_CHECK_EQUAL(outcome::header(first, "source_offset"), "3");
  CAF_CHECK_EQUAL(outcome::header(first, "id"), document_id({"test", "onward", "readings", "2", "3", "0"}));
}

CAF_TEST(a window goes to its topic once when it is final and not when the clock writes it) {
  auto made = readings();
  made.windows = {tumbling("w", milliseconds{10'000}, {"id"})};
  made.windows[0].lateness = milliseconds{5'000};
  made.windows[0].to = "finals";
  made.windows[0].aggregates = {aggregates("x", {"sum"})};
  sending all{made};
  all.take(at(1, R"(, "x": 1)", 0));
  all.task->emit_open(all.done);
  all.take(at(13, R"(, "x": 2)", 1)); // the first window has come to its end
  all.take(at(2, R"(, "x": 4)", 2));
  all.task->before_checkpoint(all.done);
  CAF_CHECK(all.to("finals").empty());
  all.take(at(18, R"(, "x": 8)", 3)); // and now past its lateness
  auto sent = all.to("finals");
  CAF_REQUIRE_EQUAL(sent.size(), 1u);
  CAF_CHECK_EQUAL(
      sent.front(),
      R"({"pipeline":"test","window":"w","start":"2026-01-05T06:00:00.000Z","end":"2026-01-05T06:00:10.000Z",)"
      R"("group":{"id":"a"},"events":2,"final":true,"late":1,"x":{"sum":5,"missing":0}})");
  const auto& last = all.done.messages.back();
  CAF_CHECK_EQUAL(last.key, "a");
  CAF_CHECK_EQUAL(last.time.ms, 1'767'592'810'000);
  CAF_CHECK_EQUAL(all.task->counters().written, 1u);
  auto keyed_otherwise = at(19, "", 4);
  keyed_otherwise.key = "b";
  CAF_CHECK(!all.task->take(keyed_otherwise.raw(), all.done));
}

CAF_TEST(behind rekey an event goes on under its new key with what was added before) {
  auto made = passing();
  made.rekey = "payee";
  made.derive = {{"x", boost::json::parse(R"({"$add": ["$x", 1]})")}, {"gone", "$nowhere"}};
  made.features = {feature("n", milliseconds{60'000}, "count")};
  auto plan = compiled(made);
  auto first = make_rekeyer(plan, "readings", 2, 1);
  effects travels;
  auto one = at(0, R"(, "payee": "p", "x": 1, "gone": 7)", 5);
  CAF_REQUIRE(first->take(one.raw(), travels).has_value());
  first->emit_at_end(travels);
  for (const auto& each : travels.messages)
    CAF_CHECK(each.topic == "analytics.rekeyed.test");
  auto second = make_rekeyed_reader(plan, 0, {{"readings", 2}});
  effects out;
  for (std::size_t i = 0; i < travels.messages.size(); ++i)
    CAF_REQUIRE(second->take(message{static_cast<std::int64_t>(i), travels.messages[i].value, {}, -1}.raw(), out));
  second->emit_at_end(out);
  CAF_REQUIRE_EQUAL(out.messages.size(), 1u);
  const auto& sent = out.messages.front();
  CAF_CHECK_EQUAL(sent.value, R"({"id": "a","t": "2026-01-05T06:00:00.000Z","payee": "p","x":2,"n":1})");
  CAF_CHECK_EQUAL(sent.key, "p");
  CAF_CHECK_EQUAL(outcome::header(sent, "source_topic"), "readings");
  CAF_CHECK_EQUAL(outcome::header(sent, "source_partition"), "2");
  CAF_CHECK_EQUAL(outcome::header(sent, "source_offset"), "5");
  CAF_CHECK_EQUAL(second->counters().written, 1u);
}

CAF_TEST(any object keeps the members that nothing replaces) {
  CAF_CHECK(rc::check("members", [](std::uint64_t seed) {
    random_json draw{seed};
    auto text = draw.object(4);
    config::pipeline made;
    made.to = "onward";
    field_table fields;
    auto b = fields.computed_field("b");
    auto d = fields.computed_field("d");
    auto plan = compile_output(made, {"b", "d"}, fields).value();
    decoded_event decoded{fields, text};
    decoded.e.slots[b] = draw.below(2) == 0 ? value{} : value::of(std::int64_t{7});
    decoded.e.slots[d] = draw.below(2) == 0 ? value::null() : value::of(std::string_view{"x\"y"});
    std::string sent;
    RC_ASSERT(write_event(plan, decoded.e, decoded.message, sent) == 0u);
    RC_ASSERT(valid_json(sent));
    auto expected = parse_json(text).as_object();
    expected.erase("b");
    if (decoded.e.slots[b].kind() == value_kind::integer)
      expected["b"] = 7;
    expected["d"] = to_json(decoded.e.slots[d]);
    RC_ASSERT(parse_json(sent).as_object() == expected);
  }));
}

CAF_TEST(what is wrong with a projection is told with its place) {
  auto made = pipeline_plan::compile(projecting(R"({"a": {"$nope": 1}, "b": {"$add": [{"$divide": [1]}]}})"));
  CAF_REQUIRE(!made);
  CAF_REQUIRE_EQUAL(made.error().size(), 2u);
  CAF_CHECK_EQUAL(made.error()[0].path, "project.a.$nope");
  CAF_CHECK_EQUAL(made.error()[1].path, "project.b.$add[0].$divide");
  auto window = readings();
  window.windows = {tumbling("w", milliseconds{1'000}, {"g"})};
  window.windows[0].to = "finals";
  auto refused = pipeline_plan::compile(window);
  CAF_REQUIRE(!refused);
  CAF_CHECK_EQUAL(refused.error().front().path, "windows[0].group_by");
  CAF_CHECK(refused.error().front().sentence.find("rekey") != std::string::npos);
}

CAF_TEST(a definition with outputs has another hash and one without keeps its own) {
  auto plain = readings();
  plain.windows = {tumbling("w", milliseconds{1'000}, {"id"})};
  const std::string hash = compiled(plain)->hash(); // a plan owns its hash
  const std::string again = compiled(plain)->hash();
  CAF_CHECK_EQUAL(hash, again);
  std::set<std::string> hashes{hash};
  auto onward = plain;
  onward.to = "onward";
  hashes.insert(compiled(onward)->hash());
  onward.project.emplace_back("x", 1);
  hashes.insert(compiled(onward)->hash());
  plain.windows[0].to = "finals";
  hashes.insert(compiled(plain)->hash());
  CAF_CHECK_EQUAL(hashes.size(), 4u);
}
