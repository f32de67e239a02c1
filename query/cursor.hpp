// Where a page ended, as opaque text: the next begins after that document, whatever has been stored meanwhile.
#pragma once

#include <string>

#include <boost/json/value.hpp>

#include "config/error.hpp"
#include "query/query.hpp"

namespace throng::query {

struct page_end {
  boost::json::value sorted_by; ///< the last document's value of the sort field; null where it has none
  std::string identity;         ///< of the last document
};

/// Only ASCII letters and digits: fit for URLs and command lines.
std::string write_cursor(const request& of, const page_end& end);

/// invalid: damaged, or of another request (limit aside).
expected<page_end> read_cursor(const request& of);

} // namespace throng::query
