// Gradient-boosted trees as XGBoost saves them in JSON (Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016; the format:
// "Introduction to Model IO" of its documentation): a probability for a row of numbers, and what moved it. Leaves to the pipeline which fields
// the row is made of, and when there is an alert.
//
// Taken are models of the booster `gbtree` for `binary:logistic` with one output and splits by number. Trees are walked as XGBoost does, in
// single precision: left where the number is less than the split's, the split's own way where it is missing; leaves are added in the order of the
// trees to the margin of the base score. So a probability is equal to XGBoost's but for the last bits of its sum and of exp.
//
// What moved it: each split on a row's way takes the mean over its leaves (weighted by the training rows' hessians that reached them) to
// that of the branch taken; the difference is the field's, and all differences and the mean of the trees add up to the margin (Saabas, "Interpreting
// random forests", 2014; XGBoost's approx_contribs). It is fast, but where fields act together only the later split is credited.
//
// Cost: a comparison for each level of each tree; 16 bytes and a double a node.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"

namespace throng::analytics {

class tree_model {
public:
  /// invalid: a sentence that says what is not XGBoost's JSON, or which kind of model is not taken.
  static expected<std::shared_ptr<const tree_model>> read(std::string_view json);

  /// As the model names them; `f0`, `f1`, … where it was trained without names.
  const std::vector<std::string>& features() const {
    return features_;
  }
  std::size_t trees() const {
    return roots_.size();
  }

  /// In log-odds. @param row by feature; NaN is missing
  float margin(std::span<const float> row) const;
  static double probability(float margin);

  /// What each feature adds to the margin. @param into by feature, and behind them the base: as many more as one; overwritten
  void contributions(std::span<const float> row, std::span<double> into) const;

private:
  struct node {
    float value = 0; ///< the split's, or the leaf's
    std::uint32_t feature = 0;
    std::uint32_t left = 0; ///< 0: a leaf; the right one stands behind it
    bool missing_left = false;
  };
  std::uint32_t next(const node& at, std::span<const float> row) const;

  std::vector<std::string> features_;
  std::vector<std::uint32_t> roots_; ///< by tree
  std::vector<node> nodes_;          ///< those of one tree together, children behind their parent
  std::vector<double> means_;        ///< by node
  float base_margin_ = 0;
};

} // namespace throng::analytics
