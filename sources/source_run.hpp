// One source from where it was to where its pages end: fetch, map, send, remember, and again. No clock, thread or network: those are handed in.
//
// No row is lost or sent twice, whenever the process dies. A position is remembered only when all rows of the pages before it are in the topic; with it
// stands where each partition ended then. What may be in the topic beyond that are rows of the one page that follows: they carry the source and
// their id in their headers, so whoever goes on reads that tail and sends the others only. A position belongs to one process at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "sources/page_walk.hpp"
#include "sources/reply_rows.hpp"
#include "sources/retry.hpp"
#include "sources/row_mapper.hpp"

namespace throng::sources {

/// By partition: the offset behind what has been seen of it.
using partition_ends = std::map<std::int32_t, std::int64_t>;

/// What the store keeps of a source.
struct source_position {
  page_place at;
  bool moved = false;               ///< `at` is behind the page that `last` is of; else it is that page
  std::vector<std::string> last;    ///< ids of the rows of the page that was read last
  std::vector<std::string> earlier; ///< of rounds that begin at the first page: ids of the newest rows before those
  partition_ends ends;
  std::uint64_t pages = 0; ///< all that were read
  std::uint64_t rows = 0;  ///< all that were sent

  friend bool operator==(const source_position&, const source_position&) = default;
};

/// Remembers one source's position.
class position_book {
public:
  virtual ~position_book() = default;
  /// Takes it over, from whoever had it. conflict: what is remembered is of another request.
  virtual expected<std::optional<source_position>> claim() = 0;
  /// fenced: somebody else has taken it over.
  virtual expected<void> save(const source_position& what) = 0;
};

/// Where rows go. For several sources at once.
class row_sink {
public:
  virtual ~row_sink() = default;
  /// Where the topic ends now.
  virtual expected<partition_ends> ends() = 0;
  /// Returns when all rows are durable: where the partitions that they went to end at least.
  virtual expected<partition_ends> send(const std::string& source, std::span<const mapped_row> rows) = 0;
  /// Ids of the source's rows that stand at or behind these ends.
  virtual expected<std::set<std::string>> landed(const std::string& source, const partition_ends& behind) = 0;
};

/// Counted while it runs, for those who watch.
struct source_counts {
  std::atomic<std::uint64_t> pages{0};
  std::atomic<std::uint64_t> rows{0};    ///< sent
  std::atomic<std::uint64_t> known{0};   ///< not sent, since they were there already
  std::atomic<std::uint64_t> dropped{0}; ///< by where
  std::atomic<std::uint64_t> refused{0}; ///< without key or time
  std::atomic<std::uint64_t> retries{0};
};

struct run_hands {
  std::function<http_answer(const http_request&)> fetch;
  /// Waits; false if the run is to stop.
  std::function<bool(milliseconds)> pause;
  std::function<bool()> stopping;
  /// Something worth a line of the log.
  std::function<void(const std::string&)> note;
};

class source_run {
public:
  /// All must outlive it.
  source_run(const source& of, row_mapper& rows, position_book& book, row_sink& sink, source_counts& counts,
             run_hands hands, std::uint64_t seed);

  /// One round: from the remembered place to an end. An error that is retryable has lasted; a later round may go better.
  expected<walk_end> round();

private:
  struct sorted_page {
    std::vector<std::string> ids; ///< of all its rows
    std::vector<mapped_row> fresh;
  };
  expected<void> open();
  /// None: it is to stop.
  expected<std::optional<std::pair<http_reply, reply_rows>>> fetch();
  sorted_page sort(const reply_rows& page, timestamp received);
  void remember(sorted_page&& page, page_step step, const partition_ends& ends, bool round_ends);

  const source* of_;
  row_mapper* rows_;
  position_book* book_;
  row_sink* sink_;
  source_counts* counts_;
  run_hands hands_;
  retry_waits waits_;
  source_position now_;
  std::set<std::string> landed_; ///< rows of the page at `now_.at` that an earlier process has sent
  bool open_ = false;
  std::set<std::string> told_; ///< reasons that were noted
};

} // namespace throng::sources
