// A task so plain that what it must store can be written down: numbers in windows of ten, their count and sum. Throws and
// refuses on demand.
#pragma once

#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/json/serialize.hpp>

#include "actors/analysis_plan.hpp"
#include "analytics/codec.hpp"
#include "analytics/partition_task.hpp"

namespace throng::actors::test {

/// By offset.
struct tally_faults {
  std::map<std::int64_t, int> throws; ///< how often yet take() throws there
  std::set<std::int64_t> refused;     ///< take() returns an error there
};

/// Stores a window when a number of a later one comes (final), and as it stands when asked (not final). Window `w` of partition p
/// has the id `OWNER/p/w`. Numbers that are no numbers are dead letters.
class tally_task : public analytics::partition_task {
public:
  tally_task(std::string owner, std::int32_t partition, std::shared_ptr<tally_faults> faults)
      : owner_(std::move(owner))
      , partition_(partition)
      , faults_(std::move(faults)) {}

  const std::string& owner() const override {
    return owner_;
  }
  const std::string& definition() const override {
    return definition_;
  }

  expected<void> take(const analytics::raw_message& message, analytics::effects& out) override {
    if (message.offset < next_)
      throw std::logic_error{"a message came twice"};
    if (auto fault = faults_->throws.find(message.offset); fault != faults_->throws.end() && fault->second > 0) {
      --fault->second;
      throw std::runtime_error{"a defect at this message"};
    }
    if (faults_->refused.count(message.offset) > 0)
      return fail(error_kind::invalid, "refused at offset " + std::to_string(message.offset));
    next_ = message.offset + 1;
    ++counters_.consumed;
    if (!message.value)
      return {};
    std::int64_t number = 0;
    auto text = *message.value;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) {
      dead(message, "not_a_number", out);
      return {};
    }
    auto window = number / 10;
    for (auto open = open_.begin(); open != open_.end() && open->first < window; open = open_.erase(open)) {
      write(*open, true, out);
      changed_.insert(open->first);
    }
    auto& cell = open_[window];
    ++cell.first;
    cell.second += number;
    changed_.insert(window);
    watermark_ = std::max(watermark_, timestamp{number});
    return {};
  }
  void skip_poison(const analytics::raw_message& message, std::string_view, analytics::effects& out) override {
    next_ = message.offset + 1;
    ++counters_.consumed;
    dead(message, "poison", out);
  }
  void emit_open(analytics::effects& out) override {
    for (const auto& x : open_)
      write(x, false, out);
  }
  std::uint64_t open_results() const override {
    return open_.size();
  }
  void before_checkpoint(analytics::effects&) override {}
  std::int64_t next_offset() const override {
    return next_;
  }
  timestamp watermark() const override {
    return watermark_;
  }
  const analytics::task_counters& counters() const override {
    return counters_;
  }
  void save(bool only_changes, const std::function<void(analytics::state_entry&&)>& put) override {
    std::string position;
    analytics::byte_writer out{position};
    out.i64(next_);
    out.u64(counters_.consumed);
    out.u64(counters_.dead_letters);
    put({"position", position});
    for (const auto& [window, cell] : open_)
      if (!only_changes || changed_.count(window) > 0) {
        std::string bytes;
        analytics::byte_writer to{bytes};
        to.i64(cell.first);
        to.i64(cell.second);
        put({"w" + std::to_string(window), bytes});
      }
    if (only_changes)
      for (auto window : changed_)
        if (open_.count(window) == 0)
          put({"w" + std::to_string(window), std::nullopt});
    changed_.clear();
  }
  void restore(const std::vector<analytics::state_entry>& entries) override {
    for (const auto& x : entries) {
      if (x.key == "position") {
        analytics::byte_reader in{*x.value};
        next_ = in.i64();
        counters_.consumed = in.u64();
        counters_.dead_letters = in.u64();
      } else if (auto window = std::stoll(x.key.substr(1)); x.value) {
        analytics::byte_reader in{*x.value};
        auto count = in.i64();
        open_[window] = {count, in.i64()};
      } else {
        open_.erase(window);
      }
    }
  }

private:
  void write(const std::pair<const std::int64_t, std::pair<std::int64_t, std::int64_t>>& x, bool final,
             analytics::effects& out) {
    analytics::document made;
    made.id = owner_ + "/" + std::to_string(partition_) + "/" + std::to_string(x.first);
    made.body = {{"pipeline", owner_},
                 {"partition", partition_},
                 {"final", final},
                 {"count", x.second.first},
                 {"sum", x.second.second}};
    made.offset = next_ - 1;
    out.documents.push_back(std::move(made));
  }
  void dead(const analytics::raw_message& message, std::string reason, analytics::effects& out) {
    ++counters_.dead_letters;
    out.messages.push_back({"analytics.dead_letter",
                            "",
                            std::string{message.value.value_or("")},
                            {},
                            {{"reason", std::move(reason)}, {"offset", std::to_string(message.offset)}}});
  }

  std::string owner_;
  std::string definition_ = "tally";
  std::int32_t partition_;
  std::shared_ptr<tally_faults> faults_;
  std::int64_t next_ = 0;
  timestamp watermark_{-1};
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> open_; ///< window to count and sum
  std::set<std::int64_t> changed_;
  analytics::task_counters counters_;
};

/// A window of tally_task as it is stored.
inline std::string tally_body(const std::string& owner, int partition, bool final, int count, int sum) {
  return boost::json::serialize(boost::json::object{
      {"pipeline", owner}, {"partition", partition}, {"final", final}, {"count", count}, {"sum", sum}});
}

/// What must be stored of the numbers 0 to count - 1, less those left out, in order: the last window as it stands.
inline std::map<std::string, std::string> tally_results(const std::string& owner, int partition, int count,
                                                        const std::set<int>& left_out = {}) {
  std::map<std::string, std::string> all;
  for (int first = 0; first < count; first += 10) {
    int events = 0;
    int sum = 0;
    for (int i = first; i < std::min(first + 10, count); ++i)
      if (left_out.count(i) == 0) {
        ++events;
        sum += i;
      }
    if (events > 0)
      all.emplace(owner + "/" + std::to_string(partition) + "/" + std::to_string(first / 10),
                  tally_body(owner, partition, first + 10 < count, events, sum));
  }
  return all;
}

} // namespace throng::actors::test
