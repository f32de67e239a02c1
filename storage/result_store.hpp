// Where results, checkpoints and runs are kept. One interface, SQLite and MongoDB behind it, the same answers from both.
// Merging partials is the query layer's work; which checkpoint to trust is checkpoint_log's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "analytics/results.hpp"
#include "config/error.hpp"

namespace throng::storage {

/// Stands on every document that a processor writes; what guards it against a zombie (semantics.md 6).
struct stamp {
  std::uint64_t generation = 0;
  std::uint64_t write = 0; ///< rises within a generation
};

struct stamped_document {
  const analytics::document* what = nullptr;
  stamp as;
};

/// How each of a batch went, in sum.
struct write_summary {
  std::uint64_t written = 0;  ///< also over the same stamp: writing again what a time-out left in doubt changes nothing
  std::uint64_t repeated = 0; ///< a greater write of this generation stands there: done before
  std::uint64_t fenced = 0;   ///< a greater generation stands there: this writer is a zombie
};

/// What a query may ask of the store itself: indexed fields only.
struct condition {
  enum class comparison { eq, in, lt, lte, gt, gte };
  std::string field; ///< of `queryable_fields(collection)`, or the stamp's `offset`
  comparison is = comparison::eq;
  boost::json::value value; ///< int64 ms for times; an array for `in`
};

struct find_query {
  analytics::collection from = analytics::collection::windows;
  std::vector<condition> conditions; ///< all must hold
  std::string order_by;              ///< empty: by id; ties by id
  bool descending = false;
  std::size_t limit = 0; ///< 0: all
};

struct stored_document {
  std::string id;
  boost::json::object body; ///< as it was written: times as int64 ms
  std::string state;
  stamp as;
  std::int64_t offset = -1;
};

/// One checkpoint header: owned by the (owner, topic, partition) in `id`. `content` is checkpoint_log's.
struct header_document {
  std::string id;
  std::uint64_t epoch = 0;
  std::uint64_t generation = 0;
  std::string writer;  ///< unique to the process and claim
  std::string content; ///< opaque text (JSON)
};

/// A plain record, a run, a book of the world or an input: its id and body.
using record = std::pair<std::string, boost::json::object>;

struct collection_stats {
  std::string name; ///< of the collection or kind of records
  std::uint64_t documents = 0;
  std::uint64_t bytes = 0;
};

/// Fields by which a collection can be searched and sorted at the store.
const std::vector<std::string_view>& queryable_fields(analytics::collection of);

/// Thread-safe: any call from any thread. Each call ends within its server's time-outs (seconds).
class result_store {
public:
  virtual ~result_store() = default;

  /// Upserts in any order, each under {generation < G, or generation = G and write <= N}; of several with one id in the batch, the last
  /// of the greatest stamp stays. Superseded ones become tombstones under the same guard; their bodies need the fields that say whose
  /// they are (`pipeline` or `topic`, and `partition`). When it returns without error, all are durable; after an error any part may be.
  virtual expected<write_summary> write(std::span<const stamped_document> batch) = 0;

  /// Tombstones are not found.
  virtual expected<std::vector<stored_document>> find(const find_query& query) = 0;

  /// Deletes what find() would find, whatever its order and limit; says how many.
  virtual expected<std::uint64_t> remove(const find_query& what) = 0;

  /// Deletes documents of a pipeline (or recorder) and partition whose generation is below `generation` and whose offset is at or
  /// past `offset`, and tombstones of older generations. A claim does it.
  virtual expected<std::uint64_t> remove_overtaken(std::string_view owner, std::string_view topic,
                                                   std::int32_t partition, std::uint64_t generation,
                                                   std::int64_t offset) = 0;

  /// Deletes a pipeline's windows and alerts. Its checkpoints are checkpoint_log's to reset.
  virtual expected<void> remove_pipeline(std::string_view pipeline) = 0;

  // Checkpoints: primitives.
  virtual expected<std::optional<header_document>> header(std::string_view id) = 0;
  /// Ids and headers that begin with `prefix`.
  virtual expected<std::vector<header_document>> headers(std::string_view prefix) = 0;
  /// Stores `next` only if the stored header still has this epoch and writer; none expected: only if there is none. False: it differs.
  virtual expected<bool> replace_header(const header_document& next,
                                        const std::optional<header_document>& expected_now) = 0;
  /// @param bytes at most 8 MiB; replaces a chunk of that id
  virtual expected<void> put_chunk(std::string_view id, std::string_view bytes) = 0;
  virtual expected<std::optional<std::string>> chunk(std::string_view id) = 0;
  /// Ids that begin with `prefix`, rising.
  virtual expected<std::vector<std::string>> chunk_ids(std::string_view prefix) = 0;
  virtual expected<void> remove_chunks(const std::vector<std::string>& ids) = 0;

  // Runs and other plain records: `runs`, `pipelines`, `world_books`, `inputs`, `snapshots` (of a world), `alert_deeds` (what people did to alerts), `mutes` (of alerts, by people).
  // Not guarded; the last write of an id wins.
  virtual expected<void> put_records(std::string_view kind, std::span<const record> batch) = 0;
  expected<void> put_record(std::string_view kind, std::string_view id, const boost::json::object& body);
  /// Bodies, by rising id.
  virtual expected<std::vector<boost::json::object>> records(std::string_view kind) = 0;
  virtual expected<void> remove_records(std::string_view kind) = 0;

  /// Deletes everything but `runs`, `inputs` and `mutes`: what `run` on the embedded cluster does with an earlier run's results. Positions of sources stay. Other headers stay too, so that
  /// generations never go back, with a raised epoch, no writer and no content (which fences whoever holds them); their chunks go.
  virtual expected<void> remove_results() = 0;

  virtual expected<std::vector<collection_stats>> stats() = 0;
  /// May it be written? Writes, reads and removes a record.
  expected<void> check();
};

/// @param uri `sqlite:FILE` or `mongodb://…`. Makes tables and indexes. Errors name the place, never a password.
expected<std::unique_ptr<result_store>> open_store(const std::string& uri, bool read_only = false);

} // namespace throng::storage
