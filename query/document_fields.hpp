// A presented document seen by its fields: dotted paths, values that compare as MongoDB's, `where`, and flat columns.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/expression.hpp"
#include "analytics/flat_document.hpp"
#include "analytics/text_arena.hpp"
#include "config/error.hpp"

namespace throng::query {

/// The value at a dotted path, as analytics compares it. Borrows from the document or from `made`, which keeps the text of arrays and
/// objects. Through an array, a number is an index and a name collects, as in MongoDB.
analytics::value value_at(const boost::json::object& document, std::string_view path, analytics::text_arena& made);

/// `where` over presented documents: times are their ISO 8601 text, which orders as the times do.
class filter {
public:
  /// invalid: the definition is no match; the sentence says where and what is known.
  static expected<filter> compile(const boost::json::object& definition);
  bool matches(const boost::json::object& document);

private:
  filter(analytics::field_table fields, analytics::match match)
      : fields_(std::move(fields))
      , match_(std::move(match)) {}

  analytics::field_table fields_;
  analytics::match match_;
  analytics::event event_;
};

using analytics::flat_document;
using analytics::flatten;
/// Null where the document has no such leaf.
const boost::json::value* leaf_of(const flat_document& document, std::string_view name);

} // namespace throng::query
