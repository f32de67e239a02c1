// The cases of mongodb_cases.json: what MongoDB's documentation says of an operator, held against our evaluator and a server.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"
#include "analytics/value.hpp"

namespace throng::test {

/// A value by its kind and JSON, `missing`, or `error`: what a case expects, and what somebody made of it.
struct outcome {
  enum class kind { value, missing, error } what = kind::missing;
  analytics::owned_value made;

  static outcome of_value(const boost::json::value& x) {
    return {kind::value, analytics::owned_value{x}};
  }
  static outcome of_error() {
    return {kind::error, {}};
  }

  std::string shown() const {
    if (what == kind::missing)
      return "missing";
    if (what == kind::error)
      return "error";
    std::string text;
    analytics::append_json(text, made.view());
    return text + (made.view().kind() == analytics::value_kind::real ? " (double)" : "");
  }

  /// 4 and 4.0 differ; the last bits of doubles do not count, which are a matter of the C library.
  friend bool operator==(const outcome& a, const outcome& b) {
    if (a.what != b.what)
      return false;
    if (a.what != kind::value)
      return true;
    auto x = a.made.view();
    auto y = b.made.view();
    if (x.kind() != y.kind())
      return false;
    if (x.kind() == analytics::value_kind::real)
      return x.number() == y.number() || std::abs(x.number() - y.number()) <= 1e-14 * std::abs(x.number());
    return analytics::compare(x, y) == 0;
  }
};

struct expression_case {
  std::string text; ///< for messages
  boost::json::value of;
  boost::json::object on;
  std::vector<std::string> dates;
  outcome expected;
  outcome ours;
  outcome wire;
};

struct match_case {
  std::string text;
  boost::json::object when;
  boost::json::object on;
  std::string ours; ///< true, false or error
  std::string wire;
};

/// What one of the departures says, or else what the documentation does.
inline outcome departure(const boost::json::object& of, const char* who, const outcome& expected) {
  const auto* said = of.if_contains(who);
  if (said == nullptr)
    return expected;
  if (of.if_contains("note") == nullptr)
    throw std::runtime_error{"a departure without a note"};
  if (*said == "missing")
    return {};
  return *said == "error" ? outcome::of_error() : outcome::of_value(*said);
}

struct mongodb_cases {
  std::vector<expression_case> expressions;
  std::vector<match_case> matches;

  static mongodb_cases read(const std::string& path) {
    std::ifstream in{path};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    if (!analytics::valid_json(text))
      throw std::runtime_error{path + " is not there or no JSON"};
    auto all = analytics::parse_json(text).as_object();
    mongodb_cases result;
    for (const auto& x : all.at("expressions").as_array()) {
      const auto& given = x.as_object();
      auto& made = result.expressions.emplace_back();
      made.of = given.at("of");
      analytics::append_json_text(made.text, x);
      made.on = given.contains("on") ? given.at("on").as_object() : all.at("document").as_object();
      if (const auto* dates = given.if_contains("dates"))
        for (const auto& name : dates->as_array())
          made.dates.emplace_back(name.as_string());
      if (given.contains("gives"))
        made.expected = outcome::of_value(given.at("gives"));
      else if (given.contains("error"))
        made.expected = outcome::of_error();
      else
        given.at("missing");
      made.ours = departure(given, "ours", made.expected);
      made.wire = departure(given, "wire", made.expected);
    }
    for (const auto& x : all.at("matches").as_array()) {
      const auto& given = x.as_object();
      auto& made = result.matches.emplace_back();
      analytics::append_json_text(made.text, x);
      made.when = given.at("when").as_object();
      made.on = given.at("on").as_object();
      auto expected = given.at("matches").as_bool();
      auto said = [&](const char* who) -> std::string {
        const auto* departs = given.if_contains(who);
        if (departs != nullptr && !given.contains("note"))
          throw std::runtime_error{"a departure without a note"};
        auto x = departs == nullptr ? boost::json::value(expected) : *departs;
        return x.is_string() ? std::string{x.as_string()} : x.as_bool() ? "true" : "false";
      };
      made.ours = said("ours");
      made.wire = said("wire");
    }
    return result;
  }
};

} // namespace throng::test
