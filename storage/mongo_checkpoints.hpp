// Checkpoint headers and chunks in a MongoDB database: result_store's primitives, word for word. Which to trust is checkpoint_log's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/mongo_database.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

class mongo_checkpoints {
public:
  explicit mongo_checkpoints(mongo_database& in)
      : in_(&in) {}

  expected<std::optional<header_document>> header(std::string_view id);
  expected<std::vector<header_document>> headers(std::string_view prefix);
  expected<bool> replace_header(const header_document& next, const std::optional<header_document>& expected_now);
  /// Fences whoever holds a header: a raised epoch, no writer, no content.
  expected<void> empty_headers();

  expected<void> put_chunk(std::string_view id, std::string_view bytes);
  expected<std::optional<std::string>> chunk(std::string_view id);
  expected<std::vector<std::string>> chunk_ids(std::string_view prefix);
  expected<void> remove_chunks(const std::vector<std::string>& ids);

  static constexpr const char* chunks_name = "checkpoint_chunks";

private:
  expected<std::vector<header_document>> headers_where(bson_t* filter);

  mongo_database* in_;
};

} // namespace throng::storage
