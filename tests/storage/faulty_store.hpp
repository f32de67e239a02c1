// A store that fails on demand, and short words for what checkpoints are made of.
#pragma once

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

namespace throng::storage::test {

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

inline checkpoint_identity identity_of(std::string owner = "city", std::int32_t partition = 0) {
  return {std::move(owner), "iot.readings", partition, "hash1", "cluster:iot.readings", 4};
}

inline checkpoint_entry set(std::string key, std::string value) {
  return {std::move(key), std::move(value)};
}

inline checkpoint_entry gone(std::string key) {
  return {std::move(key), std::nullopt};
}

using state = std::map<std::string, std::string>;

/// What a processor makes of a claim's entries.
inline state applied(const std::vector<checkpoint_entry>& entries) {
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
inline std::set<std::string> named_chunks(const faulty_store& store, const std::string& id = "city/iot.readings/0") {
  std::set<std::string> out;
  auto content = must(parse_header(store.stored_headers.at(id).content));
  for (const auto* chain : {&content.current, &content.previous})
    for (const auto& epoch : *chain)
      for (const auto& chunk : epoch.chunks)
        out.insert(chunk.id);
  return out;
}

inline std::set<std::string> kept_chunks(const faulty_store& store) {
  std::set<std::string> out;
  for (const auto& [id, bytes] : store.stored_chunks)
    out.insert(id);
  return out;
}

inline bool says(const error& what, std::string_view part) {
  return what.message.find(part) != std::string::npos;
}

} // namespace throng::storage::test
