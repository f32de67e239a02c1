#define CAF_SUITE storage.checkpoint_log

#include <map>
#include <set>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "must.hpp"
#include "storage/checkpoint_chunks.hpp"
#include "storage/checkpoint_header.hpp"
#include "storage/checkpoint_log.hpp"
#include "storage/forgetful_store.hpp"
#include "storage/owner_checkpoints.hpp"

using namespace throng;
using namespace throng::storage;

namespace {

/// Headers and chunks in memory, with the failures that a server has: a call that does nothing, and one whose answer is lost.
class faulty_store final : public forgetful_store {
public:
  enum class fault { none, before, after };
  fault next_header_fault = fault::none;
  int chunks_until_fault = -1;       ///< the put_chunk that fails; -1: none
  std::vector<std::string> removals; ///< what remove_overtaken and remove_pipeline were asked

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    removals.push_back(std::string(owner) + " " + std::string(topic) + " " + std::to_string(partition) +
                       " below generation " + std::to_string(generation) + " from " + std::to_string(offset));
    return std::uint64_t{0};
  }
  expected<void> remove_pipeline(std::string_view pipeline) override {
    removals.emplace_back(pipeline);
    return {};
  }
  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    auto now_failing = std::exchange(next_header_fault, fault::none);
    if (now_failing == fault::before)
      return fail(error_kind::timed_out, "lost on the way there", true);
    auto as_expected = forgetful_store::replace_header(next, expected_now);
    if (now_failing == fault::after)
      return fail(error_kind::timed_out, "lost on the way back", true);
    return as_expected;
  }
  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    if (chunks_until_fault == 0) {
      chunks_until_fault = -1;
      return fail(error_kind::unavailable, "no room for a chunk", true);
    }
    if (chunks_until_fault > 0)
      --chunks_until_fault;
    return forgetful_store::put_chunk(id, bytes);
  }
};

using throng::test::must;

checkpoint_identity identity_of(std::string owner = "city", std::int32_t partition = 0) {
  return {std::move(owner), "iot.readings", partition, "hash1", "cluster:iot.readings", 4};
}

checkpoint_entry set(std::string key, std::string value) {
  return {std::move(key), std::move(value)};
}

checkpoint_entry gone(std::string key) {
  return {std::move(key), std::nullopt};
}

using state = std::map<std::string, std::string>;

/// What a processor makes of a claim's entries.
state applied(const std::vector<checkpoint_entry>& entries) {
  state out;
  for (const auto& entry : entries) {
    if (entry.value)
      out[entry.key] = *entry.value;
    else
      out.erase(entry.key);
  }
  return out;
}

/// The ids of all chunks of the stored header's chains.
std::set<std::string> named_chunks(const faulty_store& store, const std::string& id = "city/iot.readings/0") {
  std::set<std::string> out;
  auto content = must(parse_header(store.stored_headers.at(id).content));
  for (const auto* chain : {&content.current, &content.previous})
    for (const auto& epoch : *chain)
      for (const auto& chunk : epoch.chunks)
        out.insert(chunk.id);
  return out;
}

std::set<std::string> kept_chunks(const faulty_store& store) {
  std::set<std::string> out;
  for (const auto& [id, bytes] : store.stored_chunks)
    out.insert(id);
  return out;
}

bool says(const error& what, std::string_view part) {
  return what.message.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(the first claim is fresh and begins at nothing) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  auto first = must(log.claim());
  CAF_CHECK(first.fresh);
  CAF_CHECK_EQUAL(first.generation, 1u);
  CAF_CHECK_EQUAL(first.next_offset, 0);
  CAF_CHECK_EQUAL(first.last.offset, -1);
  CAF_CHECK(first.entries.empty());
  CAF_CHECK(log.wants_base());
  CAF_CHECK_EQUAL(log.oldest_offset(), 0);
}

CAF_TEST(a claim gives base and deltas in the order in which they were saved) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1"), set("b", std::string("\0\xff", 2))}, true, 10, {9, 1'000, 42}));
  must(log.save({set("a", "2"), gone("b")}, false, 20, {19, 2'000, 43}));
  checkpoint_log next{store, identity_of(), "x"};
  auto claimed = must(next.claim());
  CAF_CHECK(!claimed.fresh);
  CAF_CHECK(!claimed.fell_back);
  CAF_CHECK_EQUAL(claimed.generation, 2u);
  CAF_CHECK_EQUAL(claimed.next_offset, 20);
  CAF_CHECK_EQUAL(claimed.last.offset, 19);
  CAF_CHECK_EQUAL(claimed.last.timestamp_ms, 2'000);
  CAF_CHECK_EQUAL(claimed.last.hash, 43u);
  CAF_REQUIRE_EQUAL(claimed.entries.size(), 4u);
  CAF_CHECK_EQUAL(claimed.entries[1].value.value_or(""), std::string("\0\xff", 2));
  CAF_CHECK(applied(claimed.entries) == (state{{"a", "2"}}));
}

CAF_TEST(a checkpoint of no entries moves the offset) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({}, true, 5, {4, 0, 0}));
  auto claimed = must(checkpoint_log(store, identity_of(), "x").claim());
  CAF_CHECK(!claimed.fresh);
  CAF_CHECK_EQUAL(claimed.next_offset, 5);
  CAF_CHECK(store.stored_chunks.empty());
}

CAF_TEST(state of any size goes into chunks of at most 8 MiB) {
  std::vector<checkpoint_entry> entries;
  std::uint64_t bits = 1;
  auto noise = [&](std::size_t size) {
    std::string out(size, '\0');
    for (auto& c : out) {
      bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
      c = static_cast<char>(bits >> 56U);
    }
    return out;
  };
  entries.push_back(set("larger than a chunk", noise(9U << 20U)));
  entries.push_back(set("", ""));
  entries.push_back(set("small", noise(100)));
  auto chunks = encode_chunks(entries);
  CAF_CHECK_EQUAL(chunks.size(), 2u);
  for (const auto& chunk : chunks)
    CAF_CHECK(chunk.size() <= max_chunk_bytes);
  auto back = must(decode_chunks(chunks));
  CAF_REQUIRE_EQUAL(back.size(), 3u);
  CAF_CHECK(back[0].value == entries[0].value);
  CAF_CHECK(back[1].value == "");
  CAF_CHECK(back[2].value == entries[2].value);
}

CAF_TEST(chunks that were damaged or cut are corrupt and never a crash) {
  auto chunks = encode_chunks({set("key", std::string(1'000, 'x')), gone("other")});
  CAF_REQUIRE_EQUAL(chunks.size(), 1u);
  CAF_CHECK(rc::check("every cut and every changed byte", [&] {
    auto bytes = chunks[0];
    if (*rc::gen::arbitrary<bool>())
      bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
    else
      bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^= static_cast<char>(*rc::gen::inRange(1, 256));
    RC_ASSERT(chunk_checksum(bytes) != chunk_checksum(chunks[0]));
    auto decoded = decode_chunks({bytes}); // the checksum stands before it; this must hold without
    if (!decoded)
      RC_ASSERT(decoded.error().kind == error_kind::corrupt);
  }));
}

CAF_TEST(a later claim fences the earlier one) {
  faulty_store store;
  checkpoint_log zombie{store, identity_of(), "w"};
  must(zombie.claim());
  must(zombie.save({set("a", "1")}, true, 10, {}));
  checkpoint_log owner{store, identity_of(), "x"};
  must(owner.claim());
  auto refused = zombie.save({set("a", "zombie")}, true, 99, {});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::fenced);
  must(owner.save({set("a", "2")}, false, 20, {}));
  auto claimed = must(checkpoint_log(store, identity_of(), "y").claim());
  CAF_CHECK(applied(claimed.entries) == (state{{"a", "2"}}));
  CAF_CHECK_EQUAL(claimed.next_offset, 20);
  CAF_CHECK(kept_chunks(store) == named_chunks(store)); // the zombie's chunk went with the next claim
}

CAF_TEST(every claim is kept with where it begins and removes what it overtakes) {
  faulty_store store;
  checkpoint_log first{store, identity_of(), "w"};
  must(first.claim());
  must(first.save({set("a", "1")}, true, 10, {}));
  must(checkpoint_log(store, identity_of(), "x").claim());
  must(checkpoint_log(store, identity_of("city", 3), "x").claim());
  CAF_CHECK_EQUAL(store.removals.at(1), "city iot.readings 0 below generation 2 from 10");
  std::string starts;
  for (const auto& each : must(generation_starts(store, "city")))
    starts += each.topic + "/" + std::to_string(each.partition) + ":" + std::to_string(each.generation) + "@" +
              std::to_string(each.offset) + " ";
  CAF_CHECK_EQUAL(starts, "iot.readings/0:1@0 iot.readings/0:2@10 iot.readings/3:1@0 ");
  CAF_CHECK(must(generation_starts(store, "cit")).empty());
  CAF_CHECK_EQUAL(must(generation_starts(store, "cit*")).size(), 3u);
}

CAF_TEST(a claim where nothing was saved overtakes all that generations before it wrote) {
  faulty_store store;
  must(checkpoint_log(store, identity_of(), "w").claim());
  auto again = must(checkpoint_log(store, identity_of(), "x").claim());
  CAF_CHECK(again.fresh);
  CAF_CHECK_EQUAL(store.removals.back(), "city iot.readings 0 below generation 2 from 0");
  CAF_CHECK_EQUAL(must(generation_starts(store, "city")).back().offset, 0);
}

CAF_TEST(a new base keeps the chain before it and drops the one before that) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  for (int i = 1; i <= 4; ++i) {
    must(log.save({set("base", std::to_string(i))}, true, i * 100, {}));
    must(log.save({set("delta", std::to_string(i))}, false, i * 100 + 50, {}));
    CAF_CHECK(kept_chunks(store) == named_chunks(store));
    CAF_CHECK_EQUAL(store.stored_chunks.size(), i == 1 ? 2u : 4u);
    CAF_CHECK_EQUAL(log.oldest_offset(), i == 1 ? 100 : (i - 1) * 100);
  }
}

CAF_TEST(deltas that outgrow their base ask for a new one) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  std::string noise;
  for (std::uint32_t i = 0; i < 3'000; ++i)
    noise.push_back(static_cast<char>(i * i * 2654435761U >> 21U));
  must(log.save({set("a", noise)}, true, 1, {}));
  CAF_CHECK(!log.wants_base());
  must(log.save({set("b", noise.substr(0, 100))}, false, 2, {}));
  CAF_CHECK(!log.wants_base());
  must(log.save({set("c", noise)}, false, 3, {}));
  CAF_CHECK(log.wants_base());
  must(log.save({set("a", noise)}, true, 4, {}));
  CAF_CHECK(!log.wants_base());
  CAF_CHECK(log.last_bytes() > 1'000);
}

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
  CAF_CHECK_EQUAL(must(generation_starts(store, "city")).back().offset, 20);
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

CAF_TEST(another identity is a conflict that says what differs and names reset) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  auto refused = [&](checkpoint_identity as) {
    auto claim = checkpoint_log(store, std::move(as), "x").claim();
    if (claim)
      return std::string("claimed");
    CAF_CHECK(claim.error().kind == error_kind::conflict);
    CAF_CHECK(says(claim.error(), "--reset"));
    return claim.error().message;
  };
  auto other = identity_of();
  other.definition = "hash2";
  CAF_CHECK(refused(other).find("another definition") != std::string::npos);
  other = identity_of();
  other.source = "file:/data/x.ndjson";
  CAF_CHECK(refused(other).find("file:/data/x.ndjson") != std::string::npos);
  other = identity_of();
  other.partitions = 8;
  CAF_CHECK(refused(other).find("4 partitions, and now there are 8") != std::string::npos);
  other.partition = 7; // has no header of its own, but its siblings tell
  CAF_CHECK(refused(other).find("4 partitions") != std::string::npos);
  other = identity_of();
  other.topic = "web.requests";
  other.definition = "hash2";
  CAF_CHECK(refused(other).find("iot.readings") != std::string::npos);
  CAF_CHECK_EQUAL(store.stored_headers.size(), 1u);
  CAF_CHECK_EQUAL(store.stored_headers.begin()->second.generation, 1u);
  auto recorder = identity_of("recorder:g");
  must(checkpoint_log(store, recorder, "x").claim());
  recorder.topic = "web.requests";
  recorder.definition = "another";
  must(checkpoint_log(store, recorder, "x").claim());
}

CAF_TEST(a reset deletes results and chunks and leaves raised empty headers for any identity) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  checkpoint_log other{store, identity_of("city2"), "w"};
  must(other.claim());
  must(other.save({set("b", "1")}, true, 10, {}));
  must(reset(store, "city"));
  CAF_CHECK_EQUAL(store.stored_chunks.size(), 1u);
  CAF_CHECK_EQUAL(store.removals.back(), "city");
  CAF_CHECK(log.save({set("a", "zombie")}, true, 20, {}).error().kind == error_kind::fenced);
  auto changed = identity_of();
  changed.definition = "hash2";
  auto claimed = must(checkpoint_log(store, changed, "x").claim());
  CAF_CHECK(claimed.fresh);
  CAF_CHECK_EQUAL(claimed.generation, 3u);
  CAF_CHECK_EQUAL(claimed.next_offset, 0);
  must(other.save({set("b", "2")}, false, 20, {}));
}

CAF_TEST(after the results of all were removed a claim is fresh with a greater generation) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  must(log.save({set("a", "1")}, true, 10, {}));
  must(store.remove_results());
  CAF_CHECK(log.save({}, false, 20, {}).error().kind == error_kind::fenced);
  auto claimed = must(checkpoint_log(store, identity_of(), "x").claim());
  CAF_CHECK(claimed.fresh);
  CAF_CHECK_EQUAL(claimed.generation, 2u);
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

CAF_TEST(names with slashes and percent signs have headers of their own) {
  CAF_CHECK_EQUAL(header_id("a/b", "c%d", 3), "a%2Fb/c%25d/3");
  CAF_CHECK(rc::check("an id gives back what it was made of", [](std::string owner, std::string topic) {
    auto partition = *rc::gen::inRange(0, 1'000);
    auto back = parse_header_id(header_id(owner, topic, partition));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->owner == owner);
    RC_ASSERT(back->topic == topic);
    RC_ASSERT(back->partition == partition);
  }));
  for (auto wrong : {"", "a", "a/b", "a/b/", "a/b/x", "a/b/1x"})
    CAF_CHECK(!parse_header_id(wrong));
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
