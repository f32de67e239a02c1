#include "storage/passing_store.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace throng::storage {

namespace {

/// The entries of a map whose keys begin with a prefix.
template <class Map, class See>
void for_prefix(const Map& in, std::string_view prefix, See&& see) {
  for (auto at = in.lower_bound(prefix); at != in.end() && std::string_view{at->first}.starts_with(prefix); ++at)
    see(*at);
}

class passing_store final : public result_store {
public:
  explicit passing_store(document_sink see)
      : see_(std::move(see)) {}

  expected<write_summary> write(std::span<const stamped_document> batch) override {
    std::lock_guard guard{mutex_};
    if (see_)
      if (auto seen = see_(batch); !seen)
        return tl::unexpected(seen.error());
    return write_summary{batch.size(), 0, 0};
  }

  expected<std::vector<stored_document>> find(const find_query&) override {
    return std::vector<stored_document>{};
  }
  expected<std::uint64_t> remove_overtaken(std::string_view, std::string_view, std::int32_t, std::uint64_t,
                                           std::int64_t) override {
    return std::uint64_t{0};
  }
  expected<void> remove_pipeline(std::string_view) override {
    return {};
  }

  expected<std::optional<header_document>> header(std::string_view id) override {
    std::lock_guard guard{mutex_};
    auto found = headers_.find(id);
    return found == headers_.end() ? std::nullopt : std::optional{found->second};
  }
  expected<std::vector<header_document>> headers(std::string_view prefix) override {
    std::lock_guard guard{mutex_};
    std::vector<header_document> out;
    for_prefix(headers_, prefix, [&](const auto& each) { out.push_back(each.second); });
    return out;
  }
  expected<bool> replace_header(const header_document& next,
                                const std::optional<header_document>& expected_now) override {
    std::lock_guard guard{mutex_};
    auto found = headers_.find(next.id);
    auto as_expected = found == headers_.end() ? !expected_now
                                               : expected_now && found->second.epoch == expected_now->epoch &&
                                                     found->second.writer == expected_now->writer;
    if (as_expected)
      headers_.insert_or_assign(next.id, next);
    return as_expected;
  }
  expected<void> put_chunk(std::string_view id, std::string_view bytes) override {
    std::lock_guard guard{mutex_};
    chunks_.insert_or_assign(std::string{id}, std::string{bytes});
    return {};
  }
  expected<std::optional<std::string>> chunk(std::string_view id) override {
    std::lock_guard guard{mutex_};
    auto found = chunks_.find(id);
    return found == chunks_.end() ? std::nullopt : std::optional{found->second};
  }
  expected<std::vector<std::string>> chunk_ids(std::string_view prefix) override {
    std::lock_guard guard{mutex_};
    std::vector<std::string> out;
    for_prefix(chunks_, prefix, [&](const auto& each) { out.push_back(each.first); });
    return out;
  }
  expected<void> remove_chunks(const std::vector<std::string>& ids) override {
    std::lock_guard guard{mutex_};
    for (const auto& id : ids)
      chunks_.erase(id);
    return {};
  }

  expected<void> put_records(std::string_view, std::span<const record>) override {
    return {};
  }
  expected<std::vector<boost::json::object>> records(std::string_view) override {
    return std::vector<boost::json::object>{};
  }
  expected<void> remove_records(std::string_view) override {
    return {};
  }
  expected<void> remove_results() override {
    return {};
  }
  expected<std::vector<collection_stats>> stats() override {
    return std::vector<collection_stats>{};
  }

private:
  document_sink see_;
  std::mutex mutex_;
  std::map<std::string, header_document, std::less<>> headers_;
  std::map<std::string, std::string, std::less<>> chunks_;
};

} // namespace

std::unique_ptr<result_store> make_passing_store(document_sink see) {
  return std::make_unique<passing_store>(std::move(see));
}

} // namespace throng::storage
