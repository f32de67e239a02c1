#define CAF_SUITE analytics.mongodb_cases

#include "mongodb_cases.hpp"

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>

#include "analytics/expression.hpp"
#include "decoded_event.hpp"

using namespace throng::analytics;
using namespace throng::test;

namespace {

/// A definition that does not compile is the error that MongoDB gives when it runs.
outcome evaluated(const expression_case& x) {
  field_table fields;
  auto sut = expression::compile(x.of, "derive.x", fields, name_scope::message);
  if (!sut)
    return outcome::of_error();
  decoded_event event{fields, boost::json::serialize(x.on)};
  bool type_error = false;
  auto made = sut->evaluate(event.e, type_error);
  CAF_CHECK(event.e.stack.empty());
  if (type_error)
    return outcome::of_error();
  if (made.kind() == value_kind::missing)
    return {};
  return {outcome::kind::value, owned_value{made}};
}

std::string matched(const match_case& x) {
  field_table fields;
  auto sut = match::compile(x.when, "where", fields, name_scope::message);
  if (!sut)
    return "error";
  decoded_event event{fields, boost::json::serialize(x.on)};
  return sut->matches(event.e) ? "true" : "false";
}

} // namespace

CAF_TEST(expressions give what MongoDB documents) {
  auto cases = mongodb_cases::read(CASES);
  CAF_CHECK(cases.expressions.size() > 500);
  for (const auto& each : cases.expressions) {
    auto got = evaluated(each);
    if (!(got == each.ours))
      CAF_ERROR(each.text << " gave " << got.shown());
  }
}

CAF_TEST(conditions match what MongoDB documents) {
  auto cases = mongodb_cases::read(CASES);
  CAF_CHECK(cases.matches.size() > 150);
  for (const auto& each : cases.matches) {
    auto got = matched(each);
    if (got != each.ours)
      CAF_ERROR(each.text << " gave " << got);
  }
}

CAF_TEST(every operator that is documented has a case) {
  auto cases = mongodb_cases::read(CASES);
  for (const auto& x : supported_operators()) {
    auto quoted = "\"" + x.name + "\"";
    bool found = x.for_match ? std::any_of(cases.matches.begin(), cases.matches.end(),
                                           [&](const auto& each) {
                                             return boost::json::serialize(each.when).find(quoted) != std::string::npos;
                                           })
                             : std::any_of(cases.expressions.begin(), cases.expressions.end(), [&](const auto& each) {
                                 return boost::json::serialize(each.of).find(quoted) != std::string::npos;
                               });
    if (!found)
      CAF_ERROR("no case of " << x.name);
  }
}
