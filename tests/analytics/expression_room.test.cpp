// Expressions and conditions allocate nothing once an event's room has grown to what a message needs.
#define CAF_SUITE analytics.expression_room

#include <cstdlib>
#include <new>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>

#include "analytics/decoder.hpp"
#include "analytics/expression.hpp"

namespace {

std::size_t allocations = 0;

} // namespace

// Not inlined: GCC takes the one half of an inlined pair for a mismatch (-Wmismatched-new-delete).
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (auto* made = std::malloc(size == 0 ? 1 : size))
    return made;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* x) noexcept {
  std::free(x);
}
[[gnu::noinline]] void operator delete(void* x, std::size_t) noexcept {
  std::free(x);
}

using namespace throng::analytics;

namespace {

const std::string message =
    R"({"a": 7, "b": 2.5, "text": "a text that is longer than any that stands in place", "tags": ["new", "web", "a longer one of them"],)"
    R"( "parts": [{"kind": "disk", "used": 91}], "at": "2026-03-28T23:30:05.250Z", "n": null})";

/// Of the fourth evaluation of a message: the first ones make room.
template <class Evaluate>
std::size_t allocated_by(const field_table& fields, Evaluate evaluate) {
  decoder decode{throng::config::pipeline{}, fields};
  event e;
  std::size_t counted = 0;
  for (int i = 0; i < 4; ++i) {
    if (auto refused = decode.decode(message, {0, 1'800'000'000'000}, e))
      CAF_FAIL(refused->detail);
    auto before = allocations;
    evaluate(e);
    counted = allocations - before;
  }
  return counted;
}

} // namespace

CAF_TEST(no expression of an example allocates) {
  for (const auto* definition :
       {R"({"$add": [{"$multiply": ["$a", 1.8]}, "$b"]})", R"({"$cond": [{"$gt": ["$a", 5]}, "$text", "low"]})",
        R"({"$concat": ["$text", " and ", {"$toUpper": "$text"}]})", R"({"$substrCP": ["$text", 3, 10]})",
        R"({"$split": ["$text", " "]})", R"({"$replaceAll": {"input": "$text", "find": "t", "replacement": "tt"}})",
        R"({"$trim": {"input": "$text", "chars": "ae"}})", R"({"$regexMatch": {"input": "$text", "regex": "longer"}})",
        R"({"$in": ["web", "$tags"]})", R"({"$slice": ["$tags", -2]})",
        R"({"$concatArrays": ["$tags", ["$a", "$text"]]})", R"({"$max": "$tags"})",
        R"({"$round": [{"$pow": ["$b", 3]}, 2]})", R"({"$toString": "$b"})",
        R"({"$hour": {"date": "$at", "timezone": "+02:00"}})", R"({"$dateTrunc": {"date": "$at", "unit": "week"}})",
        R"({"$hour": {"date": "$at", "timezone": "Europe/Paris"}})", R"({"x": "$a", "y": {"z": "$text"}})"}) {
    field_table fields;
    auto sut = expression::compile(boost::json::parse(definition), "x", fields, name_scope::message);
    CAF_REQUIRE(sut.has_value());
    auto n = allocated_by(fields, [&](const event& e) {
      bool type_error = false;
      sut->evaluate(e, type_error);
      if (type_error)
        CAF_FAIL("a type error");
    });
    CAF_MESSAGE(definition);
    CAF_CHECK_EQUAL(n, 0u);
  }
}

CAF_TEST(no condition of an example allocates) {
  for (const auto* definition :
       {R"({"a": {"$gt": 5}, "b": {"$in": [1, 2.5]}, "text": {"$regex": "longer"}})",
        R"({"tags": {"$all": ["web", "new"]}})", R"({"tags": {"$elemMatch": {"$gt": "o", "$type": "string"}}})",
        R"({"parts": {"$elemMatch": {"kind": "disk", "used": {"$gt": 90}}}})",
        R"({"$expr": {"$gt": ["$a", "$b"]}, "tags": {"$size": 3}, "a": {"$mod": [7, 0]}})"}) {
    field_table fields;
    auto sut = match::compile(boost::json::parse(definition).as_object(), "x", fields, name_scope::message);
    CAF_REQUIRE(sut.has_value());
    bool matched = false;
    auto n = allocated_by(fields, [&](const event& e) { matched = sut->matches(e); });
    CAF_MESSAGE(definition);
    CAF_CHECK(matched);
    CAF_CHECK_EQUAL(n, 0u);
  }
}
