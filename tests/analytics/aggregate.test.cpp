#define CAF_SUITE analytics.aggregate

#include "analytics/aggregate.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/json_scanner.hpp"
#include "analytics/partial_state.hpp"
#include "damaged_bytes.hpp"
#include "random_json.hpp"

using namespace throng::analytics;
using throng::config::aggregate;
using throng::config::aggregate_kind;

namespace {

aggregate one(aggregate_kind kind, std::string name) {
  return {kind, 0, std::move(name)};
}

std::vector<aggregate> everything() {
  return {one(aggregate_kind::count, "count"),
          one(aggregate_kind::sum, "sum"),
          one(aggregate_kind::mean, "mean"),
          one(aggregate_kind::min, "min"),
          one(aggregate_kind::max, "max"),
          one(aggregate_kind::stddev, "stddev"),
          one(aggregate_kind::variance, "variance"),
          one(aggregate_kind::first, "first"),
          one(aggregate_kind::last, "last"),
          one(aggregate_kind::distinct, "distinct"),
          {aggregate_kind::percentile, 50, "p50"},
          {aggregate_kind::percentile, 99.9, "p99.9"},
          one(aggregate_kind::top_10, "top_10"),
          {aggregate_kind::histogram, 0, "histogram", {-50, 0, 0.5, 50}},
          one(aggregate_kind::rate, "rate"),
          one(aggregate_kind::delta, "delta"),
          {aggregate_kind::ewma, 0, "ewma_5ms", {}, throng::milliseconds{5}}};
}

struct sample {
  owned_value x;
  event_position at;
};

/// Numbers mostly, with everything else between them.
std::vector<sample> samples(std::uint64_t seed, std::size_t most) {
  throng::test::random_json random{seed};
  static const std::vector<std::string> texts = {"red", "green", "blue"};
  std::vector<sample> result;
  for (auto n = random.below(most + 1); n > 0; --n) {
    value x;
    auto big = static_cast<std::int64_t>(random.below(200)) - 100;
    switch (random.below(9)) {
    case 0:
      x = value::null();
      break;
    case 1:
      x = value::of(std::string_view{texts[random.below(3)]});
      break;
    case 2:
      x = value::of(random.below(2) == 0);
      break;
    case 3:
      x = value::of(std::nan(""));
      break;
    case 4:
    case 5:
      x = value::of(big);
      break;
    default:
      x = value::of(static_cast<double>(big) / 7);
    }
    result.push_back({owned_value{x},
                      {{static_cast<std::int64_t>(random.below(50))},
                       static_cast<std::int32_t>(random.below(3)),
                       static_cast<std::int64_t>(n)}});
  }
  return result;
}

aggregate_cell of(const aggregate_plan& plan, const std::vector<sample>& values) {
  aggregate_cell cell{plan};
  for (const auto& s : values)
    cell.add(plan, s.x.view(), s.at);
  return cell;
}

std::string bytes(const aggregate_plan& plan, const aggregate_cell& cell) {
  std::string out;
  byte_writer to{out};
  cell.save(plan, to);
  return out;
}

bool near(const boost::json::value& got, double expected) {
  auto x = got.to_number<double>();
  return std::abs(x - expected) <= 1e-9 * std::max(1.0, std::abs(expected));
}

} // namespace

CAF_TEST(a cell renders what was wanted in that order then what was missing) {
  auto plan = aggregate_plan::of(
      {one(aggregate_kind::max, "max"), one(aggregate_kind::count, "count"), one(aggregate_kind::mean, "mean")});
  aggregate_cell cell{plan};
  cell.add(plan, value::of(1.5), {});
  cell.add(plan, value::of(std::int64_t{4}), {});
  cell.add(plan, value::null(), {});
  cell.add(plan, value{}, {});
  cell.add(plan, value::of(true), {});
  cell.add(plan, value::of(std::string_view{"7"}), {});
  cell.add(plan, value::of(INFINITY), {});
  CAF_CHECK_EQUAL(boost::json::serialize(cell.render(plan)), R"({"max":4,"count":2,"mean":2.75E0,"missing":5})");
}

CAF_TEST(a cell of nothing renders zeros and nulls) {
  auto plan = aggregate_plan::of(everything());
  CAF_CHECK_EQUAL(
      boost::json::serialize(aggregate_cell{plan}.render(plan)),
      R"({"count":0,"sum":0,"mean":null,"min":null,"max":null,"stddev":null,"variance":null,"first":null,"last":null,"distinct":0,)"
      R"("p50":null,"p99.9":null,"top_10":[],"histogram":{"bounds":[-50,0,5E-1,50],"counts":[0,0,0,0,0]},)"
      R"("rate":null,"delta":null,"ewma_5ms":null,"missing":0})");
}

CAF_TEST(text is present where only aggregates of any type are wanted) {
  auto plan = aggregate_plan::of({one(aggregate_kind::distinct, "distinct"), one(aggregate_kind::top_10, "top_10")});
  aggregate_cell cell{plan};
  for (auto text : {"b", "a", "b"})
    cell.add(plan, value::of(std::string_view{text}), {});
  cell.add(plan, value::of(std::int64_t{1}), {});
  cell.add(plan, value::of(1.0), {});
  cell.add(plan, value::null(), {});
  CAF_CHECK_EQUAL(boost::json::serialize(cell.render(plan)),
                  R"({"distinct":3,"top_10":[{"value":"b","count":2,"error":0},{"value":1,"count":2,"error":0},)"
                  R"({"value":"a","count":1,"error":0}],"missing":1})");
}

CAF_TEST(the first and last are of the least and greatest time then partition then offset) {
  auto plan = aggregate_plan::of({one(aggregate_kind::first, "first"), one(aggregate_kind::last, "last")});
  aggregate_cell cell{plan};
  cell.add(plan, value::of(std::int64_t{2}), {{10}, 0, 2});
  cell.add(plan, value::of(std::int64_t{1}), {{10}, 0, 1});
  cell.add(plan, value::of(std::string_view{"later"}), {{20}, 0, 5});
  cell.add(plan, value::array("[1, 2]"), {{20}, 1, 0});
  cell.add(plan, value::null(), {{30}, 0, 0});
  CAF_CHECK_EQUAL(boost::json::serialize(cell.render(plan)), R"({"first":1,"last":[1,2],"missing":1})");
}

CAF_TEST(every aggregate equals its definition over all values) {
  auto plan = aggregate_plan::of(everything());
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    auto values = samples(seed, 300);
    auto got = of(plan, values).render(plan);
    std::vector<double> numbers;
    std::map<std::string, std::int64_t> counts;
    const sample* first = nullptr;
    const sample* last = nullptr;
    for (const auto& s : values) {
      auto x = s.x.view();
      if (x.is_nothing() || (x.is_number() && !x.is_finite()))
        continue;
      if (x.is_number())
        numbers.push_back(x.number());
      std::string text;
      append_canonical(text, x);
      ++counts[text];
      if (first == nullptr || s.at < first->at)
        first = &s;
      if (last == nullptr || last->at < s.at)
        last = &s;
    }
    RC_ASSERT(got["count"].as_int64() == static_cast<std::int64_t>(numbers.size()));
    RC_ASSERT(got["missing"].as_int64() == static_cast<std::int64_t>(values.size() - numbers.size()));
    RC_ASSERT(got["distinct"].as_int64() == static_cast<std::int64_t>(counts.size()));
    if (first != nullptr) {
      RC_ASSERT(got["first"] == to_json(first->x.view()));
      RC_ASSERT(got["last"] == to_json(last->x.view()));
    }
    std::vector<std::pair<std::int64_t, std::string>> top;
    for (const auto& [text, n] : counts)
      top.emplace_back(-n, text);
    std::sort(top.begin(), top.end());
    top.resize(std::min<std::size_t>(top.size(), 10));
    if (counts.size() <= 128) {
      RC_ASSERT(got["top_10"].as_array().size() == top.size());
      for (std::size_t i = 0; i < top.size(); ++i) {
        const auto& item = got["top_10"].as_array()[i].as_object();
        RC_ASSERT(item.at("count").as_int64() == -top[i].first);
        RC_ASSERT(item.at("value") == parse_json(top[i].second));
      }
    }
    std::vector<std::pair<event_position, double>> timed;
    for (const auto& s : values)
      if (auto x = s.x.view(); x.is_number() && x.is_finite())
        timed.emplace_back(s.at, x.number());
    std::sort(timed.begin(), timed.end());
    const std::vector<double> edges{-HUGE_VAL, -50, 0, 0.5, 50, HUGE_VAL};
    for (std::size_t i = 0; i + 1 < edges.size(); ++i)
      RC_ASSERT(got["histogram"].at("counts").as_array()[i].as_int64() ==
                std::count_if(numbers.begin(), numbers.end(),
                              [&](double x) { return edges[i] <= x && (x < edges[i + 1] || i + 2 == edges.size()); }));
    if (numbers.empty())
      return;
    double weights = 0;
    double weighted = 0;
    for (const auto& [at, x] : timed) {
      auto weight = std::pow(0.5, static_cast<double>((timed.back().first.time - at.time).count()) / 5);
      weights += weight;
      weighted += weight * x;
    }
    auto magnitude = std::max(std::abs(numbers.front()), std::abs(numbers.back()));
    for (auto x : numbers)
      magnitude = std::max(magnitude, std::abs(x));
    RC_ASSERT(std::abs(got["ewma_5ms"].to_number<double>() - weighted / weights) <= 1e-9 * magnitude);
    auto seconds = static_cast<double>((timed.back().first.time - timed.front().first.time).count()) / 1'000;
    auto delta = timed.back().second - timed.front().second;
    auto is_delta = timed.size() < 2 ? got["delta"].is_null() : got["delta"].to_number<double>() == delta;
    auto is_rate = timed.size() < 2 || seconds == 0 ? got["rate"].is_null() : near(got["rate"], delta / seconds);
    RC_ASSERT(is_delta);
    RC_ASSERT(is_rate);
    std::sort(numbers.begin(), numbers.end());
    long double sum = 0;
    for (auto x : numbers)
      sum += x;
    auto n = static_cast<double>(numbers.size());
    auto mean = static_cast<double>(sum) / n;
    RC_ASSERT(near(got["sum"], static_cast<double>(sum)));
    RC_ASSERT(near(got["mean"], mean));
    RC_ASSERT(got["min"].to_number<double>() == numbers.front());
    RC_ASSERT(got["max"].to_number<double>() == numbers.back());
    for (auto [name, p] : {std::pair{"p50", 50.0}, std::pair{"p99.9", 99.9}}) {
      auto rank = std::max(1.0, std::ceil(p * n / 100));
      auto expected = numbers[static_cast<std::size_t>(rank) - 1];
      RC_ASSERT(std::abs(got[name].to_number<double>() - expected) <= std::abs(expected) / 100);
    }
    if (numbers.size() < 2) {
      RC_ASSERT(got["stddev"].is_null());
      return;
    }
    double squares = 0;
    for (auto x : numbers)
      squares += (x - mean) * (x - mean);
    RC_ASSERT(near(got["variance"], squares / (n - 1)));
    RC_ASSERT(near(got["stddev"], std::sqrt(squares / (n - 1))));
  }));
}

CAF_TEST(a compensated sum keeps what a plain one loses) {
  auto plan = aggregate_plan::of({one(aggregate_kind::sum, "sum"), one(aggregate_kind::mean, "mean")});
  aggregate_cell cell{plan};
  aggregate_cell other{plan};
  for (double x : {1.0, 1e100})
    cell.add(plan, value::of(x), {});
  for (double x : {1.0, -1e100})
    other.add(plan, value::of(x), {});
  cell.merge(plan, other);
  CAF_CHECK_EQUAL(boost::json::serialize(cell.render(plan)), R"({"sum":2,"mean":5E-1,"missing":0})");
}

CAF_TEST(a sum beyond the doubles is null and not infinite) {
  auto plan = aggregate_plan::of(everything());
  aggregate_cell cell{plan};
  for (int i = 0; i < 3; ++i)
    cell.add(plan, value::of(1.7e308), {});
  auto got = cell.render(plan);
  CAF_CHECK(got["sum"].is_null());
  CAF_CHECK(got["mean"].is_null());
  CAF_CHECK_EQUAL(got["max"].as_double(), 1.7e308);
}

CAF_TEST(merging cells equals adding all) {
  auto plan = aggregate_plan::of(everything());
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    auto values = samples(seed, 400);
    auto whole = of(plan, values).render(plan);
    aggregate_cell merged{plan};
    for (std::size_t at = 0; at < values.size();) {
      auto end = std::min(values.size(), at + 1 + seed % 97);
      merged.merge(plan, of(plan, {values.begin() + static_cast<std::ptrdiff_t>(at),
                                   values.begin() + static_cast<std::ptrdiff_t>(end)}));
      at = end;
    }
    auto got = merged.render(plan);
    // Space-saving merges within bounds only, once it is full.
    bool full = whole["distinct"].as_int64() > 128;
    for (const auto& field : whole) {
      const auto& other = got.at(field.key());
      if (field.key() == "top_10" && full)
        continue;
      if (field.key() == "ewma_5ms") {
        RC_ASSERT(other.is_null() == field.value().is_null());
        if (!other.is_null())
          RC_ASSERT(std::abs(other.to_number<double>() - field.value().to_number<double>()) <= 1e-3);
        continue;
      }
      if (field.key() == "sum" || field.key() == "mean" || field.key() == "stddev" || field.key() == "variance")
        RC_ASSERT((other.is_null() ? field.value().is_null() : near(field.value(), other.to_number<double>())));
      else
        RC_ASSERT(field.value() == other);
    }
  }));
}

CAF_TEST(a cell and its plan come back from bytes and go on the same) {
  CAF_CHECK(rc::check([](std::uint64_t seed) {
    auto wanted = everything();
    std::mt19937_64 bits{seed};
    std::shuffle(wanted.begin(), wanted.end(), bits);
    wanted.resize(1 + bits() % wanted.size());
    auto plan = aggregate_plan::of(wanted);
    auto cell = of(plan, samples(seed, 400));
    std::string stored;
    byte_writer out{stored};
    stored = partial_state_header({{"x", wanted}});
    cell.save(plan, out);

    byte_reader in{stored};
    auto plan_back = aggregate_plan::of(read_partial_state_header(in).at(0).second);
    auto back = aggregate_cell::load(plan_back, in);
    RC_ASSERT(in.at_end());
    RC_ASSERT(back.render(plan_back) == cell.render(plan));
    for (const auto& s : samples(seed + 1, 100)) {
      cell.add(plan, s.x.view(), s.at);
      back.add(plan_back, s.x.view(), s.at);
    }
    RC_ASSERT(bytes(plan_back, back) == bytes(plan, cell));
  }));
}

CAF_TEST(damaged bytes are refused or read but never crash) {
  auto plan = aggregate_plan::of(everything());
  int refused = 0;
  CAF_CHECK(rc::check([&](std::uint64_t seed) {
    std::string stored;
    byte_writer out{stored};
    stored = partial_state_header({{"x", everything()}});
    of(plan, samples(seed, 60)).save(plan, out);
    refused += throng::test::damage(stored, seed, [](byte_reader& in) {
      auto fields = read_partial_state_header(in);
      if (fields.empty())
        throw corrupt_state{"no field"};
      auto loaded_plan = aggregate_plan::of(fields.front().second);
      auto cell = aggregate_cell::load(loaded_plan, in);
      auto again = aggregate_cell{loaded_plan};
      again.merge(loaded_plan, cell);
      again.merge(loaded_plan, cell);
      again.add(loaded_plan, value::of(1.0), {});
      boost::json::serialize(again.render(loaded_plan));
    });
  }));
  CAF_CHECK(refused > 0);
}

CAF_TEST(an empty cell stays small) {
  CAF_CHECK(sizeof(aggregate_cell) <= 96);
}
