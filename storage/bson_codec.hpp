// Documents between Boost.JSON and BSON, both ways without loss: key order, the kinds of numbers, and names that MongoDB keeps for itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <bson/bson.h>

#include "config/error.hpp"

namespace throng::storage {

/// Appends the fields of a body to a document. Integers become int64, those beyond it decimal128; doubles stay doubles, and what is not
/// finite becomes null; top-level `times` that are integers become dates.
///
/// Names: `$` at the beginning, `%` and NUL anywhere, and at the top level the first byte of a name in `reserved_fields` become `%XX`,
/// since servers refuse or interpret them otherwise (a user's `{"$date": …}` stays what it was).
/// False: the document has grown too large for BSON.
bool append_body(bson_t* to, const boost::json::object& body, const std::vector<std::string_view>& times);

/// The inverse; leaves out top-level fields in `reserved_fields`. Dates become int64 milliseconds.
/// corrupt: a type that append_body never writes.
expected<boost::json::object> read_body(const bson_t* from);

/// What the store itself keeps beside a body.
inline constexpr std::string_view reserved_fields[] = {"_id", "generation", "write", "offset", "deleted", "state"};

/// The name under which a body's top-level field is stored.
std::string stored_field(std::string_view name);

/// Appends a compared value: text, a number, null, or a list of these; as dates where the field is a time.
bool append_compared(bson_t* to, std::string_view key, const boost::json::value& x, bool is_time);

} // namespace throng::storage
