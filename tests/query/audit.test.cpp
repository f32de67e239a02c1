#define CAF_SUITE query.audit

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "filled_store.hpp"
#include "query/audit.hpp"

using namespace throng;
using namespace throng::test;

namespace {

/// What a world wrote of one key, what came through, and what of it was labelled.
struct traffic {
  std::string topic = "iot.readings";
  std::string key = "sensor-1";
  std::vector<std::uint64_t> made{};
  std::vector<std::uint64_t> read{};
  std::uint64_t malformed = 0;
  std::vector<std::uint64_t> labelled_duplicates{};
  std::vector<std::uint64_t> labelled_malformed{};
};

json::object book_of(const traffic& of, const std::vector<std::uint64_t>& seqs) {
  std::uint64_t sum = 0;
  for (auto seq : seqs)
    sum += analytics::seq_hash(seq);
  json::object out{{"topic", of.topic}, {"key", of.key}, {"count", seqs.size()}, {"first", nullptr}, {"last", nullptr}};
  if (!seqs.empty()) {
    out["first"] = *std::min_element(seqs.begin(), seqs.end());
    out["last"] = *std::max_element(seqs.begin(), seqs.end());
  }
  out["sum"] = std::to_string(sum);
  return out;
}

void leave(filled_store& store, const traffic& of, const std::string& group = "throng") {
  must((*store).put_record("world_books", of.topic + "/" + of.key, book_of(of, of.made)));
  document read{
      collection::books, analytics::document_id({group, of.topic, of.key}), book_of(of, of.read), "", false, 1};
  read.body["sum"] =
      static_cast<std::int64_t>(std::stoull(std::string(read.body.at("sum").as_string()))); // as the recorder has it
  read.body["malformed"] = of.malformed;
  read.body["group"] = group;
  read.body["partition"] = 0;
  std::vector<document> documents{read};
  auto label = [&](std::string cause, std::uint64_t seq) {
    auto made = make_label(cause + of.key + std::to_string(seq), of.key, cause, six_o_clock, six_o_clock, false);
    made.body["topic"] = of.topic;
    made.body["first_seq"] = seq;
    documents.push_back(made);
  };
  for (auto seq : of.labelled_duplicates)
    label("trouble.duplicate", seq);
  for (auto seq : of.labelled_malformed)
    label("trouble.malformed", seq);
  store.write(documents);
}

query::audit_report audited(const traffic& of) {
  static filled_store store;
  store.clear();
  leave(store, of);
  return must(query::audit(*store));
}

} // namespace

CAF_TEST(a store without books of the world can not be audited) {
  filled_store store;
  auto none = query::audit(*store);
  CAF_REQUIRE(!none);
  CAF_CHECK(none.error().kind == error_kind::not_found);
}

CAF_TEST(books that balance hold) {
  auto report = audited({.made = {0, 1, 2, 3}, .read = {0, 1, 2, 3}});
  CAF_CHECK(report.holds());
  CAF_CHECK_EQUAL(report.keys, 1u);
  CAF_CHECK_EQUAL(report.messages, 4u);
}

CAF_TEST(labelled trouble is allowed exactly) {
  traffic of{.made = {0, 1, 2, 3},
             .read = {0, 1, 1, 3},
             .malformed = 1,
             .labelled_duplicates = {1},
             .labelled_malformed = {2}};
  auto report = audited(of);
  CAF_CHECK(report.holds());
  CAF_CHECK_EQUAL(report.duplicates, 1u);
  CAF_CHECK_EQUAL(report.malformed, 1u);
  of.labelled_duplicates = {3}; // another message was doubled than the labelled one
  CAF_CHECK(!audited(of).holds());
  of.labelled_duplicates = {};
  CAF_CHECK_EQUAL(audited(of).doubled, 1u);
  of.labelled_duplicates = {1, 3};
  CAF_CHECK_EQUAL(audited(of).lost, 1u);
}

CAF_TEST(a message lost and another doubled are found though the count is right) {
  auto report = audited({.made = {0, 1, 2}, .read = {0, 1, 1}});
  CAF_CHECK(!report.holds());
  CAF_REQUIRE_EQUAL(report.findings.size(), 1u);
  CAF_CHECK_EQUAL(report.findings[0].key, "sensor-1");
  CAF_CHECK_EQUAL(report.findings[0].topic, "iot.readings");
}

CAF_TEST(a key that was never read and one that was never made are found) {
  filled_store store;
  leave(store, {.made = {0, 1}, .read = {0, 1}});
  must((*store).put_record("world_books", "x", book_of({.key = "sensor-2"}, {0, 1, 2})));
  auto report = must(query::audit(*store));
  CAF_CHECK_EQUAL(report.lost, 3u);
  traffic stranger{.key = "stranger", .read = {0}};
  leave(store, stranger);
  must((*store).remove_records("world_books"));
  must((*store).put_record("world_books", "y", book_of({}, {0, 1})));
  report = must(query::audit(*store));
  CAF_CHECK_EQUAL(report.doubled, 1u);
  CAF_CHECK_EQUAL(report.findings.at(0).key, "stranger");
}

CAF_TEST(a topic that nobody has read is one finding and topics about messages are none) {
  filled_store store;
  leave(store, {.made = {0, 1}, .read = {0, 1}});
  for (auto key : {"a", "b"})
    must((*store).put_record("world_books", key, book_of({.topic = "web.views", .key = key}, {0, 1, 2})));
  must((*store).put_record("world_books", "t", book_of({.topic = "truth.labels", .key = "a"}, {0, 1, 2})));
  auto report = must(query::audit(*store));
  CAF_CHECK_EQUAL(report.lost, 6u);
  CAF_CHECK_EQUAL(report.findings.size(), 1u);
  CAF_CHECK_EQUAL(report.findings[0].topic, "web.views");
}

CAF_TEST(topics with a prefix find the labels of theirs) {
  traffic of{.topic = "test.iot.readings", .made = {0, 1}, .read = {0, 1, 1}};
  filled_store store;
  leave(store, of);
  CAF_CHECK(!must(query::audit(*store)).holds());
  auto label = make_label("d", "sensor-1", "trouble.duplicate", six_o_clock, six_o_clock, false);
  label.body["first_seq"] = 1;
  store.write({label});
  CAF_CHECK(must(query::audit(*store)).holds());
}

CAF_TEST(each group of consumers must have read everything) {
  filled_store store;
  traffic of{.made = {0, 1}, .read = {0, 1}};
  leave(store, of, "first");
  of.read = {0};
  leave(store, of, "second");
  CAF_CHECK_EQUAL(must(query::audit(*store)).lost, 1u);
}

CAF_TEST(at most a hundred findings are told and all are counted) {
  filled_store store;
  for (int i = 0; i < 150; ++i)
    leave(store, {.key = "k" + std::to_string(i), .made = {0, 1}, .read = {0}});
  auto report = must(query::audit(*store));
  CAF_CHECK_EQUAL(report.lost, 150u);
  CAF_CHECK_EQUAL(report.findings.size(), 100u);
}

CAF_TEST(any one unlabelled loss or repeat is found) {
  CAF_CHECK(rc::check([] {
    traffic of;
    auto many = *rc::gen::inRange<std::uint64_t>(2, 30);
    for (std::uint64_t seq = 0; seq < many; ++seq) {
      of.made.push_back(seq);
      auto fate = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}});
      if (fate == 2) {
        ++of.malformed;
        of.labelled_malformed.push_back(seq);
        continue;
      }
      of.read.push_back(seq);
      if (fate == 1) {
        of.read.push_back(seq);
        of.labelled_duplicates.push_back(seq);
      }
    }
    RC_ASSERT(audited(of).holds());
    auto harmed = of;
    if (!of.read.empty() && *rc::gen::arbitrary<bool>())
      harmed.read.erase(harmed.read.begin() + *rc::gen::inRange<long>(0, static_cast<long>(of.read.size())));
    else
      harmed.read.push_back(*rc::gen::inRange<std::uint64_t>(0, many));
    RC_ASSERT(!audited(harmed).holds());
  }));
}
