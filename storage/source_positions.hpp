// Where sources of `throng ingest` are: a text each, owned by one process at a time. Whoever claims it fences the one before.
#pragma once

#include <optional>
#include <string>

#include "config/error.hpp"
#include "storage/result_store.hpp"

namespace throng::storage {

class source_position_claim {
public:
  /// @param store must outlive it @param source its id @param writer unique to the process
  source_position_claim(result_store& store, const std::string& source, std::string writer);

  /// Takes it over. @returns what was saved last; none: nothing, or it was reset
  expected<std::optional<std::string>> claim();
  /// fenced: somebody else has claimed it since. @pre claimed
  expected<void> save(const std::string& text);

private:
  expected<bool> replace(const std::optional<header_document>& now, std::string text);

  result_store* store_;
  std::string source_;
  std::string writer_;
  std::optional<header_document> held_;
};

} // namespace throng::storage
