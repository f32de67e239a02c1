// `forest`: robust random cut trees over the last `shingle` values (Guha,
// Mishra, Roy and Schrijvers, "Robust Random Cut Forest Based Anomaly Detection
// on Streams", ICML 2016). Each tree holds the same last `sample` points, cut
// by its own random cuts; a new point is inserted by the paper's algorithm 2,
// the oldest is deleted. The statistic is the collusive displacement: over the
// nodes above the point, the greatest ratio of its sibling's mass to its own,
// mean over the trees. The random cuts come from a generator that is part of
// the state. A key costs about trees x sample x (8 shingle + 16) x 2 bytes.
#include <array>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/detectors/calibrated.hpp"
#include "analytics/detectors/register.hpp"
#include "analytics/detectors/scored_series.hpp"

namespace throng::analytics {

namespace {

using node_id = std::int16_t;
constexpr node_id nowhere = -1;

class cut_tree {
public:
  cut_tree(std::size_t sample, std::size_t shingle, std::uint64_t seed)
      : shingle_(shingle)
      , state_(seed)
      , nodes_(2 * sample)
      , boxes_(2 * sample * 2 * shingle)
      , leaf_of_(sample, nowhere) {
    for (std::size_t i = nodes_.size(); i-- > 0;)
      free_.push_back(static_cast<node_id>(i));
  }

  /// Puts the point in; `slot` is free. @returns its collusive displacement
  double insert(std::size_t slot, const float* p) {
    if (root_ == nowhere) {
      root_ = leaf(p);
      leaf_of_[slot] = root_;
      return 0;
    }
    auto at = root_;
    while (true) {
      double length = 0;
      for (std::size_t d = 0; d < shingle_; ++d)
        length += static_cast<double>(std::max(high(at)[d], p[d])) - std::min(low(at)[d], p[d]);
      if (length <= 0) // the same point again
        break;
      auto r = uniform() * length;
      std::size_t d = 0;
      double from = 0;
      double to = 0;
      for (; d < shingle_; ++d) {
        from = std::min(low(at)[d], p[d]);
        to = std::max(high(at)[d], p[d]);
        if (r < to - from || (d + 1 == shingle_))
          break;
        r -= to - from;
      }
      auto cut = static_cast<float>(from + std::min(r, to - from));
      auto left = p[d] <= cut && cut < low(at)[d];
      auto right = p[d] > cut && cut >= high(at)[d];
      if (left || right) {
        auto made = leaf(p);
        auto above = take();
        auto& n = nodes_[index(above)];
        n = {nodes_[index(at)].parent, left ? made : at, left ? at : made, static_cast<std::uint8_t>(d), cut,
             nodes_[index(at)].mass};
        replace(n.parent, at, above);
        nodes_[index(at)].parent = above;
        nodes_[index(made)].parent = above;
        join(above);
        for (auto up = n.parent; up != nowhere; up = nodes_[index(up)].parent)
          widen(up, p);
        for (auto up = above; up != nowhere; up = nodes_[index(up)].parent)
          ++nodes_[index(up)].mass;
        leaf_of_[slot] = made;
        return displacement(made);
      }
      const auto& n = nodes_[index(at)];
      if (n.left == nowhere) { // a cut that rounding put on the leaf itself
        break;
      }
      at = p[n.dimension] <= n.cut ? n.left : n.right;
    }
    // Into the leaf that is the same point, or as good as it.
    while (nodes_[index(at)].left != nowhere)
      at = p[nodes_[index(at)].dimension] <= nodes_[index(at)].cut ? nodes_[index(at)].left : nodes_[index(at)].right;
    for (auto up = at; up != nowhere; up = nodes_[index(up)].parent)
      ++nodes_[index(up)].mass;
    leaf_of_[slot] = at;
    return displacement(at);
  }

  void remove(std::size_t slot) {
    auto gone = leaf_of_[slot];
    leaf_of_[slot] = nowhere;
    for (auto up = gone; up != nowhere; up = nodes_[index(up)].parent)
      --nodes_[index(up)].mass;
    if (nodes_[index(gone)].mass > 0)
      return;
    auto above = nodes_[index(gone)].parent;
    give_back(gone);
    if (above == nowhere) {
      root_ = nowhere;
      return;
    }
    auto other = nodes_[index(above)].left == gone ? nodes_[index(above)].right : nodes_[index(above)].left;
    auto top = nodes_[index(above)].parent;
    nodes_[index(other)].parent = top;
    replace(top, above, other);
    give_back(above);
    for (; top != nowhere; top = nodes_[index(top)].parent)
      join(top);
  }

  void save(byte_writer& out) const {
    out.u64(state_);
    out.varint(static_cast<std::uint64_t>(root_ + 1));
    for (auto leaf : leaf_of_)
      out.varint(static_cast<std::uint64_t>(leaf + 1));
    out.varint(free_.size());
    for (auto id : free_)
      out.varint(static_cast<std::uint64_t>(id));
    for (const auto& n : nodes_) {
      for (auto id : {n.parent, n.left, n.right})
        out.varint(static_cast<std::uint64_t>(id + 1));
      out.u8(n.dimension);
      out.real32(n.cut);
      out.varint(n.mass);
    }
    for (auto x : boxes_)
      out.real32(x);
  }
  void load(byte_reader& in) {
    auto id = [&](std::uint64_t most) {
      auto x = in.varint();
      if (x > most)
        throw corrupt_state{"a node that a tree does not have"};
      return static_cast<node_id>(static_cast<std::int64_t>(x) - 1);
    };
    state_ = in.u64();
    root_ = id(nodes_.size());
    for (auto& leaf : leaf_of_)
      leaf = id(nodes_.size());
    free_.resize(in.count());
    if (free_.size() > nodes_.size())
      throw corrupt_state{"more free nodes than a tree has"};
    for (auto& x : free_) {
      x = static_cast<node_id>(id(nodes_.size() - 1) + 1);
    }
    for (auto& n : nodes_) {
      n.parent = id(nodes_.size());
      n.left = id(nodes_.size());
      n.right = id(nodes_.size());
      n.dimension = in.u8();
      if (n.dimension >= shingle_)
        throw corrupt_state{"a cut in a dimension that a point does not have"};
      n.cut = in.real32();
      n.mass = static_cast<std::uint32_t>(in.varint());
    }
    for (auto& x : boxes_)
      x = in.real32();
    check();
  }

private:
  struct node {
    node_id parent = nowhere;
    node_id left = nowhere; // nowhere: a leaf
    node_id right = nowhere;
    std::uint8_t dimension = 0;
    float cut = 0;
    std::uint32_t mass = 0;
  };

  static std::size_t index(node_id id) {
    return static_cast<std::size_t>(id);
  }
  float* low(node_id id) {
    return boxes_.data() + index(id) * 2 * shingle_;
  }
  float* high(node_id id) {
    return low(id) + shingle_;
  }
  double uniform() { // splitmix64 (Steele, Lea and Flood, OOPSLA 2014)
    state_ += 0x9e3779b97f4a7c15U;
    auto z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1p-53;
  }
  node_id take() {
    auto id = free_.back();
    free_.pop_back();
    return id;
  }
  void give_back(node_id id) {
    nodes_[index(id)] = {};
    free_.push_back(id);
  }
  node_id leaf(const float* p) {
    auto id = take();
    nodes_[index(id)] = {};
    nodes_[index(id)].mass = 1;
    std::copy(p, p + shingle_, low(id));
    std::copy(p, p + shingle_, high(id));
    return id;
  }
  void replace(node_id above, node_id old, node_id by) {
    if (above == nowhere)
      root_ = by;
    else if (nodes_[index(above)].left == old)
      nodes_[index(above)].left = by;
    else
      nodes_[index(above)].right = by;
  }
  void widen(node_id id, const float* p) {
    for (std::size_t d = 0; d < shingle_; ++d) {
      low(id)[d] = std::min(low(id)[d], p[d]);
      high(id)[d] = std::max(high(id)[d], p[d]);
    }
  }
  /// The box of both children.
  void join(node_id id) {
    auto a = nodes_[index(id)].left;
    auto b = nodes_[index(id)].right;
    for (std::size_t d = 0; d < shingle_; ++d) {
      low(id)[d] = std::min(low(a)[d], low(b)[d]);
      high(id)[d] = std::max(high(a)[d], high(b)[d]);
    }
  }
  double displacement(node_id id) const {
    double most = 0;
    for (auto above = nodes_[index(id)].parent; above != nowhere; id = above, above = nodes_[index(id)].parent) {
      auto other = nodes_[index(above)].left == id ? nodes_[index(above)].right : nodes_[index(above)].left;
      most = std::max(most, static_cast<double>(nodes_[index(other)].mass) / nodes_[index(id)].mass);
    }
    return most;
  }
  /// Whether what was loaded is one tree.
  void check() const {
    std::vector<node_id> open;
    if (root_ != nowhere)
      open.push_back(root_);
    std::size_t seen = 0;
    while (!open.empty()) {
      auto id = open.back();
      open.pop_back();
      const auto& n = nodes_[index(id)];
      if (++seen > nodes_.size() || n.mass == 0 || (n.left == nowhere) != (n.right == nowhere) ||
          (id == root_ && n.parent != nowhere))
        throw corrupt_state{"nodes that are no tree"};
      if (n.left == nowhere)
        continue;
      for (auto child : {n.left, n.right}) {
        if (nodes_[index(child)].parent != id)
          throw corrupt_state{"nodes that are no tree"};
        open.push_back(child);
      }
    }
    if (seen + free_.size() != nodes_.size())
      throw corrupt_state{"nodes that are no tree"};
  }

  std::size_t shingle_;
  std::uint64_t state_;
  node_id root_ = nowhere;
  std::vector<node> nodes_;
  std::vector<float> boxes_; // of each node: low, high
  std::vector<node_id> free_;
  std::vector<node_id> leaf_of_; // each point's, by its slot
};

class forest {
public:
  forest(std::size_t trees, std::size_t sample, std::size_t shingle)
      : sample_(sample)
      , last_(shingle) {
    for (std::size_t i = 0; i < trees; ++i)
      trees_.emplace_back(sample, shingle, 0x5851f42d4c957f2dU * (i + 1));
  }

  double of(timestamp, double x) {
    x_ = x;
    for (auto i = last_.size() - 1; i > 0; --i)
      last_[i] = last_[i - 1];
    last_[0] = static_cast<float>(std::clamp(x, -1e30, 1e30));
    if (++seen_ < last_.size())
      return 0;
    auto n = seen_ - last_.size();
    auto slot = static_cast<std::size_t>(n % sample_);
    displacement_ = 0;
    for (auto& tree : trees_) {
      if (n >= sample_)
        tree.remove(slot);
      displacement_ += tree.insert(slot, last_.data());
    }
    displacement_ /= static_cast<double>(trees_.size());
    return n < sample_ / 2 ? 0 : displacement_;
  }
  explanation explain(std::string_view field) const {
    explanation why;
    why.reason = fmt::format("the last {} values of {}, up to {:.6g}, stand apart from the {} "
                             "before: without them {:.3g} others would lie otherwise",
                             last_.size(), field, x_, sample_, displacement_);
    why.evidence["value"] = number_json(x_);
    why.evidence["displacement"] = number_json(displacement_);
    return why;
  }
  void save(byte_writer& out) const {
    out.varint(seen_);
    for (auto x : last_)
      out.real32(x);
    for (const auto& tree : trees_)
      tree.save(out);
  }
  void load(byte_reader& in) {
    seen_ = in.varint();
    for (auto& x : last_)
      x = in.real32();
    for (auto& tree : trees_)
      tree.load(in);
  }

private:
  std::size_t sample_;
  std::uint64_t seen_ = 0;
  std::vector<float> last_;
  std::vector<cut_tree> trees_;
  // Of the last value; no state.
  double x_ = 0;
  double displacement_ = 0;
};

} // namespace

registered_detector forest_detector() {
  return {with_alarm_parameters("forest",
                                "The last values together stand apart from those before (robust "
                                "random cut forest, Guha et al., 2016).",
                                {{"trees", "20", "How many trees: 1 to 200."},
                                 {"sample", "128", "How many points a tree holds: 16 to 4096."},
                                 {"shingle", "4", "How many last values make a point: 1 to 16."}}),
          [](detector_parameters& from) -> std::shared_ptr<const detector> {
            auto size = [&](const char* name, std::int64_t least, std::int64_t most) {
              return static_cast<std::size_t>(from.whole(name, least, most));
            };
            auto trees = size("trees", 1, 200);
            auto sample = size("sample", 16, 4096);
            auto shingle = size("shingle", 1, 16);
            return std::make_shared<scored_detector<calibrated<forest>>>(
                alarm_terms::read(from), calibrated{forest{trees, sample, shingle}},
                fmt::format("its last {} values stand apart from those before", shingle));
          }};
}

} // namespace throng::analytics
