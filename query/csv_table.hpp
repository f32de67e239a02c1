// Documents as CSV (RFC 4180, lines end in CRLF), also in parts: first the columns of all, then row by row.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "query/document_fields.hpp"

namespace throng::query {

/// Text as it is, everything else as JSON; nothing for null and absent.
std::string plain_text(const boost::json::value* x);

/// The columns of documents, in the order in which they first come; a field that only later documents have stands beside its neighbours.
class column_names {
public:
  /// A document may have more columns than those before.
  void learn(const flat_document& row);
  const std::vector<std::string>& all() const {
    return names_;
  }

private:
  std::vector<std::string> names_;
};

/// Without the line's end. @param columns in their order; fields that are none of them are left out
std::string csv_head(const std::vector<std::string>& columns);
std::string csv_row(const std::vector<std::string>& columns, const flat_document& row);

} // namespace throng::query
