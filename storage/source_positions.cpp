#include "storage/source_positions.hpp"

#include <utility>

#include <fmt/format.h>

#include "storage/checkpoint_header.hpp"
#include "storage/layout.hpp"

namespace throng::storage {

namespace {

/// Without a slash, so that it is no checkpoint's id.
std::string id_of(const std::string& source) {
  std::string id{source_positions_prefix};
  for (const char c : source)
    id += c == '%' ? "%25" : c == '/' ? "%2F" : std::string{c};
  return id;
}

} // namespace

source_position_claim::source_position_claim(result_store& store, const std::string& source, std::string writer)
    : store_(&store)
    , source_(source)
    , writer_(std::move(writer)) {}

expected<bool> source_position_claim::replace(const std::optional<header_document>& now, std::string text) {
  header_document next{id_of(source_), now ? now->epoch + 1 : 1, now ? now->generation : 0, writer_, std::move(text)};
  auto replaced = store_->replace_header(next, now);
  if (!replaced)
    return tl::unexpected{replaced.error()};
  if (*replaced)
    held_ = std::move(next);
  return *replaced;
}

expected<std::optional<std::string>> source_position_claim::claim() {
  for (int round = 0; round < max_replacement_rounds; ++round) {
    auto stands = store_->header(id_of(source_));
    if (!stands)
      return tl::unexpected{stands.error()};
    auto text = *stands ? (*stands)->content : std::string{};
    auto replaced = replace(*stands, text);
    if (!replaced)
      return tl::unexpected{replaced.error()};
    if (*replaced)
      return text.empty() ? std::nullopt : std::optional{std::move(text)};
  }
  return fail(error_kind::unavailable, fmt::format("source {}: others keep claiming its position", source_), true);
}

expected<void> source_position_claim::save(const std::string& text) {
  auto replaced = replace(held_, text);
  if (!replaced) {
    // It may have been written all the same: what stands there says.
    auto stands = store_->header(id_of(source_));
    if (!stands || !*stands || (*stands)->writer != writer_ || (*stands)->epoch != held_->epoch + 1)
      return tl::unexpected{replaced.error()};
    held_ = std::move(**stands);
    return {};
  }
  if (!*replaced)
    return fail(error_kind::fenced, fmt::format("source {}: another process reads it now; one at a time may", source_));
  return {};
}

} // namespace throng::storage
