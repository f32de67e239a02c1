#include "storage/mongo_indexes.hpp"

#include <string>

#include <bson/bson.h>
#include <fmt/format.h>

#include "storage/bson_document.hpp"
#include "storage/layout.hpp"

namespace throng::storage {

namespace {

expected<void> make_indexes_of(mongo_database& in, analytics::collection which) {
  bson_document ask;
  append_text(ask, "createIndexes", analytics::name(which));
  bson_t list;
  bson_append_array_begin(ask, "indexes", -1, &list);
  std::size_t number = 0;
  auto add = [&](const index_fields& fields, bool of_tombstones) {
    bson_t index;
    bson_t key;
    std::string name;
    bson_append_document_begin(&list, fmt::to_string(number++).c_str(), -1, &index);
    bson_append_document_begin(&index, "key", -1, &key);
    for (auto field : fields) {
      bson_append_int32(&key, field.data(), static_cast<int>(field.size()), 1);
      name += fmt::format("{}{}", name.empty() ? "" : "_", field);
    }
    bson_append_document_end(&index, &key);
    append_text(&index, "name", of_tombstones ? "tombstones" : name);
    if (of_tombstones)
      BCON_APPEND(&index, "partialFilterExpression", "{", "deleted", BCON_BOOL(true), "}");
    bson_append_document_end(&list, &index);
  };
  for (const auto& fields : layout_of(which).indexes)
    add(fields, false);
  add({"generation"}, true);
  bson_append_array_end(ask, &list);
  return in.command(ask);
}

} // namespace

expected<void> make_indexes(mongo_database& in) {
  for (auto which : all_collections)
    if (auto made = make_indexes_of(in, which); !made)
      return made;
  return {};
}

} // namespace throng::storage
