// A compiled expression as a tree: what expression.cpp evaluates and expression_compiler.cpp makes. Nobody else includes it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analytics/event.hpp"
#include "analytics/expression.hpp"
#include "analytics/expression_functions.hpp"

namespace throng::analytics {

enum class operation : std::uint8_t {
  constant,
  field,
  make_array,
  make_object,
  add,
  subtract,
  multiply,
  divide,
  mod,
  abs,
  floor,
  ceil,
  eq,
  ne,
  gt,
  gte,
  lt,
  lte,
  cmp,
  logical_and,
  logical_or,
  logical_not,
  cond,
  if_null,
  choose,
  in,
  call,
};

struct expression_node {
  operation what = operation::constant;
  slot field = 0;
  owned_value constant;
  function_body body = nullptr;       ///< of call
  std::unique_ptr<preparation> ready; ///< of call: what was made of its constants
  unsigned present = 0;               ///< of call, by bits: arguments that stand in the definition
  std::vector<std::unique_ptr<expression_node>>
      arguments;                  ///< of choose: case, result, case, result, ..., and a default if odd
  std::vector<std::string> names; ///< of make_object, one an argument
};

/// What $cond and $expr take for true: not false, 0, null or absent.
bool is_true(const value& x);

std::unique_ptr<expression_node> compile_expression(const boost::json::value& definition, const std::string& path,
                                                    field_table& fields, name_scope scope, findings& wrong);

} // namespace throng::analytics
