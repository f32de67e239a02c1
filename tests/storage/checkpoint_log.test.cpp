#define CAF_SUITE storage.checkpoint_log

#include "faulty_store.hpp"

using namespace throng;
using namespace throng::storage;
using namespace throng::storage::test;

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
  CAF_CHECK(must(generation_starts(store, "city")).back().offset == 0);
}

CAF_TEST(a new base keeps the chain before it and drops the one before that) {
  faulty_store store;
  checkpoint_log log{store, identity_of(), "w"};
  must(log.claim());
  for (int i = 1; i <= 4; ++i) {
    must(log.save({set("base", std::to_string(i))}, true, i * 100LL, {}));
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
