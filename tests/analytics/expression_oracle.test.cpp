// Random expressions against a naive evaluator that works on whole values by the definition: no slots, no arena, no stack.
#define CAF_SUITE analytics.expression_oracle

#include <algorithm>
#include <optional>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <date/date.h>
#include <rapidcheck.h>

#include "analytics/expression.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/time_zone.hpp"
#include "config/time.hpp"
#include "decoded_event.hpp"
#include "random_json.hpp"

namespace json = boost::json;
using namespace throng::analytics;
using throng::test::decoded_event;
using throng::test::random_json;

namespace {

/// None: absent.
using naive_value = std::optional<json::value>;

struct stopped {}; ///< MongoDB stops with an error

bool nothing(const naive_value& x) {
  return !x || x->is_null();
}

bool truth(const naive_value& x) {
  return !nothing(x) && !(x->is_bool() && !x->as_bool()) && !(x->is_int64() && x->as_int64() == 0);
}

/// null < numbers < text < booleans.
int rank_of(const naive_value& x) {
  return !x ? 0 : x->is_null() ? 1 : x->is_int64() ? 2 : x->is_string() ? 3 : 4;
}

int order(const naive_value& a, const naive_value& b) {
  if (rank_of(a) != rank_of(b))
    return rank_of(a) < rank_of(b) ? -1 : 1;
  if (nothing(a))
    return 0;
  if (a->is_int64())
    return a->as_int64() < b->as_int64() ? -1 : a->as_int64() > b->as_int64();
  if (a->is_string())
    return a->as_string() < b->as_string() ? -1 : a->as_string() > b->as_string();
  return static_cast<int>(a->as_bool()) - static_cast<int>(b->as_bool());
}

naive_value naive(const json::value& definition, const json::object& message) {
  if (definition.is_string() && definition.as_string().starts_with('$')) {
    const auto* found = message.if_contains(definition.as_string().subview(1));
    return found == nullptr ? naive_value{} : naive_value{*found};
  }
  if (!definition.is_object())
    return definition;
  const auto& [name, operand] = *definition.as_object().begin();
  std::vector<naive_value> given;
  // $cond and $ifNull do not look at what they do not need.
  const auto& list = operand.as_array();
  if (name == "$cond")
    return naive(list[truth(naive(list[0], message)) ? 1 : 2], message);
  if (name == "$and" || name == "$or") {
    for (const auto& x : list)
      if (truth(naive(x, message)) == (name == "$or"))
        return name == "$or";
    return name == "$and";
  }
  if (name == "$ifNull") {
    auto first = naive(list[0], message);
    return nothing(first) ? naive(list[1], message) : first;
  }
  if (name == "$add" || name == "$multiply") {
    std::int64_t result = name == "$add" ? 0 : 1;
    for (const auto& each : list) {
      auto x = naive(each, message);
      if (nothing(x))
        return nullptr;
      if (!x->is_int64())
        throw stopped{};
      result = name == "$add" ? result + x->as_int64() : result * x->as_int64();
    }
    return result;
  }
  for (const auto& x : list)
    given.push_back(naive(x, message));
  if (name == "$subtract") {
    if (nothing(given[0]) || nothing(given[1]))
      return nullptr;
    if (!given[0]->is_int64() || !given[1]->is_int64())
      throw stopped{};
    return given[0]->as_int64() - given[1]->as_int64();
  }
  if (name == "$concat") {
    std::string text;
    for (const auto& x : given) {
      if (nothing(x))
        return nullptr;
      if (!x->is_string())
        throw stopped{};
      text += x->as_string();
    }
    return json::string(text);
  }
  if (name == "$max") {
    naive_value best = nullptr;
    for (const auto& x : given)
      if (!nothing(x) && (nothing(best) || order(x, best) > 0))
        best = x;
    return best;
  }
  if (name == "$gt")
    return order(given[0], given[1]) > 0;
  if (name == "$eq")
    return order(given[0], given[1]) == 0;
  return !truth(given[0]); // $not
}

json::value random_definition(random_json& random, int depth) {
  static constexpr std::string_view operators[] = {"$add", "$multiply", "$subtract", "$concat", "$max",  "$gt",
                                                   "$eq",  "$and",      "$or",       "$not",    "$cond", "$ifNull"};
  static const json::value leaves[] = {"$a", "$b", "$c", "$d", 3, -2, 0, "x", "", nullptr, true, false};
  if (depth == 0 || random.below(4) == 0)
    return leaves[random.below(std::size(leaves))];
  auto name = operators[random.below(std::size(operators))];
  auto count = name == "$not" ? 1 : name == "$cond" ? 3 : 2;
  json::array list;
  for (int i = 0; i < count; ++i)
    list.push_back(random_definition(random, depth - 1));
  return json::object{{json::string_view(name.data(), name.size()), std::move(list)}};
}

json::object random_message(random_json& random) {
  static const json::value values[] = {7, -1, 0, "x", "long text that is not kept in place", nullptr, true, false};
  json::object out;
  for (const auto* name : {"a", "b", "c", "d"})
    if (random.below(5) != 0)
      out[name] = values[random.below(std::size(values))];
  return out;
}

json::value result_of(const json::value& definition, const json::object& message) {
  field_table fields;
  auto sut = expression::compile(definition, "x", fields, name_scope::message);
  RC_ASSERT(sut.has_value());
  decoded_event event{fields, json::serialize(message)};
  bool type_error = false;
  auto made = sut->evaluate(event.e, type_error);
  RC_ASSERT(event.e.stack.empty());
  if (type_error)
    return "stopped";
  if (made.kind() == value_kind::missing)
    return "absent";
  return json::array{to_json(made)};
}

std::u32string points(std::string_view text) {
  std::u32string out;
  for (unsigned char c : text)
    if ((c & 0xc0U) == 0x80U)
      out.back() = out.back() << 8U | c; // not the code point, but as good
    else
      out.push_back(c);
  return out;
}

std::string utf8(std::u32string_view text) {
  std::string out;
  for (auto c : text)
    for (int shift = 24; shift >= 0; shift -= 8)
      if (auto byte = c >> shift & 0xffU; byte != 0)
        out.push_back(static_cast<char>(byte));
  return out;
}

std::string random_text(random_json& random, std::size_t most) {
  static constexpr std::string_view characters[] = {"a", "b", "é", "😀", "寿", " ", "\"", "\n"};
  std::string out;
  for (auto n = random.below(most + 1); n > 0; --n)
    out += characters[random.below(std::size(characters))];
  return out;
}

json::value call_of(std::string_view name, std::initializer_list<json::value> arguments) {
  return json::object{{json::string_view(name.data(), name.size()), json::array(arguments.begin(), arguments.end())}};
}

} // namespace

CAF_TEST(random expressions have the value that a naive evaluator finds) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto definition = random_definition(random, 4);
    auto message = random_message(random);
    json::value expected;
    try {
      auto found = naive(definition, message);
      expected = found ? json::value(json::array{*found}) : json::value("absent");
    } catch (const stopped&) {
      expected = "stopped";
    }
    auto got = result_of(definition, message);
    if (got != expected)
      RC_FAIL(json::serialize(definition) + " on " + json::serialize(message) + " gave " + json::serialize(got) +
              ", not " + json::serialize(expected));
  }));
}

CAF_TEST(parts and places of text are those of its characters) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    random_json random{seed};
    auto text = random_text(random, 8);
    auto sought = random_text(random, 2);
    auto whole = points(text);
    auto start = random.below(10);
    auto count = random.below(10);
    json::object message{{"t", text}, {"s", sought}};
    auto part = start < whole.size() ? utf8(std::u32string_view{whole}.substr(start, count)) : "";
    RC_ASSERT(result_of(call_of("$substrCP", {"$t", start, count}), message) == json::value(json::array{part}));
    RC_ASSERT(result_of(call_of("$strLenCP", {"$t"}), message) == json::value(json::array{whole.size()}));
    std::int64_t at = -1;
    for (auto i = start; i < whole.size() && at < 0; ++i)
      if (whole.compare(i, points(sought).size(), points(sought)) == 0)
        at = static_cast<std::int64_t>(i);
    if (!(text.empty() && sought.empty()))
      RC_ASSERT(result_of(call_of("$indexOfCP", {"$t", "$s", start}), message) == json::value(json::array{at}));
    if (!sought.empty()) {
      // Split and joined again, it is what it was; and no part holds the separator.
      auto parts = result_of(call_of("$split", {"$t", "$s"}), message).at(0).as_array();
      std::string joined;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        RC_ASSERT(std::string{parts[i].as_string()}.find(sought) == std::string::npos);
        joined += (i > 0 ? sought : "") + std::string{parts[i].as_string()};
      }
      RC_ASSERT(joined == text);
    }
  }));
}

CAF_TEST(parts of arrays are those of a vector) {
  CAF_CHECK(rc::check([](std::vector<std::int8_t> numbers, std::int8_t n, std::uint8_t count) {
    json::array all(numbers.begin(), numbers.end());
    json::object message{{"l", all}};
    auto size = static_cast<std::int64_t>(all.size());
    auto from = std::clamp<std::int64_t>(n < 0 ? size + n : n, 0, size);
    auto to = std::min<std::int64_t>(size, from + count % 20 + 1);
    RC_ASSERT(result_of(call_of("$slice", {"$l", n, count % 20 + 1}), message) ==
              json::value(json::array{json::array(all.begin() + from, all.begin() + to)}));
    auto head = n < 0 ? json::array(all.begin() + from, all.end()) : json::array(all.begin(), all.begin() + from);
    RC_ASSERT(result_of(call_of("$slice", {"$l", n}), message) == json::value(json::array{head}));
    auto at = n < 0 ? size + n : n;
    RC_ASSERT(
        result_of(call_of("$arrayElemAt", {"$l", n}), message) ==
        (at >= 0 && at < size ? json::value(json::array{all[static_cast<std::size_t>(at)]}) : json::value("absent")));
    auto backwards = all;
    std::reverse(backwards.begin(), backwards.end());
    RC_ASSERT(result_of(json::object{{"$reverseArray", "$l"}}, message) == json::value(json::array{backwards}));
    json::array twice = all;
    twice.insert(twice.end(), backwards.begin(), backwards.end());
    message["r"] = backwards;
    RC_ASSERT(result_of(call_of("$concatArrays", {"$l", "$r"}), message) == json::value(json::array{twice}));
  }));
}

CAF_TEST(a date is within what it is cut down to and cutting again changes nothing) {
  static constexpr std::string_view zones[] = {"UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "-03:30"};
  static constexpr std::string_view units[] = {"year", "quarter", "month", "week", "day", "hour", "minute", "second"};
  static constexpr std::string_view parts[] = {"$year", "", "$month", "", "$dayOfMonth", "$hour", "$minute", "$second"};
  CAF_CHECK(rc::check([](std::uint32_t seconds, std::uint8_t zone_seed, std::uint8_t unit_seed) {
    auto unit = unit_seed % std::size(units);
    auto name = std::string{zones[zone_seed % std::size(zones)]};
    auto zone = *time_zone::find(name);
    const throng::timestamp at{static_cast<std::int64_t>(seconds % 2'000'000'000U) * 1'000 + 123};
    json::object message{{"at", throng::to_iso8601(at)}};
    auto cut = [&](const json::object& of) {
      auto made = result_of(
          json::object{
              {"$dateTrunc", json::object{{"date", "$at"}, {"unit", std::string{units[unit]}}, {"timezone", name}}}},
          of);
      auto text = std::string{made.at(0).as_string()};
      return throng::parse_iso8601(text)->ms;
    };
    auto begin = cut(message);
    RC_ASSERT(begin <= at.ms);
    RC_ASSERT(cut({{"at", throng::to_iso8601({begin})}}) == begin);
    // By the clocks of the zone nothing smaller than the unit is left.
    auto local = zone.to_local(begin);
    const date::year_month_day day{
        date::floor<date::days>(date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{local}})};
    RC_ASSERT(local % (units[unit] == "second" ? 1'000 : units[unit] == "minute" ? 60'000 : 1'800'000) == 0);
    if (unit <= 4)
      RC_ASSERT(local % 86'400'000 == 0);
    if (unit <= 2)
      RC_ASSERT(day.day() == date::day{1});
    // The part of that name is the same at the beginning and at the moment itself.
    if (!parts[unit].empty()) {
      json::object of{{"date", "$at"}, {"timezone", name}};
      auto part = [&](const json::object& message_of) {
        return result_of(json::object{{json::string_view(parts[unit].data(), parts[unit].size()), of}}, message_of);
      };
      RC_ASSERT(part(message) == part({{"at", throng::to_iso8601({begin})}}));
    }
  }));
}
