#include "storage/mongo_results.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <bson/bson.h>
#include <fmt/format.h>

#include "storage/bson_codec.hpp"
#include "storage/bson_document.hpp"
#include "storage/layout.hpp"
#include "storage/mongo_filter.hpp"

namespace throng::storage {

namespace {

using chosen_documents = std::vector<const stamped_document*>;

// Documents that another writer changes between our look and our next try: each round one of the two has gone on.
constexpr int max_guard_rounds = 8;

stamp stamp_of(const bson_t* document) {
  return {unsigned_at(document, "generation"), unsigned_at(document, "write")};
}

/// An unordered bulk has no last: of one id, only what would stay is sent. Counts the others as written: by what they give way to.
chosen_documents choose(std::span<const stamped_document> batch, analytics::collection which, write_summary& sum) {
  std::unordered_map<std::string_view, const stamped_document*> by_id;
  for (const auto& each : batch) {
    if (each.what->into != which)
      continue;
    auto [found, is_new] = by_id.try_emplace(each.what->id, &each);
    if (is_new)
      continue;
    ++sum.written;
    auto stays = std::pair(found->second->as.generation, found->second->as.write);
    if (std::pair(each.as.generation, each.as.write) >= stays)
      found->second = &each;
  }
  chosen_documents out;
  for (const auto& each : batch)
    if (each.what->into == which && by_id.at(each.what->id) == &each)
      out.push_back(&each);
  return out;
}

expected<void> add_guarded(mongo_database::bulk& to, const stamped_document& each) {
  const auto& what = *each.what;
  auto generation = static_cast<std::int64_t>(each.as.generation);
  auto write = static_cast<std::int64_t>(each.as.write);
  bson_document filter;
  append_text(filter, "_id", what.id);
  BCON_APPEND(filter, "$or", "[", "{", "generation", "{", "$lt", BCON_INT64(generation), "}", "}", "{", "generation",
              BCON_INT64(generation), "write", "{", "$lte", BCON_INT64(write), "}", "}", "]");
  bson_document document;
  append_text(document, "_id", what.id);
  if (!append_body(document, what.body, analytics::time_fields(what.into)))
    return too_large(what.id);
  append_unsigned(document, "generation", each.as.generation);
  append_unsigned(document, "write", each.as.write);
  bson_append_int64(document, "offset", -1, what.offset);
  if (what.superseded)
    bson_append_bool(document, "deleted", -1, true);
  else if (!what.state.empty())
    append_bytes(document, "state", what.state);
  return to.add(filter, document);
}

/// Counts what was fenced or done before, and gives back what is to be written again.
expected<chosen_documents> judge(mongo_database& in, const std::string& collection, const chosen_documents& turned_down,
                                 write_summary& sum) {
  chosen_documents again;
  if (turned_down.empty())
    return again;
  std::vector<std::string_view> ids;
  for (const auto* each : turned_down)
    ids.push_back(each->what->id);
  bson_document filter;
  append_ids(filter, ids);
  bson_document options;
  BCON_APPEND(options, "projection", "{", "generation", BCON_INT32(1), "write", BCON_INT32(1), "}");
  std::unordered_map<std::string, stamp> standing;
  auto read = in.for_each(collection, filter, options, [&](const bson_t* found) -> expected<void> {
    standing[text_at(found, "_id")] = stamp_of(found);
    return {};
  });
  if (!read)
    return tl::unexpected(read.error());
  for (const auto* each : turned_down) {
    auto found = standing.find(each->what->id);
    if (found == standing.end() || found->second.generation < each->as.generation)
      again.push_back(each);
    else if (found->second.generation > each->as.generation)
      ++sum.fenced;
    else if (found->second.write > each->as.write)
      ++sum.repeated;
    else
      again.push_back(each);
  }
  return again;
}

/// An upsert whose guard fails tries to insert, and finds the id taken: what stands there decides what that means.
expected<void> write_chosen(mongo_database& to, const std::string& collection, chosen_documents chosen,
                            write_summary& sum) {
  for (int round = 0; round < max_guard_rounds && !chosen.empty(); ++round) {
    chosen_documents turned_down;
    { // The bulk's client is given back before the next is asked for.
      auto bulk = to.begin_bulk(collection);
      if (!bulk)
        return tl::unexpected(bulk.error());
      for (const auto* each : chosen)
        if (auto added = add_guarded(*bulk, *each); !added)
          return added;
      auto taken = bulk->execute();
      if (!taken)
        return tl::unexpected(taken.error());
      for (auto index : *taken)
        turned_down.push_back(chosen.at(index));
    }
    sum.written += chosen.size() - turned_down.size();
    auto again = judge(to, collection, turned_down, sum);
    if (!again)
      return tl::unexpected(again.error());
    chosen = std::move(*again);
  }
  if (!chosen.empty())
    return fail(error_kind::unavailable,
                fmt::format("document {} keeps changing under this write", chosen.front()->what->id), true);
  return {};
}

} // namespace

expected<write_summary> write_guarded(mongo_database& to, std::span<const stamped_document> batch) {
  if (auto may = to.writable(); !may)
    return tl::unexpected(may.error());
  write_summary sum;
  for (auto which : all_collections)
    if (auto written = write_chosen(to, std::string(analytics::name(which)), choose(batch, which, sum), sum); !written)
      return tl::unexpected(written.error());
  return sum;
}

expected<stored_document> read_stored(const bson_t* from) {
  auto body = read_body(from);
  if (!body)
    return tl::unexpected(body.error());
  return stored_document{text_at(from, "_id"), std::move(*body), bytes_at(from, "state"), stamp_of(from),
                         integer_at(from, "offset")};
}

} // namespace throng::storage
