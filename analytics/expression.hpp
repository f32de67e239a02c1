// MongoDB's match and aggregation operators over an event's slots: a documented subset, compiled once.
// `supported_operators` is that subset, with an example and a sentence each. Leaves to others when which is evaluated.
//
// Rules of types are MongoDB's. In a match, comparisons hold within one type only, {"a": null} matches an absent field, and a
// condition on an array holds if the array or one of its elements meets it. In an expression, values of all types have an order
// (value.hpp's, but absent is below null), and arithmetic with null or absent is null.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <tl/expected.hpp>

#include "analytics/event.hpp"

namespace throng::analytics {

struct expression_node;

/// What is wrong with a part of a pipeline's definition.
struct finding {
  std::string path; ///< from the pipeline's root: `where.temperature.$gt`
  std::string sentence;
};
using findings = std::vector<finding>;

/// Whether names mean the message as it came (`where`) or what stages have added (`derive`, rules).
enum class name_scope { message, pipeline };

/// `{"temperature": {"$gt": -60}, "$or": [...]}`
class match {
public:
  /// @param path of the definition in the pipeline, for findings
  static tl::expected<match, findings> compile(const boost::json::object& definition, const std::string& path,
                                               field_table& fields, name_scope scope);
  match(match&&) noexcept;
  match& operator=(match&&) noexcept;
  ~match();

  /// An empty definition matches everything. Allocates nothing, but for arrays whose texts have escapes.
  bool matches(const event& e) const;

private:
  struct node;
  struct compiler;
  explicit match(std::unique_ptr<node> root);
  std::unique_ptr<node> root_;
};

/// `{"$add": ["$a", 1]}`; a plain value is itself, `"$field"` the field.
class expression {
public:
  static tl::expected<expression, findings> compile(const boost::json::value& definition, const std::string& path,
                                                    field_table& fields, name_scope scope);
  expression(expression&&) noexcept;
  expression& operator=(expression&&) noexcept;
  ~expression();

  /// Text it makes goes into the event's arena. Where MongoDB would stop with an error ($add of text, a division by 0), the
  /// result is `value::null()` and `type_error` is set; it is never cleared. Allocates nothing once the event's room has grown to what
  /// a message needs, but for elements of arrays whose texts have escapes, and for names of zones that are not constants.
  value evaluate(const event& e, bool& type_error) const;
  /// Whether the result is true as `$expr` takes it: not false, 0, null or absent; not true where MongoDB would stop.
  bool holds(const event& e) const;

private:
  explicit expression(std::unique_ptr<expression_node> root);
  std::unique_ptr<expression_node> root_;
};

/// An operator as the pipeline schema has it (`match_operators`, `expression_operators`), which is the one list of them.
struct operator_doc {
  std::string name;
  boost::json::value example;
  std::string sentence;
  bool for_match = false; ///< else for expressions
};
const std::vector<operator_doc>& supported_operators();

} // namespace throng::analytics
