#include "analytics/tree_model.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace throng::analytics {

namespace {

namespace json = boost::json;

/// What is wrong with the text; caught in read().
struct no_model : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const json::value& member(const json::object& of, std::string_view name) {
  const auto* found = of.if_contains(name);
  if (found == nullptr)
    throw no_model{fmt::format("`{}` is missing", name)};
  return *found;
}

const json::object& object_at(const json::object& of, std::string_view name) {
  const auto* found = member(of, name).if_object();
  if (found == nullptr)
    throw no_model{fmt::format("`{}` is no object", name)};
  return *found;
}

std::string text_at(const json::object& of, std::string_view name) {
  const auto* found = member(of, name).if_string();
  if (found == nullptr)
    throw no_model{fmt::format("`{}` is no text", name)};
  return std::string{*found};
}

/// XGBoost writes parameters as texts: `"5E-1"`, and from 3.1 on `"[5E-1]"`.
double number_in(std::string text, std::string_view name) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  double x = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (wrong != std::errc{} || end != text.data() + text.size() || !std::isfinite(x))
    throw no_model{fmt::format("`{}` is \"{}\", which is not one number", name, text.substr(0, 40))};
  return x;
}

std::vector<double> numbers_at(const json::object& of, std::string_view name) {
  const auto* found = member(of, name).if_array();
  if (found == nullptr)
    throw no_model{fmt::format("`{}` is no array", name)};
  std::vector<double> made;
  made.reserve(found->size());
  for (const auto& each : *found) {
    if (each.is_bool())
      made.push_back(each.get_bool() ? 1 : 0);
    else if (each.is_number())
      made.push_back(each.to_number<double>());
    else
      throw no_model{fmt::format("`{}` holds something that is no number", name)};
  }
  return made;
}

/// One tree's arrays, by node as XGBoost numbers them.
struct tree_arrays {
  std::vector<double> left, right, feature, value, missing_left, weight;

  explicit tree_arrays(const json::object& tree)
      : left(numbers_at(tree, "left_children"))
      , right(numbers_at(tree, "right_children"))
      , feature(numbers_at(tree, "split_indices"))
      , value(numbers_at(tree, "split_conditions"))
      , missing_left(numbers_at(tree, "default_left"))
      , weight(numbers_at(tree, "sum_hessian")) {
    for (const auto* each : {&right, &feature, &value, &missing_left, &weight})
      if (each->size() != left.size())
        throw no_model{"a tree's arrays are not equally long"};
    if (left.empty())
      throw no_model{"a tree without a node"};
    if (tree.contains("split_type"))
      for (auto type : numbers_at(tree, "split_type"))
        if (type != 0)
          throw no_model{"it splits by categories; only splits by number are taken: encode categories before training"};
  }
  bool leaf(std::size_t at) const {
    return left[at] < 0;
  }
};

} // namespace

expected<std::shared_ptr<const tree_model>> tree_model::read(std::string_view text) {
  try {
    boost::system::error_code wrong;
    const auto root = json::parse(json::string_view{text.data(), text.size()}, wrong);
    if (wrong)
      throw no_model{wrong.message()};
    if (!root.is_object())
      throw no_model{"it is no object"};
    const auto& learner = object_at(root.get_object(), "learner");
    if (const auto objective = text_at(object_at(learner, "objective"), "name"); objective != "binary:logistic")
      throw no_model{fmt::format("its objective is {}; binary:logistic is taken", objective.substr(0, 60))};
    const auto& parameters = object_at(learner, "learner_model_param");
    for (const auto* name : {"num_class", "num_target"})
      if (parameters.contains(name) && number_in(text_at(parameters, name), name) > 1)
        throw no_model{fmt::format("{} is {}; models of one output are taken", name, text_at(parameters, name))};
    const auto& booster = object_at(learner, "gradient_booster");
    if (const auto name = text_at(booster, "name"); name != "gbtree")
      throw no_model{fmt::format("its booster is {}; gbtree is taken", name.substr(0, 60))};

    std::shared_ptr<tree_model> made{new tree_model};
    const auto features = number_in(text_at(parameters, "num_feature"), "num_feature");
    constexpr double most_features = 100'000;
    if (!(features >= 1 && features <= most_features))
      throw no_model{fmt::format("it has {} features; 1 to 100,000 are taken", features)};
    if (const auto* names = learner.if_contains("feature_names"); names != nullptr && names->is_array())
      for (const auto& name : names->get_array())
        made->features_.emplace_back(name.is_string() ? std::string{name.get_string()} : std::string{});
    if (made->features_.empty())
      for (std::size_t i = 0; i < static_cast<std::size_t>(features); ++i)
        made->features_.push_back("f" + std::to_string(i));
    if (made->features_.size() != static_cast<std::size_t>(features))
      throw no_model{"it names another number of features than it has"};

    const auto base = number_in(text_at(parameters, "base_score"), "base_score");
    if (!(base > 0 && base < 1))
      throw no_model{fmt::format("its base_score is {}, which is no probability", base)};
    made->base_margin_ = -std::log(1.0F / static_cast<float>(base) - 1.0F);

    const auto& trees = member(object_at(booster, "model"), "trees");
    if (!trees.is_array())
      throw no_model{"`trees` is no array"};
    for (const auto& tree : trees.get_array()) {
      if (!tree.is_object())
        throw no_model{"a tree is no object"};
      const tree_arrays in{tree.get_object()};
      const auto root_at = static_cast<std::uint32_t>(made->nodes_.size());
      made->roots_.push_back(root_at);
      // From the root on, each node's children side by side behind all that are placed: any numbering will do, and a circle is found.
      std::vector<std::size_t> placed{0};
      const auto size = in.left.size();
      for (std::size_t i = 0; i < placed.size(); ++i) {
        const auto at = placed[i];
        node here;
        here.value = static_cast<float>(in.value[at]);
        if (!std::isfinite(here.value) && in.leaf(at))
          throw no_model{"a leaf that is no finite number"};
        if (!in.leaf(at)) {
          const auto child = [&](double of) {
            if (!(of >= 1 && of < static_cast<double>(size)) || placed.size() >= size)
              throw no_model{"a node's child is none of its tree's"};
            placed.push_back(static_cast<std::size_t>(of));
          };
          if (!(in.feature[at] >= 0 && in.feature[at] < features))
            throw no_model{"a split by a feature that it does not have"};
          here.feature = static_cast<std::uint32_t>(in.feature[at]);
          here.missing_left = in.missing_left[at] != 0;
          here.left = root_at + static_cast<std::uint32_t>(placed.size());
          child(in.left[at]);
          child(in.right[at]);
        }
        made->nodes_.push_back(here);
      }
      // Children stand behind their parent: from the last on, each mean is made of those behind it.
      made->means_.resize(made->nodes_.size());
      std::vector<double> weights(placed.size());
      for (auto i = placed.size(); i-- > 0;) {
        const auto& here = made->nodes_[root_at + i];
        auto& mean = made->means_[root_at + i];
        if (here.left == 0) {
          weights[i] = in.weight[placed[i]];
          mean = here.value;
          continue;
        }
        const auto left = here.left - root_at;
        weights[i] = weights[left] + weights[left + 1];
        mean = weights[i] > 0
                   ? (made->means_[here.left] * weights[left] + made->means_[here.left + 1] * weights[left + 1]) /
                         weights[i]
                   : (made->means_[here.left] + made->means_[here.left + 1]) / 2;
      }
    }
    if (made->roots_.empty())
      throw no_model{"it has no tree"};
    return made;
  } catch (const no_model& why) {
    return fail(error_kind::invalid,
                fmt::format("no model that XGBoost saved as JSON, or none that is taken: {}", why.what()));
  }
}

std::uint32_t tree_model::next(const node& at, std::span<const float> row) const {
  const auto x = row[at.feature];
  return at.left + ((std::isnan(x) ? at.missing_left : x < at.value) ? 0 : 1);
}

float tree_model::margin(std::span<const float> row) const {
  auto sum = base_margin_;
  for (auto at : roots_) {
    while (nodes_[at].left != 0)
      at = next(nodes_[at], row);
    sum += nodes_[at].value;
  }
  return sum;
}

double tree_model::probability(float margin) {
  return 1 / (1 + std::exp(-static_cast<double>(margin)));
}

void tree_model::contributions(std::span<const float> row, std::span<double> into) const {
  std::fill(into.begin(), into.end(), 0);
  into[features_.size()] = base_margin_;
  for (auto at : roots_) {
    into[features_.size()] += means_[at];
    while (nodes_[at].left != 0) {
      const auto to = next(nodes_[at], row);
      into[nodes_[at].feature] += means_[to] - means_[at];
      at = to;
    }
  }
}

} // namespace throng::analytics
