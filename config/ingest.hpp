// Where `throng ingest` takes rows from: a REST API, its pages, and what becomes of their rows. A plain value, checked by load.hpp; expressions
// stay JSON here and are compiled by analytics/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "config/pipeline.hpp"
#include "config/time.hpp"

namespace throng::config {

/// Names and texts, in the order of the file.
using named_texts = std::vector<std::pair<std::string, std::string>>;

/// How a reply leads to the next page.
enum class paging_kind {
  none,   ///< there is one page
  page,   ///< a number that rises by 1
  offset, ///< a number that rises by the rows that came
  cursor, ///< a text that the reply holds, sent back as a parameter
  link,   ///< a URL: in the reply's Link header, or in its body
};

struct ingest_paging {
  paging_kind by = paging_kind::none;
  std::string parameter;      ///< of page, offset and cursor
  std::string size_parameter; ///< empty: the server is not told how many
  std::int64_t size = 0;      ///< rows of a full page; 0: not known, so that no page is short
  std::int64_t first = 1;     ///< the number of the first page, or offset
  std::string at;             ///< dotted path of the cursor or URL in the reply; empty: the Link header

  friend bool operator==(const ingest_paging&, const ingest_paging&) = default;
};

/// How a client shows who it is. All of it but `kind` and `name` may be secret: never log it.
struct ingest_auth {
  enum class scheme { none, bearer, basic, header, query } kind = scheme::none;
  std::string name; ///< of the header or query parameter; of basic: the user
  std::string secret;

  friend bool operator==(const ingest_auth&, const ingest_auth&) = default;
};

struct ingest_rows {
  enum class shape {
    objects, ///< an array of objects, or one object
    columns, ///< an object of arrays, one a field
    arrays,  ///< an array of arrays, whose elements are named by `names`
  };
  std::string at; ///< dotted path in the reply; empty: the reply itself
  shape as = shape::objects;
  std::vector<std::string> names;

  friend bool operator==(const ingest_rows&, const ingest_rows&) = default;
};

struct ingest_retry {
  std::int64_t tries = 5; ///< of one page
  milliseconds backoff{500};
  milliseconds longest{300'000}; ///< of one wait, the server's own wish included

  friend bool operator==(const ingest_retry&, const ingest_retry&) = default;
};

struct ingest_limits {
  milliseconds connect{10'000};
  milliseconds timeout{60'000};
  std::int64_t bytes = 32LL << 20; ///< of one reply, unpacked
  std::int64_t redirects = 5;

  friend bool operator==(const ingest_limits&, const ingest_limits&) = default;
};

struct ingest {
  std::string name;
  std::string description;
  std::string url; ///< may hold `{param}`
  named_texts params;
  named_texts query; ///< values may hold `{param}`; may hold secrets: never log them
  named_texts headers;
  ingest_auth auth;
  std::string ca_file; ///< empty: the system's
  ingest_paging paging;
  ingest_rows rows;
  std::string id; ///< dotted path of what tells a row from all others; empty: all that it holds
  std::string topic;
  std::string key;
  std::string timestamp; ///< empty: when the page came
  config::timestamp_unit timestamp_unit = config::timestamp_unit::none;
  named_texts add; ///< fields that every row gets; values may hold `{param}`
  boost::json::object where;
  std::vector<std::pair<std::string, boost::json::value>> derive;
  std::vector<std::pair<std::string, boost::json::value>> project;
  double an_hour = 0;                ///< requests of all sources together; 0: no limit
  std::optional<milliseconds> every; ///< none: once
  bool again_from_first = false;     ///< each round begins at the first page, not where the last one ended
  std::int64_t remember = 10'000;    ///< with it: ids of so many newest rows
  std::int64_t pages = 0;            ///< of one round; 0: all
  std::vector<named_texts> for_each; ///< one source each; empty: one source
  ingest_retry retry;
  ingest_limits limits;

  friend bool operator==(const ingest&, const ingest&) = default;
};

/// `{name}` in a text replaced by its value; `{{` is a brace.
/// @returns the name that is not among `values`, as the error
tl::expected<std::string, std::string> fill_in(const std::string& text, const named_texts& values);

} // namespace throng::config
