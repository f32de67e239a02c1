// What a row becomes: a message of the topic, after add, where, derive and project as in a pipeline. Its id tells it from all others of its source.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "analytics/expression.hpp"
#include "config/ingest.hpp"

namespace throng::sources {

struct mapped_row {
  std::string id;
  std::string key;
  std::string value;
  timestamp time;
};

/// Which row it is, though it is no message: `where` does not let it through, or it has no key or no time.
struct left_out_row {
  std::string id;
  std::string why; ///< a sentence; empty: `where`
};

/// Not for several threads.
class row_mapper {
public:
  /// Everything that is wrong with where, derive and project, by JSON path.
  static tl::expected<std::unique_ptr<row_mapper>, analytics::findings> make(const config::ingest& how);
  ~row_mapper();

  /// @param row JSON of an object @param received its time, if it names none
  std::variant<mapped_row, left_out_row> map(const std::string& row, timestamp received);

private:
  struct implementation;
  explicit row_mapper(std::unique_ptr<implementation> impl);
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::sources
