// Names that mean something only within a scope, as one text a pair: an account within its graph, a member within its group.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/value.hpp"

namespace throng::analytics {

/// The pair as text into `out` (replaced). The scope's length stands first, so that no two pairs give one text.
/// @returns where the name begins; none: the value is neither text nor a finite number, and names nothing
inline std::optional<std::size_t> write_scoped_name(std::string& out, std::string_view scope, const value& name) {
  if (name.kind() != value_kind::text && !name.is_finite())
    return std::nullopt;
  out = std::to_string(scope.size());
  out += ':';
  out += scope;
  const auto begin = out.size();
  if (name.kind() == value_kind::text)
    out += name.text();
  else
    append_canonical(out, name);
  return begin;
}

} // namespace throng::analytics
