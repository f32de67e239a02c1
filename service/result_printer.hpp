// `analyze --to stdout`: results as lines of JSON, as they come, in the shape that queries give.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include <boost/json/object.hpp>

#include "analytics/results.hpp"
#include "config/error.hpp"
#include "storage/passing_store.hpp"

namespace throng::service {

/// A line is what a query would answer for that window or alert at that moment: partials of several partitions are merged, so the last
/// line of a window (pipeline, window, start, group) counts. Not for several threads.
class result_printer {
public:
  /// @param out borrowed @param partitions how many the source of a pipeline has
  result_printer(std::FILE* out, std::function<std::int32_t(const std::string& pipeline)> partitions);

  /// unavailable: the output takes no more.
  expected<void> print(std::span<const storage::stamped_document> batch);

private:
  struct partial {
    boost::json::object body;
    std::string state;
    bool final = false;
  };
  /// Pipeline, window, start, group: in the order in which they can be forgotten.
  using window_key = std::tuple<std::string, std::string, std::int64_t, std::string>;
  using window_name = std::pair<std::string, std::string>;

  expected<void> print_window(const analytics::document& what);
  expected<void> write(const boost::json::object& document);
  void forget_final(const window_name& of, std::int32_t partitions);

  std::FILE* out_;
  std::function<std::int32_t(const std::string&)> partitions_;
  std::map<window_key, std::map<std::int64_t, partial>> open_; ///< by partition
  std::map<window_name, std::map<std::int64_t, std::int64_t>>
      final_to_; ///< by partition: the greatest end that is final
  bool forgot_early_ = false;
};

} // namespace throng::service
