// A result store in memory, with the guards of the real ones and faults on demand. Synchronous.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/json/serialize.hpp>

#include "storage/forgetful_store.hpp"

namespace throng::actors::test {

class memory_store : public storage::forgetful_store {
public:
  struct row {
    analytics::document what;
    storage::stamp as;
    friend bool operator==(const row& a, const row& b) {
      return a.what.id == b.what.id && a.what.body == b.what.body && a.what.superseded == b.what.superseded;
    }
  };

  std::map<std::string, row> documents;
  std::size_t writes = 0;               ///< calls of write()
  std::vector<std::size_t> batch_sizes; ///< of each
  /// Asked before each write; may return an error or throw.
  std::function<expected<void>(std::span<const storage::stamped_document>)> before_write;
  /// Asked before a checkpoint's header is replaced.
  std::function<expected<void>()> before_header;

  /// What was stored, without stamps: id to body as text.
  std::map<std::string, std::string> results() const {
    std::map<std::string, std::string> all;
    for (const auto& [id, x] : documents)
      if (!x.what.superseded)
        all.emplace(id, boost::json::serialize(x.what.body));
    return all;
  }

  expected<storage::write_summary> write(std::span<const storage::stamped_document> batch) override {
    ++writes;
    batch_sizes.push_back(batch.size());
    if (before_write)
      if (auto may = before_write(batch); !may)
        return tl::unexpected<error>(may.error());
    storage::write_summary summary;
    for (const auto& x : batch) {
      auto found = documents.find(x.what->id);
      if (found != documents.end() && found->second.as.generation > x.as.generation) {
        ++summary.fenced;
      } else if (found != documents.end() && found->second.as.generation == x.as.generation &&
                 found->second.as.write > x.as.write) {
        ++summary.repeated;
      } else {
        documents[x.what->id] = {*x.what, x.as};
        ++summary.written;
      }
    }
    return summary;
  }

  expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view, std::int32_t partition,
                                           std::uint64_t generation, std::int64_t offset) override {
    return std::erase_if(documents, [&](const auto& x) {
      const auto& body = x.second.what.body;
      return body.at("pipeline").as_string() == owner && body.at("partition").as_int64() == partition &&
             x.second.as.generation < generation && x.second.what.offset >= offset;
    });
  }

  expected<bool> replace_header(const storage::header_document& next,
                                const std::optional<storage::header_document>& expected_now) override {
    if (before_header)
      if (auto may = before_header(); !may)
        return tl::unexpected<error>(may.error());
    return forgetful_store::replace_header(next, expected_now);
  }

  // What no actor of the analysis calls.
  expected<std::vector<storage::stored_document>> find(const storage::find_query&) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<std::uint64_t> remove(const storage::find_query&) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<void> remove_pipeline(std::string_view) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<void> put_records(std::string_view, std::span<const storage::record>) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<std::vector<boost::json::object>> records(std::string_view) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<void> remove_records(std::string_view) override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<void> remove_results() override {
    return fail(error_kind::internal, "not asked for");
  }
  expected<std::vector<storage::collection_stats>> stats() override {
    return fail(error_kind::internal, "not asked for");
  }
};

} // namespace throng::actors::test
