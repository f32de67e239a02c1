// What a reply's body holds: its rows, each as the JSON text of an object, and what leads to the next page.
#pragma once

#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/ingest.hpp"
#include "sources/http_message.hpp"

namespace throng::sources {

struct reply_rows {
  std::vector<std::string> rows; ///< numbers as they stood
  std::string next;              ///< of cursor and link: what the reply says; empty: there is no next page
};

/// corrupt, retryable: no JSON, such as a page of HTML, or a body that was cut off. invalid: JSON that has no rows where they were said to be.
expected<reply_rows> read_reply(const http_reply& reply, const config::ingest& how);

} // namespace throng::sources
