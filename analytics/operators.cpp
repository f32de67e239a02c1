#include "analytics/operators.hpp"

#include <fmt/format.h>

#include "config/problem.hpp"

namespace throng::analytics {

const std::vector<operator_doc>& supported_operators() {
  static const std::vector<operator_doc> operators = {
      {"$eq", R"({"status": {"$eq": 200}})",
       "The field equals the value; null equals an absent field. The same as {\"status\": 200}.", true},
      {"$ne", R"({"status": {"$ne": 200}})", "Not $eq: an absent field too, unless the value is null.", true},
      {"$gt", R"({"temperature": {"$gt": -60}})", "Greater, within the same type: text is never greater than a number.",
       true},
      {"$gte", R"({"temperature": {"$gte": 30}})", "Greater or equal, within the same type.", true},
      {"$lt", R"({"battery": {"$lt": 20}})", "Less, within the same type.", true},
      {"$lte", R"({"battery": {"$lte": 20}})", "Less or equal, within the same type.", true},
      {"$in", R"({"channel": {"$in": ["atm", "pos"]}})", "Equals one of the values.", true},
      {"$nin", R"({"channel": {"$nin": ["atm", "pos"]}})",
       "Equals none of the values: an absent field too, unless null is one.", true},
      {"$exists", R"({"user_id": {"$exists": true}})", "The field is there, null or not; with false: it is not.", true},
      {"$regex", R"({"path": {"$regex": "^/api/", "$options": "i"}})", "Text in which RE2's pattern is found.", true},
      {"$options", R"({"path": {"$regex": "^/api/", "$options": "i"}})",
       "Of $regex: i (case does not matter), m (^ and $ at lines), s (. takes line ends).", true},
      {"$not", R"({"temperature": {"$not": {"$gt": 30}}})",
       "What the operators inside do not match, absent fields too.", true},
      {"$and", R"({"$and": [{"status": 200}, {"bytes": {"$gt": 0}}]})", "All of the conditions.", true},
      {"$or", R"({"$or": [{"status": 404}, {"status": 500}]})", "At least one of the conditions.", true},
      {"$nor", R"({"$nor": [{"status": 404}, {"status": 500}]})", "None of the conditions.", true},

      {"$add", R"({"$add": ["$a", "$b", 1]})",
       "The sum; integers stay integers as long as they fit. Null if one is null or absent."},
      {"$subtract", R"({"$subtract": ["$a", "$b"]})", "The first less the second."},
      {"$multiply", R"({"$multiply": ["$temperature", 1.8]})", "The product."},
      {"$divide", R"({"$divide": ["$bytes", 1024]})", "The quotient, never cut to an integer. By 0: a type error."},
      {"$mod", R"({"$mod": ["$seq", 10]})",
       "What is left of a division, with the sign of the first. By 0: a type error."},
      {"$abs", R"({"$abs": "$delta"})", "Without its sign."},
      {"$floor", R"({"$floor": "$temperature"})", "The greatest whole number that is not above."},
      {"$ceil", R"({"$ceil": "$temperature"})", "The least whole number that is not below."},
      {"$round", R"({"$round": ["$temperature", 1]})", "To so many places (0), halves to the even digit."},
      {"$min", R"({"$min": ["$a", "$b"]})",
       "The least of the values, or of an array's elements; null and absent left out."},
      {"$max", R"({"$max": ["$a", "$b"]})",
       "The greatest of the values, or of an array's elements; null and absent left out."},
      {"$eq", R"({"$eq": ["$a", "$b"]})", "Whether they are equal. Here null is not equal to an absent field."},
      {"$ne", R"({"$ne": ["$a", "$b"]})", "Whether they differ."},
      {"$gt", R"({"$gt": ["$a", 5]})", "Whether the first is greater; across types by MongoDB's order of types."},
      {"$gte", R"({"$gte": ["$a", 5]})", "Whether the first is greater or equal."},
      {"$lt", R"({"$lt": ["$a", 5]})", "Whether the first is less."},
      {"$lte", R"({"$lte": ["$a", 5]})", "Whether the first is less or equal."},
      {"$cmp", R"({"$cmp": ["$a", "$b"]})", "-1, 0 or 1: less, equal, greater."},
      {"$and", R"({"$and": ["$a", {"$gt": ["$b", 0]}]})", "Whether all are true; 0, null and absent are not."},
      {"$or", R"({"$or": ["$a", "$b"]})", "Whether one is true."},
      {"$not", R"({"$not": ["$a"]})", "Whether it is not true."},
      {"$cond", R"({"$cond": {"if": {"$gt": ["$a", 0]}, "then": "up", "else": "down"}})",
       "One or the other; also as an array of the three."},
      {"$ifNull", R"({"$ifNull": ["$user_id", "anonymous"]})",
       "The first that is neither null nor absent, else the last."},
      {"$switch", R"({"$switch": {"branches": [{"case": {"$gt": ["$a", 9]}, "then": "high"}], "default": "low"}})",
       "The first branch whose case is true."},
      {"$in", R"({"$in": ["$status", [404, 410]]})", "Whether the first is an element of the second."},
      {"$concat", R"({"$concat": ["$method", " ", "$path"]})",
       "The texts one behind the other; null if one is null or absent."},
      {"$toLower", R"({"$toLower": "$country"})", "With small letters (A to Z only); of null the empty text."},
      {"$toUpper", R"({"$toUpper": "$country"})", "With capital letters (a to z only); of null the empty text."},
      {"$sqrt", R"({"$sqrt": "$x"})", "The square root. Of a negative number: a type error."},
      {"$exp", R"({"$exp": "$x"})", "e to that power."},
      {"$ln", R"({"$ln": "$x"})", "The natural logarithm. Of a number that is not above 0: a type error."},
      {"$log10", R"({"$log10": "$x"})", "The logarithm to base 10, with the same rule."},
      {"$trunc", R"({"$trunc": "$x"})", "The whole part, towards 0."},
      {"$pow", R"({"$pow": ["$x", 2]})", "The first to the power of the second. 0 to a negative power: a type error."},
      {"$strLenBytes", R"({"$strLenBytes": "$path"})",
       "How many bytes of UTF-8. Of anything but text, null too: a type error."},
      {"$strLenCP", R"({"$strLenCP": "$path"})", "How many characters, with the same rule."},
      {"$type", R"({"$type": "$x"})", "missing, null, bool, int, long, double, string, array or object."},
      {"$isNumber", R"({"$isNumber": "$x"})", "Whether it is a number."},
      {"$isArray", R"({"$isArray": ["$x"]})", "Whether it is an array."},
      {"$size", R"({"$size": "$tags"})", "How many elements. Of anything but an array: a type error."},
      {"$arrayElemAt", R"({"$arrayElemAt": ["$tags", 0]})",
       "An element by its place, from the end if negative; absent where there is none."},
      {"$sum", R"({"$sum": ["$a", "$b"]})", "The sum of the numbers among the values, or in an array; 0 of none."},
      {"$avg", R"({"$avg": "$samples"})", "Their mean; null of none."},
      {"$year", R"({"$year": "$timestamp"})", "The year of ISO 8601 text or of milliseconds since 1970, in UTC."},
      {"$month", R"({"$month": "$timestamp"})", "The month, 1 to 12."},
      {"$dayOfMonth", R"({"$dayOfMonth": {"date": "$timestamp"}})", "The day of the month."},
      {"$dayOfWeek", R"({"$dayOfWeek": "$timestamp"})", "1 on Sunday to 7 on Saturday."},
      {"$hour", R"({"$hour": "$timestamp"})", "The hour, 0 to 23."},
      {"$minute", R"({"$minute": "$timestamp"})", "The minute."},
      {"$second", R"({"$second": "$timestamp"})", "The second."},
      {"$literal", R"({"$literal": "$5.00"})", "The value as it stands, not read as an expression."},
  };
  return operators;
}

std::string unknown_operator(std::string_view given, bool for_match) {
  std::vector<std::string> known;
  for (const auto& x : supported_operators()) {
    if (x.for_match == for_match)
      known.emplace_back(x.name);
  }
  auto what = for_match ? "match operator" : "expression operator";
  if (auto nearest = config::nearest_name(std::string{given}, known); !nearest.empty())
    return fmt::format("`{}` is no {}; did you mean `{}`?", given, what, nearest);
  return fmt::format("`{}` is no {}; there are {}.", given, what, fmt::join(known, ", "));
}

} // namespace throng::analytics
