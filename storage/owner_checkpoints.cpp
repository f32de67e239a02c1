#include "storage/owner_checkpoints.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "storage/checkpoint_chain.hpp"
#include "storage/layout.hpp"

namespace throng::storage {

namespace {

/// Raises a header's generation and empties it, whoever holds it.
expected<header_document> empty_header(result_store& store, header_document header) {
  for (int round = 0; round < max_replacement_rounds; ++round) {
    header_document next{header.id, header.epoch + 1, header.generation + 1, "", ""};
    auto replaced = store.replace_header(next, header);
    if (!replaced)
      return tl::unexpected(replaced.error());
    if (*replaced)
      return next;
    auto now = store.header(header.id);
    if (!now)
      return tl::unexpected(now.error());
    if (!*now)
      return next;
    header = std::move(**now);
  }
  return fail(error_kind::unavailable, fmt::format("{}: others keep claiming it; stop them before --reset", header.id),
              true);
}

/// Calls `see(identity)` for each checkpoint there is; those that were reset have none.
template <class See>
expected<void> for_each_identity(result_store& store, std::string_view prefix, See&& see) {
  auto headers = store.headers(prefix);
  if (!headers)
    return tl::unexpected(headers.error());
  for (const auto& header : *headers) {
    if (header.content.empty() || header.id.starts_with(source_positions_prefix))
      continue;
    auto content = parse_header(header.content);
    if (!content)
      return fail(content.error().kind, fmt::format("{}: {}", header.id, content.error().message));
    see(content->identity);
  }
  return {};
}

} // namespace

expected<void> reset(result_store& store, const std::string& owner) {
  auto headers = store.headers(header_prefix(owner));
  if (!headers)
    return tl::unexpected(headers.error());
  for (const auto& header : *headers) {
    // First, so that whoever still writes is fenced before its results go.
    auto emptied = empty_header(store, header);
    if (!emptied)
      return tl::unexpected(emptied.error());
    auto chunks = store.chunk_ids(chunk_prefix(header.id));
    if (!chunks)
      return tl::unexpected(chunks.error());
    if (auto removed = store.remove_chunks(*chunks); !removed)
      return removed;
    auto whose = parse_header_id(header.id);
    if (!whose)
      continue;
    auto removed = store.remove_overtaken(owner, whose->topic, whose->partition, emptied->generation,
                                          std::numeric_limits<std::int64_t>::min());
    if (!removed)
      return tl::unexpected(removed.error());
  }
  return store.remove_pipeline(owner);
}

expected<std::vector<generation_start>> generation_starts(result_store& store, const std::string& owner) {
  auto prefix = header_prefix(owner);
  if (owner.ends_with('*')) {
    prefix = header_prefix(owner.substr(0, owner.size() - 1));
    prefix.pop_back();
  }
  auto headers = store.headers(prefix);
  if (!headers)
    return tl::unexpected(headers.error());
  std::vector<generation_start> out;
  for (const auto& header : *headers) {
    auto whose = parse_header_id(header.id);
    if (!whose)
      continue;
    if (header.content.empty()) { // reset: nothing from before it counts
      out.push_back({whose->owner, whose->topic, whose->partition, header.generation, 0});
      continue;
    }
    auto content = parse_header(header.content);
    if (!content)
      return fail(content.error().kind, fmt::format("{}: {}", header.id, content.error().message));
    std::move(content->starts.begin(), content->starts.end(), std::back_inserter(out));
  }
  return out;
}

expected<std::vector<std::string>> owners_over(result_store& store, std::string_view source_prefix) {
  std::vector<std::string> owners;
  auto seen = for_each_identity(store, "", [&](const checkpoint_identity& identity) {
    if (identity.source.starts_with(source_prefix) && (owners.empty() || owners.back() != identity.owner))
      owners.push_back(identity.owner); // headers come by id, which begins with the owner
  });
  if (!seen)
    return tl::unexpected(seen.error());
  return owners;
}

expected<std::optional<std::string>> known_source(result_store& store, const std::string& owner,
                                                  const std::string& topic) {
  std::optional<std::string> source;
  auto seen = for_each_identity(store, header_prefix(owner), [&](const checkpoint_identity& identity) {
    if (identity.topic == topic)
      source = identity.source;
  });
  if (!seen)
    return tl::unexpected(seen.error());
  return source;
}

} // namespace throng::storage
