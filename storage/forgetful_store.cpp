#include "storage/forgetful_store.hpp"

namespace throng::storage {

namespace {

/// The entries of a map whose keys begin with a prefix.
template <class Map, class See>
void for_prefix(const Map& in, std::string_view prefix, See&& see) {
  for (auto at = in.lower_bound(prefix); at != in.end() && std::string_view{at->first}.starts_with(prefix); ++at)
    see(*at);
}

} // namespace

expected<std::optional<header_document>> forgetful_store::header(std::string_view id) {
  std::lock_guard guard{mutex_};
  auto found = stored_headers.find(id);
  return found == stored_headers.end() ? std::nullopt : std::optional{found->second};
}

expected<std::vector<header_document>> forgetful_store::headers(std::string_view prefix) {
  std::lock_guard guard{mutex_};
  std::vector<header_document> out;
  for_prefix(stored_headers, prefix, [&](const auto& each) { out.push_back(each.second); });
  return out;
}

expected<bool> forgetful_store::replace_header(const header_document& next,
                                               const std::optional<header_document>& expected_now) {
  std::lock_guard guard{mutex_};
  auto found = stored_headers.find(next.id);
  auto as_expected = found == stored_headers.end() ? !expected_now
                                                   : expected_now && found->second.epoch == expected_now->epoch &&
                                                         found->second.writer == expected_now->writer;
  if (as_expected)
    stored_headers.insert_or_assign(next.id, next);
  return as_expected;
}

expected<void> forgetful_store::put_chunk(std::string_view id, std::string_view bytes) {
  std::lock_guard guard{mutex_};
  stored_chunks.insert_or_assign(std::string{id}, std::string{bytes});
  return {};
}

expected<std::optional<std::string>> forgetful_store::chunk(std::string_view id) {
  std::lock_guard guard{mutex_};
  auto found = stored_chunks.find(id);
  return found == stored_chunks.end() ? std::nullopt : std::optional{found->second};
}

expected<std::vector<std::string>> forgetful_store::chunk_ids(std::string_view prefix) {
  std::lock_guard guard{mutex_};
  std::vector<std::string> out;
  for_prefix(stored_chunks, prefix, [&](const auto& each) { out.push_back(each.first); });
  return out;
}

expected<void> forgetful_store::remove_chunks(const std::vector<std::string>& ids) {
  std::lock_guard guard{mutex_};
  for (const auto& id : ids)
    stored_chunks.erase(id);
  return {};
}

expected<void> forgetful_store::remove_results() {
  std::lock_guard guard{mutex_};
  stored_chunks.clear();
  for (auto& [id, header] : stored_headers)
    header = {id, header.epoch + 1, header.generation, "", ""};
  return {};
}

} // namespace throng::storage
