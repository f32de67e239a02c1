#include "storage/mongo_checkpoints.hpp"

#include <bson/bson.h>

#include "storage/bson_document.hpp"
#include "storage/layout.hpp"
#include "storage/mongo_filter.hpp"

namespace throng::storage {

namespace {

constexpr const char* headers_name = "checkpoints";

expected<header_document> header_of(const bson_t* found) {
  return header_document{text_at(found, "_id"), unsigned_at(found, "epoch"), unsigned_at(found, "generation"),
                         text_at(found, "writer"), text_at(found, "content")};
}

} // namespace

expected<std::optional<header_document>> mongo_checkpoints::header(std::string_view id) {
  bson_document filter;
  append_text(filter, "_id", id);
  auto found = headers_where(filter);
  if (!found)
    return tl::unexpected(found.error());
  if (found->empty())
    return std::nullopt;
  return std::move(found->front());
}

expected<std::vector<header_document>> mongo_checkpoints::headers(std::string_view prefix) {
  bson_document filter;
  append_id_prefix(filter, prefix);
  return headers_where(filter);
}

expected<std::vector<header_document>> mongo_checkpoints::headers_where(bson_t* filter) {
  bson_document options;
  append_sort_by_id(options);
  return in_->collect(headers_name, filter, options, header_of);
}

expected<bool> mongo_checkpoints::replace_header(const header_document& next,
                                                 const std::optional<header_document>& expected_now) {
  bson_document document;
  append_text(document, "_id", next.id);
  append_unsigned(document, "epoch", next.epoch);
  append_unsigned(document, "generation", next.generation);
  append_text(document, "writer", next.writer);
  append_text(document, "content", next.content);
  if (!expected_now)
    return in_->insert(headers_name, document);
  bson_document filter;
  append_text(filter, "_id", next.id);
  append_unsigned(filter, "epoch", expected_now->epoch);
  append_text(filter, "writer", expected_now->writer);
  return in_->replace(headers_name, filter, document);
}

expected<void> mongo_checkpoints::empty_headers() {
  bson_document change;
  BCON_APPEND(change, "$inc", "{", "epoch", BCON_INT64(1), "}", "$set", "{", "writer", "", "content", "", "}");
  bson_document others;
  const std::string first{source_positions_prefix};
  const auto end = end_of_prefix(source_positions_prefix);
  BCON_APPEND(others, "$or", "[", "{", "_id", "{", "$lt", first.c_str(), "}", "}", "{", "_id", "{", "$gte", end.c_str(),
              "}", "}", "]");
  return in_->update_all(headers_name, others, change);
}

expected<void> mongo_checkpoints::put_chunk(std::string_view id, std::string_view bytes) {
  bson_document filter;
  append_text(filter, "_id", id);
  bson_document document;
  append_text(document, "_id", id);
  append_bytes(document, "bytes", bytes);
  return in_->upsert(chunks_name, filter, document);
}

expected<std::optional<std::string>> mongo_checkpoints::chunk(std::string_view id) {
  bson_document filter;
  append_text(filter, "_id", id);
  bson_document options;
  std::optional<std::string> out;
  auto read = in_->for_each(chunks_name, filter, options, [&](const bson_t* found) -> expected<void> {
    out = bytes_at(found, "bytes");
    return {};
  });
  if (!read)
    return tl::unexpected(read.error());
  return out;
}

expected<std::vector<std::string>> mongo_checkpoints::chunk_ids(std::string_view prefix) {
  bson_document filter;
  append_id_prefix(filter, prefix);
  bson_document options;
  BCON_APPEND(options, "projection", "{", "_id", BCON_INT32(1), "}");
  append_sort_by_id(options);
  return in_->collect(chunks_name, filter, options,
                      [](const bson_t* found) -> expected<std::string> { return text_at(found, "_id"); });
}

expected<void> mongo_checkpoints::remove_chunks(const std::vector<std::string>& ids) {
  if (ids.empty())
    return {};
  bson_document filter;
  append_ids(filter, {ids.begin(), ids.end()});
  return in_->remove(chunks_name, filter).map([](std::uint64_t) {});
}

} // namespace throng::storage
