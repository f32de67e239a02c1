#define CAF_SUITE storage.checkpoint_faults

#include "faulty_store.hpp"

using namespace throng;
using namespace throng::storage;
using namespace throng::storage::test;

CAF_TEST(a damaged delta falls back to the epoch before it) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  must(log.save({set("a", "2")}, false, 20, {}));
  must(log.save({set("a", "3")}, false, 30, {}));
  store.stored_chunks.rbegin()->second += "x";
  checkpoint_log next{store, identity_of(), "x"};
  auto claimed = must(next.claim());
  CAF_CHECK(claimed.fell_back);
  CAF_CHECK_EQUAL(claimed.next_offset, 20);
  CAF_CHECK(applied(claimed.entries) == (state{{"a", "2"}}));
  CAF_CHECK(must(generation_starts(store, "city")).back().offset == 20);
  CAF_CHECK(kept_chunks(store) == named_chunks(store));
  must(next.save({set("a", "4")}, false, 40, {}));
  CAF_CHECK(applied(must(checkpoint_log(store, identity_of(), "y").claim()).entries) == (state{{"a", "4"}}));
}

CAF_TEST(a missing base falls back to the chain before it and no chain at all names reset) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  must(log.save({set("a", "2")}, true, 20, {}));
  must(log.save({set("a", "3")}, false, 30, {}));
  store.stored_chunks.erase("city/iot.readings/0/1/2/0");
  auto claimed = must(checkpoint_log(store, identity_of(), "x").claim());
  CAF_CHECK(claimed.fell_back);
  CAF_CHECK_EQUAL(claimed.next_offset, 10);
  CAF_CHECK(applied(claimed.entries) == (state{{"a", "1"}}));
  store.stored_chunks.clear();
  auto lost = checkpoint_log(store, identity_of(), "y").claim();
  CAF_REQUIRE(!lost);
  CAF_CHECK(lost.error().kind == error_kind::corrupt);
  CAF_CHECK(says(lost.error(), "--reset"));
}

CAF_TEST(an answer that was lost on the way back is no failure) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  store.next_header_fault = faulty_store::fault::after;
  CAF_CHECK_EQUAL(must(log.claim()).generation, 1u);
  store.next_header_fault = faulty_store::fault::after;
  must(log.save({set("a", "1")}, true, 10, {}));
  CAF_CHECK_EQUAL(store.stored_headers.begin()->second.generation, 1u);
}

CAF_TEST(a save that failed asks for a base and leaves nothing behind once the next stands) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", std::string(100, 'x'))}, true, 10, {}));
  CAF_CHECK(!log.wants_base());
  store.next_header_fault = faulty_store::fault::before;
  CAF_CHECK(!log.save({set("b", "1")}, false, 20, {}));
  CAF_CHECK(log.wants_base());
  CAF_CHECK_EQUAL(store.stored_chunks.size(), 2u);
  store.chunks_until_fault = 0;
  CAF_CHECK(!log.save({set("b", "1")}, false, 30, {}));
  must(log.save({set("a", "2"), set("b", "2")}, true, 40, {}));
  CAF_CHECK(kept_chunks(store) == named_chunks(store));
  CAF_CHECK(applied(must(checkpoint_log(store, identity_of(), "x").claim()).entries) ==
            (state{{"a", "2"}, {"b", "2"}}));
}

CAF_TEST(a failed save that lands late is gone on from) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  store.next_header_fault = faulty_store::fault::before;
  CAF_CHECK(!log.save({set("b", "1")}, false, 20, {}));
  // What the server was asked is done after all, behind the log's back.
  auto& stands = store.stored_headers.begin()->second;
  auto content = must(parse_header(stands.content));
  content.current.push_back({stands.epoch + 1, 20, {}, 0, {}});
  for (const auto& id : kept_chunks(store))
    if (named_chunks(store).count(id) == 0)
      content.current.back().chunks.push_back({id, chunk_checksum(store.stored_chunks.at(id))});
  stands.epoch += 1;
  stands.content = to_text(content);
  must(log.save({set("c", "1")}, false, 30, {}));
  auto claimed = must(checkpoint_log(store, identity_of(), "x").claim());
  CAF_CHECK_EQUAL(claimed.next_offset, 30);
  CAF_CHECK(applied(claimed.entries) == (state{{"a", "1"}, {"b", "1"}, {"c", "1"}}));
}

CAF_TEST(a header that is not what throng writes is an error and names reset) {
  for (std::string content : {"x", "[]", "{}", R"({"schema":2})", R"({"schema":1,"identity":5})"}) {
    faulty_store store;
    store.stored_headers["city/iot.readings/0"] = {"city/iot.readings/0", 1, 1, "w", content};
    auto claim = checkpoint_log(store, identity_of(), "x").claim();
    CAF_REQUIRE(!claim);
    CAF_CHECK(says(claim.error(), "--reset"));
  }
}

// The naive model: the full state at each epoch whose save was acknowledged, and which of them can still be read.
CAF_TEST(a claim always gives the state of the newest whole epoch and never mixes two) {
  CAF_CHECK(rc::check([] {
    faulty_store store;
    auto writers = 0;
    auto fresh_log = [&] {
      return std::make_unique<checkpoint_log>(store, identity_of(), "w" + std::to_string(++writers));
    };
    auto log = fresh_log();
    must(log->claim());
    std::int64_t offset = 0;
    state now;                           // the live processor's
    std::map<std::int64_t, state> saved; // by next_offset, which rises with each save
    bool must_be_whole = true;

    auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10));
    for (auto step : steps) {
      if (step <= 6) { // change something and save; sometimes the save fails on its way
        std::vector<checkpoint_entry> delta;
        auto changes = *rc::gen::inRange(0, 4);
        for (int i = 0; i < changes; ++i) {
          auto key = std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 5)));
          if (*rc::gen::inRange(0, 4) == 0) {
            now.erase(key);
            delta.push_back(gone(key));
          } else {
            now[key] = std::to_string(++offset);
            delta.push_back(set(key, now[key]));
          }
        }
        bool whole = must_be_whole || *rc::gen::arbitrary<bool>();
        if (whole) {
          delta.clear();
          for (const auto& [key, value] : now)
            delta.push_back(set(key, value));
        }
        ++offset;
        auto failure = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}, {1, 3}});
        if (failure == 1)
          store.chunks_until_fault = 0;
        if (failure == 2)
          store.next_header_fault = faulty_store::fault::before;
        if (failure == 3)
          store.next_header_fault = faulty_store::fault::after;
        auto done = log->save(delta, whole, offset, {offset - 1, 0, 0});
        store.chunks_until_fault = -1;
        store.next_header_fault = faulty_store::fault::none;
        if (done)
          saved[offset] = now;
        must_be_whole = !done;
        continue;
      }
      if (step == 7 && !store.stored_chunks.empty()) { // something eats a chunk
        auto victim = std::next(store.stored_chunks.begin(),
                                *rc::gen::inRange<long>(0, static_cast<long>(store.stored_chunks.size())));
        victim->second = *rc::gen::arbitrary<bool>() ? victim->second + "x" : std::string{};
      }
      // A crash: whoever claims must find the newest epoch that is whole, by a reading of the header that is not the log's.
      std::optional<std::int64_t> newest;
      bool any = false;
      auto content = must(parse_header(store.stored_headers.begin()->second.content));
      for (const auto* chain : {&content.previous, &content.current}) {
        bool whole = true;
        for (const auto& epoch : *chain) {
          any = true;
          for (const auto& chunk : epoch.chunks)
            whole = whole && store.stored_chunks.count(chunk.id) == 1 &&
                    chunk_checksum(store.stored_chunks.at(chunk.id)) == chunk.checksum;
          if (whole)
            newest = epoch.next_offset;
        }
      }
      auto next = fresh_log();
      auto claimed = next->claim();
      if (any && !newest) {
        RC_ASSERT(!claimed);
        RC_ASSERT(claimed.error().kind == error_kind::corrupt);
        return;
      }
      RC_ASSERT(claimed.has_value());
      RC_ASSERT(claimed->next_offset == newest.value_or(0));
      RC_ASSERT(claimed->fresh == !any);
      RC_ASSERT(applied(claimed->entries) == (newest ? saved.at(*newest) : state{}));
      RC_ASSERT(kept_chunks(store) == named_chunks(store));
      RC_ASSERT(log->save({set("zombie", "z")}, true, offset + 1'000, {}).error().kind == error_kind::fenced);
      log = std::move(next);
      now = applied(claimed->entries);
      must_be_whole = false;
    }
  }));
}
