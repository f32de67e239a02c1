// Which results have been written since one looked last, by what the store knows anyway: whose documents are whose, and the source offset
// that each was written at. For who follows a store that others write; what the documents say is the query layer's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "config/time.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

class recent_writes {
public:
  recent_writes(result_store& store, analytics::collection of)
      : store_(store)
      , of_(of) {}

  /// The earliest event time of all that has been written since the call before, and maybe of the last that was before; none: nothing has
  /// ever been. Partitions may lag behind each other by hours, so that no span behind the newest result would do.
  /// Two searches of an index a partition. After a claim of a partition all of it counts as written.
  expected<std::optional<timestamp>> earliest();

private:
  struct mark {
    std::uint64_t generation = 0;
    std::int64_t offset = -1;
  };

  expected<std::optional<stored_document>> first_of(find_query what);

  result_store& store_;
  analytics::collection of_;
  std::map<std::string, mark> marks_; ///< by the id of a checkpoint's header
};

} // namespace throng::storage
