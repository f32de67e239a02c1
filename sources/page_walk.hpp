// Which page comes next, and where the walk over a source's pages ends. Pure: a place is a text that the store remembers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/ingest.hpp"
#include "sources/http_message.hpp"

namespace throng::sources {

/// One source: an ingest with the values of its params filled in.
struct source {
  config::ingest how;
  std::string id;      ///< `NAME` or `NAME/department=69`: what its position is remembered under
  std::string request; ///< hash of what is asked for and where it goes: a position of another one is worth nothing
};

/// The sources of an ingest, in the order of for_each.
std::vector<source> sources_of(const config::ingest& how);

/// Where a page is: the number of page or offset, a cursor, a URL; empty: the first page.
using page_place = std::string;

/// The request for a page. invalid: a link that leads to another host, to which no key may go.
expected<http_request> request_of(const config::ingest& how, const page_place& at);

enum class walk_end { none, single_page, empty_page, short_page, no_next, repeated_page, page_limit, stopped };
/// As summaries say it.
const char* to_string(walk_end why);

struct page_step {
  page_place next; ///< the place to go on from: the same page where the walk ends
  walk_end end = walk_end::none;
};

/// After a page with so many rows. @param next what the reply says, of cursor and link
page_step step_from(const config::ingest& how, const page_place& at, std::size_t rows, const std::string& next);

} // namespace throng::sources
