// Plain records, what a store says of itself, and many threads at once. Part of conformance.hpp.
#pragma once

#include "conformance_documents.hpp"
#include "storage/owner_checkpoints.hpp"
#include "storage/source_positions.hpp"

namespace {

namespace conformance::records {

CAF_TEST(of a record the last write wins and kinds are apart) {
  auto& store = fresh_store();
  must(store.put_record("runs", "b", {{"seed", 1}, {"mean", 5.0}, {"_id", "x"}}));
  must(store.put_record("runs", "a", {{"seed", 2}}));
  must(store.put_record("runs", "b", {{"seed", 3}}));
  must(store.put_record("inputs", "b", {{"seed", 4}}));
  auto runs = must(store.records("runs"));
  CAF_REQUIRE_EQUAL(runs.size(), 2u);
  CAF_CHECK(runs[0] == (json::object{{"seed", 2}}));
  CAF_CHECK(runs[1] == (json::object{{"seed", 3}}));
  must(store.remove_records("runs"));
  CAF_CHECK(must(store.records("runs")).empty());
  CAF_CHECK_EQUAL(must(store.records("inputs")).size(), 1u);
  CAF_CHECK(!store.put_record("windows", "a", {}));
  CAF_CHECK(!store.put_record("no kind", "a", {}));
}

CAF_TEST(many records go in one call) {
  auto& store = fresh_store();
  std::vector<record> batch;
  for (int i = 0; i < 3'000; ++i)
    batch.push_back({"id" + std::to_string(i), {{"topic", "iot.readings"}, {"count", i}}});
  must(store.put_records("world_books", batch));
  must(store.put_records("world_books", {}));
  CAF_CHECK_EQUAL(must(store.records("world_books")).size(), 3'000u);
}

CAF_TEST(what people did to alerts is kept by rising id and goes with the results) {
  auto& store = fresh_store();
  must(
      store.put_record("alert_deeds", "a/2026-01-05T06:00:01.000Z/resolved", {{"alert", "a"}, {"status", "resolved"}}));
  must(store.put_record("alert_deeds", "a/2026-01-05T06:00:00.000Z/acknowledged",
                        {{"alert", "a"}, {"status", "acknowledged"}, {"note", "{\"$gt\": 1}"}}));
  auto deeds = must(store.records("alert_deeds"));
  CAF_REQUIRE_EQUAL(deeds.size(), 2u);
  CAF_CHECK_EQUAL(deeds[0].at("status").as_string(), "acknowledged");
  CAF_CHECK_EQUAL(deeds[0].at("note").as_string(), "{\"$gt\": 1}");
  CAF_CHECK_EQUAL(deeds[1].at("status").as_string(), "resolved");
  must(store.remove_pipeline("city"));
  CAF_CHECK_EQUAL(must(store.records("alert_deeds")).size(), 2u);
  must(store.remove_results());
  CAF_CHECK(must(store.records("alert_deeds")).empty());
}

CAF_TEST(removing results leaves runs inputs mutes and raised headers) {
  auto& store = fresh_store();
  must(write(store,
             {window("w", 1), make(collection::events, "e", {{"topic", "t"}}),
              make(collection::labels, "l", {{"entity", "t"}})},
             {1, 1}));
  must(store.put_record("runs", "r", {{"seed", 1}}));
  must(store.put_record("inputs", "i", {{"seed", 1}}));
  must(store.put_record("mutes", "m", {{"entity", "sensor-1"}}));
  must(store.put_record("world_books", "b", {{"count", 1}}));
  must(store.put_chunk("removal/t/0/1/1/0", "chunk"));
  header_document header{"removal/t/0", 7, 3, "w", "content"};
  must(store.replace_header(header, std::nullopt));
  must(store.remove_results());
  for (auto of : {collection::windows, collection::events, collection::labels})
    CAF_CHECK(all(store, of).empty());
  CAF_CHECK_EQUAL(must(store.records("runs")).size(), 1u);
  CAF_CHECK_EQUAL(must(store.records("inputs")).size(), 1u);
  CAF_CHECK_EQUAL(must(store.records("mutes")).size(), 1u);
  CAF_CHECK(must(store.records("world_books")).empty());
  CAF_CHECK(must(store.chunk_ids("")).empty());
  auto stands = must(store.header("removal/t/0"));
  CAF_REQUIRE(stands);
  CAF_CHECK_EQUAL(stands->generation, 3u);
  CAF_CHECK_EQUAL(stands->epoch, 8u);
  CAF_CHECK_EQUAL(stands->content, "");
  CAF_CHECK(!must(store.replace_header({"removal/t/0", 8, 3, "w", "late"}, header)));
}

CAF_TEST(a position of a source belongs to whoever claimed it last and outlives results) {
  auto& store = fresh_store();
  source_position_claim first{store, "certificates/department=69", "w1"};
  source_position_claim second{store, "certificates/department=69", "w2"};
  source_position_claim other{store, "certificates/department=38", "w1"};
  CAF_CHECK(!must(first.claim()));
  must(first.save("page 2"));
  must(first.save("page 3"));
  CAF_CHECK(!must(other.claim()));
  must(store.remove_results());
  must(first.save("page 4"));
  CAF_CHECK(must(second.claim()).value() == "page 4");
  const auto refused = first.save("page 5");
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == throng::error_kind::fenced);
  must(second.save("page 5"));
  must(other.save("page 9"));
  CAF_CHECK(must(first.claim()).value() == "page 5");
  CAF_CHECK(must(owners_over(store, "")).empty());
}

CAF_TEST(stats count what can be found) {
  auto& store = fresh_store();
  must(write(store, {window("a", 1), window("b", 2), tombstone(window("c", 3))}, {1, 1}));
  must(store.put_record("runs", "r", {{"seed", 1}}));
  std::uint64_t windows = 0;
  std::uint64_t runs = 0;
  for (const auto& each : must(store.stats())) {
    if (each.name == "windows") {
      windows = each.documents;
      CAF_CHECK(each.bytes > 0);
    }
    if (each.name == "runs")
      runs = each.documents;
  }
  CAF_CHECK_EQUAL(windows, 2u);
  CAF_CHECK_EQUAL(runs, 1u);
}

CAF_TEST(a check of a store that can be written leaves nothing behind) {
  auto& store = fresh_store();
  must(store.check());
  for (const auto& each : must(store.stats()))
    CAF_CHECK(each.name != "probes" || each.documents == 0);
}

CAF_TEST(readers and writers may call from any thread) {
  auto& store = fresh_store();
  std::vector<std::string> errors(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < errors.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20 && errors[t].empty(); ++i) {
        auto written = write(store, {window(std::to_string(t) + "-" + std::to_string(i), i)}, {1, 1});
        auto read = store.find({collection::windows, {{"pipeline", compare::eq, "p"}}, "start", false, 5});
        if (!written || !read)
          errors[t] = !written ? written.error().message : read.error().message;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CAF_CHECK_EQUAL(errors, std::vector<std::string>(4));
  CAF_CHECK_EQUAL(all(store).size(), 80u);
}

} // namespace conformance::records

} // namespace
