// Processes that take a partition over from each other, are killed and wake again, at any step: in the end each message is in the files once.
#define CAF_SUITE sinks.exactly_once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "analytics/event_sink.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/result_sink.hpp"
#include "sinks/file_sink.hpp"

using namespace throng;
using namespace throng::sinks;

namespace {

/// What outlives processes: files, and the header of the checkpoint.
struct world {
  std::map<std::string, std::string> files;
  std::uint64_t generation = 0;
  std::vector<storage::generation_begin> begins;
  std::optional<std::int64_t> saved_to;
  std::vector<analytics::state_entry> state;
};

/// A folder in memory, whose user may be killed between any two steps of putting a file.
class memory_place final : public file_place {
public:
  struct killed {};
  memory_place(world& of, std::optional<int>& steps)
      : world_(of)
      , steps_(steps) {}

  expected<std::unique_ptr<growing_file>> begin(const std::string& path) override {
    return std::make_unique<file>(*this, path);
  }
  expected<bool> has(const std::string& path) override {
    return world_.files.contains(path);
  }
  expected<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> found;
    for (const auto& [path, bytes] : world_.files)
      if (path.starts_with(folder + "/"))
        found.push_back(path);
    return found;
  }
  expected<void> remove(const std::string& path) override {
    step();
    world_.files.erase(path);
    return {};
  }

private:
  class file final : public growing_file {
  public:
    file(memory_place& in, std::string path)
        : in_(in)
        , path_(std::move(path)) {}
    expected<void> append(std::string_view bytes) override {
      bytes_ += bytes;
      return {};
    }
    expected<void> finish(const std::function<expected<void>()>& still_wanted) override {
      auto& files = in_.world_.files;
      const auto slash = path_.rfind('/') + 1;
      const auto half = path_.substr(0, slash) + "." + path_.substr(slash) + ".part";
      in_.step();
      files[half] = bytes_.substr(0, bytes_.size() / 2);
      in_.step();
      if (auto wanted = still_wanted(); !wanted) {
        files.erase(half);
        return wanted;
      }
      in_.step();
      files.erase(half);
      files[path_] = bytes_;
      in_.step();
      if (auto wanted = still_wanted(); !wanted) {
        files.erase(path_);
        return wanted;
      }
      return {};
    }

  private:
    memory_place& in_;
    std::string path_;
    std::string bytes_;
  };

  void step() const {
    if (steps_ && (*steps_)-- == 0)
      throw killed{};
  }
  world& world_;
  std::optional<int>& steps_;
};

std::string value_at(std::int64_t offset) {
  return "{\"n\": " + std::to_string(offset) + "}";
}
/// Kafka's: forward by and large, over some hours.
std::int64_t time_at(std::int64_t offset) {
  return offset * 400'000 + (offset * 7'919) % 5 * 300'000;
}

/// A process that has claimed the partition.
class owner {
public:
  owner(world& in, const config::pipeline& pipeline, std::unique_ptr<analytics::partition_task> task)
      : world_(in)
      , name_(config::rows_name(pipeline, pipeline.sinks[0]))
      , files_(pipeline.sinks[0], {""}, std::make_unique<memory_place>(in, steps_))
      , task_(std::move(task)) {}

  std::optional<int> steps_; ///< from here on, so many until it is killed

  void claim() {
    generation_ = ++world_.generation;
    world_.begins.push_back({generation_, world_.saved_to.value_or(0)});
    storage::claimed claim;
    claim.generation = generation_;
    claim.next_offset = world_.saved_to.value_or(0);
    claim.begins = world_.begins;
    RC_ASSERT(files_.take_over(name_, 0, claim).has_value());
    if (world_.saved_to)
      task_->restore(world_.state);
    next_ = claim.next_offset;
  }
  /// False: it learns that it is fenced.
  bool take(std::int64_t end) {
    for (; next_ < end; ++next_) {
      const auto value = value_at(next_);
      RC_ASSERT(task_->take({next_, time_at(next_), "k", value, nullptr}, out_).has_value());
    }
    return put();
  }
  bool save() {
    task_->before_checkpoint(out_);
    if (!put() || world_.generation != generation_)
      return false;
    world_.saved_to = task_->next_offset();
    world_.state.clear();
    task_->save(false, [this](analytics::state_entry&& x) { world_.state.push_back(std::move(x)); });
    return true;
  }

private:
  bool put() {
    auto rows = std::exchange(out_.rows, {});
    for (auto& each : rows) {
      each.generation = generation_;
      const auto done = files_.put(each, [this]() -> expected<void> {
        if (world_.generation != generation_)
          return fail(error_kind::fenced, "taken over");
        return {};
      });
      if (!done)
        return false;
    }
    return true;
  }

  world& world_;
  std::string name_;
  file_sink files_;
  std::unique_ptr<analytics::partition_task> task_;
  analytics::effects out_;
  std::uint64_t generation_ = 0;
  std::int64_t next_ = 0;
};

/// That member of all rows, in order.
std::vector<std::string> found_in(const world& in, const char* member) {
  std::vector<std::string> found;
  for (const auto& [path, text] : in.files) {
    RC_ASSERT(path.find("/.") == std::string::npos);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at);
      found.push_back(boost::json::serialize(analytics::parse_json(text.substr(at, end - at)).at(member)));
      at = end + 1;
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

using task_maker = std::function<std::unique_ptr<analytics::partition_task>(std::shared_ptr<const config::pipeline>)>;

/// Processes one after another and beside each other, killed and woken as it comes, over a partition that grows. The last goes on to its end.
/// @returns where that is
std::int64_t live(world& in, const std::shared_ptr<config::pipeline>& pipeline, const task_maker& make) {
  pipeline->sinks[0].rows = *rc::gen::inRange<std::size_t>(1, 12);
  std::vector<std::unique_ptr<owner>> living; // all but the last are zombies that do not know it
  std::int64_t end = 0;
  const auto guarded = [&](std::size_t which, auto what) {
    try {
      if (!what(*living[which]))
        living.erase(living.begin() + static_cast<std::ptrdiff_t>(which));
    } catch (const memory_place::killed&) {
      living.erase(living.begin() + static_cast<std::ptrdiff_t>(which));
    }
  };
  const auto claim = [&](std::optional<int> steps) {
    living.push_back(std::make_unique<owner>(in, *pipeline, make(pipeline)));
    living.back()->steps_ = steps;
    guarded(living.size() - 1, [](owner& x) {
      x.claim();
      x.steps_.reset();
      return true;
    });
  };
  const auto turns = *rc::gen::inRange(1, 40);
  for (int i = 0; i < turns; ++i) {
    const auto steps = *rc::gen::arbitrary<bool>() ? std::optional{*rc::gen::inRange(0, 12)} : std::nullopt;
    const auto what = *rc::gen::inRange(0, 4);
    if (what == 0 || living.empty()) {
      claim(steps);
      continue;
    }
    const auto which = *rc::gen::inRange<std::size_t>(0, living.size());
    living[which]->steps_ = steps;
    if (what == 1)
      guarded(which, [](owner& x) { return x.save(); });
    else
      guarded(which, [&](owner& x) { return x.take(end += *rc::gen::inRange(0, 6)); });
  }
  // Whoever still lives is killed; the next goes on to the end.
  living.clear();
  claim(std::nullopt);
  RC_ASSERT(living.back()->take(end) && living.back()->save());
  return end;
}

std::shared_ptr<config::pipeline> a_pipeline(config::sink_content of) {
  auto made = std::make_shared<config::pipeline>();
  made->name = "p";
  made->source = "t";
  made->key = "n";
  made->sinks.emplace_back().name = "lake";
  made->sinks[0].of = of;
  return made;
}

} // namespace

CAF_TEST(whatever is killed and wakes again each message is in the files once) {
  CAF_CHECK(rc::check([] {
    world in;
    const auto end = live(in, a_pipeline(config::sink_content::events),
                          [](const auto& pipeline) { return analytics::make_event_sink(pipeline, 0, "t", 0); });
    std::vector<std::string> all;
    for (std::int64_t i = 0; i < end; ++i)
      all.push_back(std::to_string(i));
    std::sort(all.begin(), all.end());
    RC_ASSERT(found_in(in, "_offset") == all);
  }));
}

CAF_TEST(whatever is killed and wakes again each result is in the files once) {
  CAF_CHECK(rc::check([] {
    const auto of = *rc::gen::element(config::sink_content::windows, config::sink_content::alerts);
    auto pipeline = a_pipeline(of);
    config::window window;
    window.name = "w";
    window.size = window.every = milliseconds{900'000};
    window.lateness = milliseconds{*rc::gen::element(0, 600'000)};
    window.group_by = {"odd"};
    pipeline->windows.push_back(window);
    pipeline->derive.emplace_back("odd", boost::json::parse(R"({"$mod": ["$n", 2]})"));
    auto& rule = pipeline->rules.emplace_back();
    rule.name = "third";
    rule.when = boost::json::parse(R"({"$expr": {"$eq": [{"$mod": ["$n", 3]}, 0]}})").as_object();
    const auto make = [&](const std::shared_ptr<const config::pipeline>& each) {
      auto plan = analytics::pipeline_plan::compile(*each);
      RC_ASSERT(plan.has_value());
      return analytics::make_result_sink(*plan, 0, "t", 0);
    };
    world in;
    const auto end = live(in, pipeline, make);
    // An engine that nobody disturbs.
    const auto engine = analytics::make_engine(analytics::pipeline_plan::compile(*pipeline).value(), "t", 0);
    analytics::effects out;
    for (std::int64_t i = 0; i < end; ++i)
      RC_ASSERT(engine->take({i, time_at(i), "k", value_at(i), nullptr}, out).has_value());
    std::vector<std::string> wanted;
    std::vector<std::string> bodies;
    for (const auto& each : out.documents)
      if (of == config::sink_content::windows
              ? each.into == analytics::collection::windows && each.body.at("final").as_bool()
              : each.into == analytics::collection::alerts) {
        wanted.push_back(boost::json::serialize(boost::json::value(each.id)));
        bodies.push_back(boost::json::serialize(analytics::shown_body(each).at("pipeline")));
      }
    std::sort(wanted.begin(), wanted.end());
    RC_ASSERT(found_in(in, "_key") == wanted);
    RC_ASSERT(found_in(in, "pipeline") == bodies);
    RC_CLASSIFY(!wanted.empty(), "with results");
  }));
}
