// A store that keeps headers and chunks in memory and forgets everything else: what a store is made of that keeps nothing for later
// (passing_store), and one that fails on demand (tests).
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "storage/result_store.hpp"

namespace throng::storage {

/// Thread-safe, as every store.
class forgetful_store : public result_store {
public:
  forgetful_store() = default;
  /// What is stored so far, for a test that goes on from it twice.
  forgetful_store(const forgetful_store& of)
      : result_store{of}
      , stored_headers{of.stored_headers}
      , stored_chunks{of.stored_chunks} {}
  forgetful_store& operator=(const forgetful_store& of) {
    stored_headers = of.stored_headers;
    stored_chunks = of.stored_chunks;
    return *this;
  }

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    return write_summary{batch.size(), 0, 0};
  }
  expected<std::vector<stored_document>> find(const find_query&) override {
    return std::vector<stored_document>{};
  }
  expected<std::uint64_t> remove(const find_query&) override {
    return std::uint64_t{0};
  }
  expected<std::uint64_t> remove_overtaken(std::string_view, std::string_view, std::int32_t, std::uint64_t,
                                           std::int64_t) override {
    return std::uint64_t{0};
  }
  expected<void> remove_pipeline(std::string_view) override {
    return {};
  }
  expected<std::optional<header_document>> header(std::string_view id) override;
  expected<std::vector<header_document>> headers(std::string_view prefix) override;
  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override;
  expected<void> put_chunk(std::string_view id, std::string_view bytes) override;
  expected<std::optional<std::string>> chunk(std::string_view id) override;
  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override;
  expected<void> remove_chunks(const std::vector<std::string>& ids) override;
  expected<void> put_records(std::string_view, std::span<const record>) override {
    return {};
  }
  expected<std::vector<boost::json::object>> records(std::string_view) override {
    return std::vector<boost::json::object>{};
  }
  expected<void> remove_records(std::string_view) override {
    return {};
  }
  expected<void> remove_results() override;
  expected<std::vector<collection_stats>> stats() override {
    return std::vector<collection_stats>{};
  }

  // For tests, which look and change between calls.
  std::map<std::string, header_document, std::less<>> stored_headers;
  std::map<std::string, std::string, std::less<>> stored_chunks;

private:
  std::mutex mutex_;
};

} // namespace throng::storage
