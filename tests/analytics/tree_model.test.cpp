// Models that the real XGBoost saved, held against its own predictions (models/make.py made both), and models that are refused.
#define CAF_SUITE analytics.tree_model

#include "analytics/tree_model.hpp"

#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <vector>

#include <caf/test/unit_test.hpp>

#include "analytics/lookup_table.hpp"
#include "pipelines.hpp"

using namespace throng;
using namespace throng::test;

namespace {

std::string file(const std::string& name) {
  std::ifstream in{std::string{MODELS} + "/" + name, std::ios::binary};
  CAF_REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Numbers of a CSV file without quotes; NaN where a cell is empty.
std::vector<std::vector<double>> rows_of(const std::string& name) {
  std::vector<std::vector<double>> rows;
  std::istringstream in{file(name)};
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    auto& row = rows.emplace_back();
    std::istringstream cells{line};
    for (std::string cell; std::getline(cells, cell, ',');)
      row.push_back(cell.empty() ? std::numeric_limits<double>::quiet_NaN() : std::stod(cell));
  }
  return rows;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  CAF_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

/// One tree: left (0.5) below 10 of `amount` or where it is missing, right (2) else.
const std::string stump =
    R"({"learner": {"feature_names": ["amount"], "gradient_booster": {"name": "gbtree", "model": {"trees": [
  {"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_conditions": [10, 0.5, 2],
   "default_left": [1, 0, 0], "sum_hessian": [4, 3, 1], "split_type": [0, 0, 0]}]}},
  "learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "1", "num_target": "1"},
  "objective": {"name": "binary:logistic"}}})";

std::string refusal(const std::string& text) {
  auto made = tree_model::read(text);
  return made ? "" : made.error().message;
}

bool refuses(const std::string& text, const std::string& why) {
  const auto said = refusal(text);
  if (said.find(why) != std::string::npos)
    return true;
  CAF_MESSAGE(said);
  return false;
}

} // namespace

CAF_TEST(margins and probabilities are those of XGBoost and so are the shares that moved them) {
  for (const std::string name : {"payments", "plain"}) {
    auto model = tree_model::read(file(name + ".json"));
    CAF_REQUIRE(model);
    const auto features = (*model)->features().size();
    const auto rows = rows_of(name + ".csv");
    CAF_REQUIRE_EQUAL(rows.size(), 300u);
    double least = 1;
    double most = 0;
    for (const auto& row : rows) {
      CAF_REQUIRE_EQUAL(row.size(), 2 * features + 3);
      const std::vector<float> x(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(features));
      const auto margin = (*model)->margin(x);
      CAF_REQUIRE(std::fabs(margin - row[features]) <= 1e-6 * std::max(1.0, std::fabs(row[features])));
      const auto probability = tree_model::probability(margin);
      CAF_REQUIRE(std::fabs(probability - row[features + 1]) <= 1e-6);
      least = std::min(least, probability);
      most = std::max(most, probability);
      std::vector<double> shares(features + 1);
      (*model)->contributions(x, shares);
      double sum = 0;
      for (std::size_t i = 0; i <= features; ++i) {
        CAF_REQUIRE(std::fabs(shares[i] - row[features + 2 + i]) <= 1e-5);
        sum += shares[i];
      }
      CAF_REQUIRE(std::fabs(sum - margin) <= 1e-5);
    }
    CAF_CHECK(least < 0.1 && most > 0.8); // the rows are not all alike
  }
  CAF_CHECK((*tree_model::read(file("payments.json")))->features() ==
            (std::vector<std::string>{"amount", "hour", "to_habit", "times_here"}));
  CAF_CHECK((*tree_model::read(file("plain.json")))->features() == (std::vector<std::string>{"f0", "f1", "f2"}));
}

CAF_TEST(a split sends what is equal to the right and what is missing its own way) {
  auto model = tree_model::read(stump);
  CAF_REQUIRE(model);
  const auto margin = [&](float x) { return (*model)->margin(std::vector<float>{x}); };
  CAF_CHECK_EQUAL(margin(9.99F), 0.5F);
  CAF_CHECK_EQUAL(margin(10.0F), 2.0F);
  CAF_CHECK_EQUAL(margin(std::numeric_limits<float>::quiet_NaN()), 0.5F);
  auto other = tree_model::read(replaced(stump, R"("default_left": [1)", R"("default_left": [0)"));
  CAF_REQUIRE(other);
  CAF_CHECK_EQUAL((*other)->margin(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}), 2.0F);
  std::vector<double> shares(2);
  (*model)->contributions(std::vector<float>{20}, shares);
  CAF_CHECK_EQUAL(shares[1], 0.875); // (3 * 0.5 + 1 * 2) / 4
  CAF_CHECK_EQUAL(shares[0], 1.125);
}

CAF_TEST(what is no such model is refused with what is wrong) {
  CAF_CHECK(refuses("", "no model that XGBoost saved as JSON"));
  CAF_CHECK(refuses("[]", "it is no object"));
  CAF_CHECK(refuses("{}", "`learner` is missing"));
  CAF_CHECK(refuses(replaced(stump, "binary:logistic", "reg:squarederror"), "its objective is reg:squarederror"));
  CAF_CHECK(refuses(replaced(stump, "gbtree", "dart"), "its booster is dart"));
  CAF_CHECK(refuses(replaced(stump, R"("num_class": "0")", R"("num_class": "3")"), "num_class is 3"));
  CAF_CHECK(refuses(replaced(stump, R"("split_type": [0)", R"("split_type": [1)"), "splits by categories"));
  CAF_CHECK(
      refuses(replaced(stump, R"("left_children": [1)", R"("left_children": [0)"), "child is none of its tree's"));
  CAF_CHECK(refuses(replaced(stump, R"("left_children": [1, -1)", R"("left_children": [1, 2)"),
                    "child is none of its tree's"));
  CAF_CHECK(
      refuses(replaced(stump, R"("split_indices": [0)", R"("split_indices": [1)"), "a feature that it does not have"));
  CAF_CHECK(refuses(replaced(stump, "[4, 3, 1]", "[4, 3]"), "not equally long"));
  CAF_CHECK(refuses(replaced(stump, "[5E-1]", "1"), "is no probability"));
  CAF_CHECK(refuses(replaced(stump, "[5E-1]", "[5E-1,2E-1]"), "is not one number"));
  CAF_CHECK(refuses(replaced(stump, R"(["amount"])", R"(["amount", "b"])"), "names another number of features"));
}

CAF_TEST(a model scores each event tells what moved it and keeps quiet for its cooldown) {
  auto definition = readings();
  config::detect detect;
  detect.name = "fraud";
  detect.detector = "model";
  detect.model = stump;
  detect.parameters = object(R"({"file": "m.json", "threshold": 0.8, "cooldown": "10s", "severity": "critical"})");
  definition.detectors = {detect};
  auto plan = compiled(definition);
  auto task = make_engine(plan, "readings", 0);
  outcome seen;
  std::int64_t offset = 0;
  const auto take = [&](std::int64_t second, const std::string& amount, const std::string& id = "a") {
    message made;
    made.offset = offset++;
    made.key = id;
    made.value = R"({"id": ")" + id + R"(", "t": ")" + to_iso8601({second * 1'000}) + R"(", "amount": )" + amount + "}";
    const auto before = task->counters().alerts;
    effects now;
    CAF_REQUIRE(task->take(made.raw(), now).has_value());
    seen.carry_out(now);
    return task->counters().alerts - before;
  };
  CAF_CHECK_EQUAL(take(1, "9"), 0u);
  CAF_CHECK_EQUAL(take(1, "\"20\""), 0u); // text is missing
  CAF_CHECK_EQUAL(take(2, "20"), 1u);
  const auto& alert = seen.of(collection::alerts).front()->body;
  CAF_CHECK_EQUAL(alert.at("detector").as_string(), "fraud");
  CAF_CHECK_EQUAL(alert.at("severity").as_string(), "critical");
  CAF_CHECK(std::fabs(alert.at("score").as_double() - 0.8807970779778823) < 1e-12); // 1 / (1 + e^-2)
  CAF_CHECK_EQUAL(alert.at("reason").as_string(), "probability 0.881, threshold 0.8; most by amount is 20 (+1.12)");
  CAF_CHECK_EQUAL(alert.at("evidence").at("log_odds").at("amount").as_double(), 1.125);
  CAF_CHECK_EQUAL(alert.at("evidence").at("base").as_double(), 0.875);
  CAF_CHECK_EQUAL(alert.at("evidence").at("values").at("amount").as_int64(), 20);
  CAF_CHECK_EQUAL(take(11, "20"), 0u);
  CAF_CHECK_EQUAL(take(11, "20", "b"), 1u);
  auto entries = saved(*task, false);
  task = make_engine(plan, "readings", 0);
  task->restore(entries);
  CAF_CHECK_EQUAL(take(11, "20"), 0u); // the checkpoint holds who is quiet
  CAF_CHECK_EQUAL(take(12, "20"), 1u);

  // People's verdicts raise its threshold as that of other detectors.
  task->use({*lookup_table::parse(lookup_table::format::topic,
                                  R"({"key": "fraud/a", "since": 0, "row": {"threshold": 0.9}})"
                                  "\n"
                                  R"({"key": "fraud/c", "since": 0, "row": {"threshold": 0.88}})"
                                  "\n",
                                  "key", {"threshold"})});
  CAF_CHECK_EQUAL(take(30, "20"), 0u);
  CAF_CHECK_EQUAL(take(30, "20", "b"), 1u);
  CAF_CHECK_EQUAL(take(30, "20", "c"), 1u);
  for (const auto* each : seen.of(collection::alerts))
    CAF_CHECK_EQUAL(each->body.at("evidence").as_object().contains("taught_threshold"),
                    each->body.at("entity").as_string() == "c");

  // Another model is another pipeline.
  auto other = definition;
  other.detectors[0].model = replaced(stump, "0.5, 2]", "0.5, 3]");
  CAF_CHECK(compiled(other)->hash() != plan->hash());
  // Features by other names, in the model's order.
  other.detectors[0].parameters["fields"] = boost::json::array{"x"};
  CAF_CHECK(compiled(other)->explain().find("Model fraud of 1 trees scores each event by x: it alerts") !=
            std::string::npos);
  other.detectors[0].parameters["fields"] = boost::json::array{"x", "y"};
  auto wrong = pipeline_plan::compile(other);
  CAF_REQUIRE(!wrong);
  CAF_CHECK_EQUAL(wrong.error().front().path, "detect[0].fields");
  CAF_CHECK_EQUAL(wrong.error().front().sentence, "are 2, and the model has 1 features: amount");
}
