#define CAF_SUITE analytics.recorder

#include "analytics/recorder.hpp"

#include <random>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/codec.hpp"
#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

message of(std::int64_t offset, std::string key, std::string value) {
  message made;
  made.offset = offset;
  made.key = std::move(key);
  made.value = std::move(value);
  made.timestamp_ms = 1'000 * offset;
  return made;
}

const boost::json::object* by(const outcome& seen, collection in, std::string_view field, std::string_view is) {
  for (const auto* each : seen.of(in))
    if (each->body.at(field).as_string() == is)
      return &each->body;
  return nullptr;
}

outcome recorded(partition_task& task, const std::vector<message>& messages) {
  outcome seen;
  effects done;
  CAF_CHECK(!take_all(task, messages, seen).has_value());
  task.before_checkpoint(done);
  seen.carry_out(done);
  return seen;
}

} // namespace

CAF_TEST(seq is hashed as xxh64 of eight little endian bytes) {
  // By Python's xxhash.xxh64((0).to_bytes(8, "little")).intdigest() and of 1.
  CAF_CHECK_EQUAL(seq_hash(0), 3803688792395291579u);
  CAF_CHECK_EQUAL(seq_hash(1), 11468921228449061269u);
}

CAF_TEST(the book of a key counts duplicates again and malformed messages apart) {
  auto task = make_recorder({}, "iot.readings", 2);
  CAF_CHECK_EQUAL(task->owner(), "recorder:throng");
  auto seen = recorded(*task, {of(0, "a", R"({"seq": 4, "x": 1})"), of(1, "b", R"({"seq": 0})"),
                               of(2, "a", R"({"seq": 5, "x": 2})"), of(3, "a", R"({"seq": 5, "x": 2})"),
                               of(4, "a", R"({"seq": 6, "x")"), of(5, "a", R"([1])"), of(6, "a", R"({"seq": -1})"),
                               of(7, "a", R"({"seq": "7"})"), of(8, "a", R"({"seq": 1.5})"),
                               of(9, "a", R"({"seq": 3, "s\u0065q": 2, "x": {"seq": 9}})")});
  const auto* book = by(seen, collection::books, "key", "a");
  CAF_REQUIRE(book != nullptr);
  auto sum = seq_hash(4) + 2 * seq_hash(5) + seq_hash(2);
  CAF_CHECK_EQUAL(
      boost::json::serialize(*book),
      R"({"group":"throng","topic":"iot.readings","partition":2,"key":"a","count":4,"first":2,"last":5,"sum":)" +
          std::to_string(static_cast<std::int64_t>(sum)) + R"(,"malformed":5})");
  CAF_CHECK(by(seen, collection::books, "key", "b") != nullptr);
  CAF_CHECK_EQUAL(task->counters().consumed, 10u);
  CAF_CHECK_EQUAL(task->next_offset(), 10);
}

CAF_TEST(the document of an entity is its latest message that is an object) {
  auto task = make_recorder({}, "iot.readings", 2);
  auto seen = recorded(*task, {of(0, "a", R"({"seq": 0, "timestamp": "2026-01-05T06:00:00Z", "x": 0.1})"),
                               of(1, "a", R"({"seq": 1, "timestamp": "2026-01-05T05:00:00Z", "x": 20.7})"),
                               of(2, "a", "broken")});
  CAF_REQUIRE_EQUAL(seen.of(collection::entities).size(), 1u);
  const auto& made = *seen.of(collection::entities).front();
  CAF_CHECK_EQUAL(made.offset, 1);
  CAF_CHECK_EQUAL(made.body.at("entity").as_string(), "a");
  CAF_CHECK_EQUAL(made.body.at("time").as_int64(), 1'767'589'200'000);
  CAF_CHECK(made.body.at("message").at("x").as_double() == 20.7);
  effects done;
  task->emit_open(done);
  CAF_CHECK(done.documents.empty()); // nothing has changed
}

CAF_TEST(labels are stored by their id and the later replaces) {
  auto task = make_recorder({}, "truth.labels", 0);
  auto seen = recorded(
      *task,
      {of(0, "a", R"({"label_id": "l1", "topic": "iot.readings", "start": "1970-01-01T00:00:01Z", "end": null})"),
       of(1, "a", R"({"label_id": "l2", "start": "1970-01-01T00:00:01Z", "end": null})"),
       of(2, "a",
          R"({"label_id": "l1", "topic": "iot.readings", "start": "1970-01-01T00:00:01Z", "end": "1970-01-01T00:00:09Z"})"),
       of(3, "a", R"({"no": "label"})")});
  CAF_CHECK_EQUAL(seen.of(collection::labels).size(), 2u);
  CAF_CHECK(seen.of(collection::books).empty());
  const auto* label = by(seen, collection::labels, "label_id", "l1");
  CAF_REQUIRE(label != nullptr);
  CAF_CHECK_EQUAL(boost::json::serialize(*label),
                  R"({"label_id":"l1","topic":"iot.readings","start":1000,"end":9000,"partition":0})");
  CAF_CHECK(by(seen, collection::labels, "label_id", "l2")->at("end").is_null());
}

CAF_TEST(events are kept when asked for and what is no object as it stands) {
  recorder_options options;
  options.keep_events = true;
  options.keep_entities = false;
  auto task = make_recorder(options, "bank.transactions", 1);
  auto seen = recorded(*task, {of(0, "a", R"({"seq": 0})"), of(1, "a", "broken"), of(2, "a", "\xff")});
  CAF_CHECK(seen.of(collection::entities).empty());
  CAF_CHECK_EQUAL(seen.of(collection::events).size(), 3u);
  CAF_CHECK(seen.documents.contains("events/" + document_id({"event", "bank.transactions", "1", "1"})));
  const auto& body = seen.documents.at("events/" + document_id({"event", "bank.transactions", "1", "1"})).body;
  CAF_CHECK_EQUAL(boost::json::serialize(body),
                  R"({"topic":"bank.transactions","partition":1,"offset":1,"time":1000,"key":"a","raw":"broken"})");
}

CAF_TEST(without a key or with one that is not text there is no book) {
  auto task = make_recorder({}, "any", 0);
  message keyless;
  keyless.value = R"({"seq": 0})";
  auto odd = of(1, "\xff", R"({"seq": 0})");
  auto seen = recorded(*task, {keyless, odd});
  CAF_CHECK(seen.documents.empty());
  CAF_CHECK_EQUAL(task->counters().consumed, 2u);
}

CAF_TEST(after any crash the books are those of an uninterrupted run) {
  auto holds = rc::check("crashes", [](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    std::vector<message> messages;
    for (std::int64_t i = 0; i < 80; ++i)
      messages.push_back(of(i * 3, std::string(1, static_cast<char>('a' + bits() % 4)),
                            bits() % 9 == 0 ? "broken" : R"({"seq": )" + std::to_string(bits() % 50) + "}"));
    auto whole = make_recorder({}, "t", 0);
    outcome expected;
    effects done;
    RC_ASSERT(!take_all(*whole, messages, expected).has_value());
    whole->emit_open(done);
    expected.carry_out(done);

    outcome stored;
    std::vector<state_entry> checkpoint;
    auto task = make_recorder({}, "t", 0);
    auto crashes = 4;
    for (std::size_t at = 0; at < messages.size();) {
      RC_ASSERT(task->take(messages[at++].raw(), done).has_value());
      auto dice = bits() % 20;
      if (dice == 0)
        task->emit_open(done);
      stored.carry_out(done);
      if (dice < 4) {
        task->before_checkpoint(done);
        stored.carry_out(done);
        for (auto& each : saved(*task, !checkpoint.empty()))
          checkpoint.push_back(std::move(each));
      } else if (dice == 4 && crashes-- > 0) {
        task = make_recorder({}, "t", 0);
        task->restore(checkpoint);
        stored.remove_from(task->next_offset());
        for (at = 0; at < messages.size() && messages[at].offset < task->next_offset();)
          ++at;
        checkpoint.clear();
        for (auto& each : saved(*task, false))
          checkpoint.push_back(std::move(each));
      }
    }
    task->emit_open(done);
    stored.carry_out(done);
    auto difference = stored.differs_from(expected);
    if (!difference.empty())
      RC_FAIL(difference);
  });
  CAF_CHECK(holds);
}
