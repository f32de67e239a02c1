// A pipeline's features as rows, one an event that was fed: what models are trained on, in the form in which they are scored.
// The pipeline is run as it stands by the very same processors, but for what it would store: its one rule tells of each event, and what would be
// an alert becomes a row.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analytics/pipeline_plan.hpp"
#include "config/error.hpp"
#include "config/pipeline.hpp"
#include "query/document_fields.hpp"
#include "service/event_labels.hpp"
#include "storage/passing_store.hpp"

namespace throng::service {

/// What is exported of a pipeline.
struct feature_table {
  std::string key;                  ///< the field of the message that says whose event it is, before any rekey
  std::vector<std::string> columns; ///< fields asked for, then those that enrich and derive add, then features
};

/// @param fields of the message that are wanted besides
feature_table feature_table_of(const config::pipeline& of, const std::vector<std::string>& fields);

/// The same pipeline with nothing but one rule, whose alerts hold the table's columns.
config::pipeline telling_of_all(config::pipeline of, const feature_table& table);

/// Takes rows of named values: all have the same names, in the same order.
class feature_output {
public:
  virtual ~feature_output() = default;
  virtual expected<void> begin(const std::vector<std::string>& names) = 0;
  virtual expected<void> append(const query::flat_document& row) = 0;
  virtual expected<void> finish() = 0;
};

/// @param format csv (true is 1, false 0, nothing an empty cell), ndjson or parquet @param to, name, force as for a file of rows
expected<std::unique_ptr<feature_output>> open_feature_output(const std::string& format, const std::string& to,
                                                              const std::string& name, bool force);

class feature_rows {
public:
  /// @param out borrowed @param labels none: no columns `label` and `cause`
  feature_rows(feature_output& out, feature_table table, std::optional<event_labels> labels);

  /// The names. invalid: two columns have one name. unavailable: the output takes no more.
  expected<void> begin();
  expected<void> take(std::span<const storage::stamped_document> batch);
  std::uint64_t rows() const {
    return rows_;
  }

private:
  feature_output& out_;
  feature_table table_;
  std::optional<event_labels> labels_;
  std::vector<std::string> names_;
  std::uint64_t rows_ = 0;
};

} // namespace throng::service
