// Says in a sentence why a value is not what its schema allows. The verdict is valijson's (schema_check.cpp); it names the
// place, but neither the value nor what would be right. Knows the part of draft 7 that our schemas use.
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "config/document.hpp"

namespace throng::config {

/// The (sub)schemas that apply to one value.
using schema_set = std::vector<const boost::json::object*>;

class schema_explainer {
public:
  explicit schema_explainer(const boost::json::object& root)
      : root_(root) {}

  /// `schema` with what it refers to: `$ref`, `allOf`, and `then` or `else` by its `if`.
  schema_set expand(const boost::json::object& schema, const boost::json::value& value) const;
  /// What applies to a member or an element of a value to which `parents` apply.
  schema_set of_member(const schema_set& parents, const std::string& key, const boost::json::value& value) const;
  schema_set of_element(const schema_set& parents, const boost::json::value& value) const;

  /// Reports what is wrong with `value` itself, not with what it holds.
  /// @param pattern_failed valijson found that a `pattern` does not match
  void explain(document& in, const std::string& path, const boost::json::value& value, const schema_set& schemas,
               bool pattern_failed) const;

private:
  void unknown_keys(document& in, const std::string& path, const boost::json::object& value,
                    const schema_set& schemas) const;
  const boost::json::object& root_;
};

} // namespace throng::config
