// Documents for the conformance suite, and short words for what it asks of a store.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

#include "must.hpp"
#include "storage/result_store.hpp"

namespace {

/// Empty of documents, chunks and records; header ids of earlier tests may stand. Defined by the suite.
throng::storage::result_store& fresh_store();

namespace conformance {

namespace json = boost::json;
using namespace throng;
using namespace throng::storage;
using analytics::collection;
using analytics::document;
using compare = condition::comparison;

using throng::test::must;

inline document make(collection into, std::string id, json::object body, std::int64_t offset = 0,
                     std::string state = {}) {
  return {into, std::move(id), std::move(body), std::move(state), false, false, offset};
}

inline document window(std::string id, std::int64_t start, std::int64_t offset = 0, std::int64_t partition = 0) {
  return make(collection::windows, std::move(id),
              {{"pipeline", "p"},
               {"window", "w"},
               {"start", start},
               {"end", start + 60'000},
               {"group", {{"district", "north"}}},
               {"group_key", "north"},
               {"partition", partition},
               {"events", 3}},
              offset);
}

inline document tombstone(document of) {
  of.superseded = true;
  of.state.clear();
  return of;
}

inline expected<write_summary> write(result_store& to, const std::vector<document>& documents, stamp as) {
  std::vector<stamped_document> batch;
  for (const auto& each : documents)
    batch.push_back({&each, as});
  return to.write(batch);
}

inline std::vector<stored_document> all(result_store& from, collection of = collection::windows) {
  return must(from.find({of, {}, "", false, 0}));
}

inline std::vector<std::string> ids(const std::vector<stored_document>& documents) {
  std::vector<std::string> out;
  for (const auto& each : documents)
    out.push_back(each.id);
  return out;
}

using names = std::vector<std::string>;

inline names found(result_store& in, find_query query) {
  return ids(must(in.find(query)));
}

} // namespace conformance

} // namespace
