// `half_space_trees`: how empty the region is in which the last values lie
// (Tan, Ting and Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011).
// Each tree halves the space of the last `shingle` values at random, `depth`
// times, once and for all; masses are counted in windows of `window` values,
// and a value is judged by the masses of the window before. The trees come from
// a fixed seed, so every entity, partition and run has the same.
#include <array>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

constexpr std::size_t most_shingle = 16;

struct half_space_shape {
  std::size_t trees;
  std::size_t depth;
  std::size_t window;
  std::size_t shingle;
  std::vector<std::uint8_t> dimension; // of each inner node, tree by tree
  std::vector<float> middle;

  std::size_t nodes() const {
    return (std::size_t{2} << depth) - 1;
  }
};

std::shared_ptr<const half_space_shape> make_shape(std::size_t trees, std::size_t depth, std::size_t window,
                                                   std::size_t shingle) {
  auto made = std::make_shared<half_space_shape>(half_space_shape{trees, depth, window, shingle, {}, {}});
  std::mt19937_64 bits{20110716};
  auto uniform = [&] { return static_cast<double>(bits() >> 11U) * 0x1p-53; };
  auto inner = (std::size_t{1} << depth) - 1;
  for (std::size_t tree = 0; tree < trees; ++tree) {
    // The work space of each dimension: centred near a random point of [0, 1],
    // wide enough to hold all of it.
    std::vector<std::array<std::pair<double, double>, most_shingle>> spaces(inner);
    for (std::size_t d = 0; d < shingle; ++d) {
      auto centre = uniform();
      auto reach = 2 * std::max(centre, 1 - centre);
      if (inner > 0)
        spaces[0][d] = {centre - reach, centre + reach};
    }
    for (std::size_t node = 0; node < inner; ++node) {
      auto d = static_cast<std::size_t>(bits() % shingle);
      auto [low, high] = spaces[node][d];
      auto middle = 0.5 * (low + high);
      made->dimension.push_back(static_cast<std::uint8_t>(d));
      made->middle.push_back(static_cast<float>(middle));
      if (2 * node + 2 < inner) {
        spaces[2 * node + 1] = spaces[2 * node + 2] = spaces[node];
        spaces[2 * node + 1][d] = {low, middle};
        spaces[2 * node + 2][d] = {middle, high};
      }
    }
  }
  return made;
}

class half_space_trees {
public:
  explicit half_space_trees(std::shared_ptr<const half_space_shape> shape)
      : shape_(std::move(shape))
      , before_(shape_->trees * shape_->nodes())
      , now_(before_.size()) {}

  double of(timestamp, double x) {
    x_ = x;
    moments_.take(x);
    if (moments_.count() == shape_->window / 4 || (taken_ == 0 && moments_.count() > shape_->window / 4)) {
      centre_ = moments_.mean();
      unit_ = 8 * moments_.spread();
    }
    for (auto i = shape_->shingle - 1; i > 0; --i)
      last_[i] = last_[i - 1];
    last_[0] = x;
    if (unit_ == 0 || moments_.count() < shape_->shingle)
      return 0;
    std::array<float, most_shingle> point{};
    for (std::size_t i = 0; i < shape_->shingle; ++i)
      point[i] = static_cast<float>(std::clamp((last_[i] - centre_) / unit_ + 0.5, -1.0, 2.0));
    mass_ = 0;
    auto inner = (std::size_t{1} << shape_->depth) - 1;
    for (std::size_t tree = 0; tree < shape_->trees; ++tree) {
      auto* now = now_.data() + tree * shape_->nodes();
      const auto* before = before_.data() + tree * shape_->nodes();
      const auto* dimension = shape_->dimension.data() + tree * inner;
      const auto* middle = shape_->middle.data() + tree * inner;
      std::size_t node = 0;
      double size = 1;
      auto judged = false;
      while (true) {
        if (now[node] < UINT16_MAX)
          ++now[node];
        // Where few lay, deeper nodes tell nothing more.
        if (!judged && (node >= inner || before[node] * 10 < shape_->window)) {
          mass_ += before[node] * size;
          judged = true;
        }
        if (node >= inner)
          break;
        node = 2 * node + (point[dimension[node]] < middle[node] ? 1 : 2);
        size *= 2;
      }
    }
    auto known = windows_ > 0;
    if (++taken_ == shape_->window) {
      before_.swap(now_);
      std::fill(now_.begin(), now_.end(), 0);
      taken_ = 0;
      ++windows_;
    }
    auto most = static_cast<double>(shape_->trees) * static_cast<double>(shape_->window) *
                std::ldexp(1.0, static_cast<int>(shape_->depth));
    return known ? std::log2((most + 1) / (mass_ + 1)) : 0;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason =
        fmt::format("the last {} values of {}, up to {:.6g}, lie where few of its past do", shape_->shingle, field, x_);
    why.evidence["value"] = number_json(x_);
    why.evidence["mass"] = number_json(mass_);
    return why;
  }
  void save(byte_writer& out) const {
    moments_.save(out);
    out.real(centre_);
    out.real(unit_);
    out.varint(taken_);
    out.varint(windows_);
    for (auto x : last_)
      out.real(x);
    for (const auto* masses : {&before_, &now_})
      for (auto m : *masses)
        out.varint(m);
  }
  void load(byte_reader& in) {
    moments_.load(in);
    centre_ = in.real();
    unit_ = in.real();
    taken_ = in.varint();
    windows_ = in.varint();
    if (taken_ >= shape_->window)
      throw corrupt_state{"more values than a window of half-space trees has"};
    for (auto& x : last_)
      x = in.real();
    for (auto* masses : {&before_, &now_})
      for (auto& m : *masses)
        m = static_cast<std::uint16_t>(in.varint());
  }

private:
  std::shared_ptr<const half_space_shape> shape_;
  std::vector<std::uint16_t> before_; // tree by tree, a node's children at 2 n + 1 and 2 n + 2
  std::vector<std::uint16_t> now_;
  fading_moments moments_{1'000};
  double centre_ = 0;
  double unit_ = 0; // 0: not known yet
  std::uint64_t taken_ = 0;
  std::uint64_t windows_ = 0;
  std::array<double, most_shingle> last_{};
  // Of the last value; no state.
  double x_ = 0;
  double mass_ = 0;
};

} // namespace

registered_detector half_space_trees_detector() {
  return {with_alarm_parameters("half_space_trees",
                                "The last values together lie where few of the past do (half-space "
                                "trees, Tan et al., 2011).",
                                {{"trees", "25", "How many trees: 1 to 200."},
                                 {"depth", "6", "How often each halves the space: 1 to 12."},
                                 {"window", "250", "How many values a window of masses has: 20 to 10000."},
                                 {"shingle", "3", "How many last values make a point: 1 to 16."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto size = [&](const char* name, std::int64_t least, std::int64_t most) {
              return static_cast<std::size_t>(from.whole(name, least, most));
            };
            auto trees = size("trees", 1, 200);
            auto depth = size("depth", 1, 12);
            auto window = size("window", 20, 10'000);
            auto shingle = size("shingle", 1, most_shingle);
            return std::make_shared<scored_detector<calibrated<half_space_trees>>>(
                alarm_terms::read(from), calibrated{half_space_trees{make_shape(trees, depth, window, shingle)}},
                fmt::format("its last {} values lie where few of its past do", shingle));
          }};
}

} // namespace throng::analytics
