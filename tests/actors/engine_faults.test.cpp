// The engine of a pipeline through real actors under a scheduler that the test drives, with a fault at any step of the store, of the
// consumer or of the process: what is stored and sent on is what the plain model and the engine by itself say.
#define CAF_SUITE actors.engine_faults

#include <fmt/format.h>
#include <rapidcheck.h>

#include "../analytics/everything.hpp"
#include "../analytics/oracle.hpp"
#include "analysis_fixture.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;
using throng::test::oracle;
using throng::test::outcome;
using throng::test::sample;
using throng::test::stream;

namespace {

const auto definition = throng::test::everything();
const auto compiled = throng::test::compiled(definition);

enum class fault : std::uint8_t {
  write_refused,   // before anything is written
  write_cut_short, // half of it is there, and the answer is a refusal
  write_lost,      // all of it is there, and the answer is a refusal
  write_throws,
  header_refused,
  header_lost, // replaced, and the answer is a refusal
  header_throws,
  partition_lost,     // to nobody, without a chance to save; it comes back
  partition_given_up, // in order; it comes back
  consumer_throws,
  killed // the process: nothing that is under way comes to anything
};
constexpr auto last_fault = fault::killed;

/// Where in a run which fault is to be: at the call of its kind, or step of the scheduler, with this number.
using fault_plan = std::map<fault, std::set<int>>;

/// A store in memory that refuses, forgets to say that it has done it, or throws, when it is told to.
class faulty_store : public memory_store {
public:
  fault_plan faults;
  int write_calls = 0;
  int header_calls = 0;

  bool due(fault which, int call) const {
    const auto found = faults.find(which);
    return found != faults.end() && found->second.contains(call);
  }
  static tl::unexpected<error> refusal() {
    return fail(error_kind::unavailable, "no answer", true);
  }

  expected<storage::write_summary> write(std::span<const storage::stamped_document> batch) override {
    const auto call = ++write_calls;
    if (due(fault::write_throws, call))
      throw std::runtime_error{"a defect in the store"};
    if (due(fault::write_refused, call))
      return refusal();
    if (due(fault::write_cut_short, call)) {
      (void)memory_store::write(batch.first(batch.size() / 2));
      return refusal();
    }
    auto done = memory_store::write(batch);
    if (due(fault::write_lost, call))
      return refusal();
    return done;
  }
  expected<bool> replace_header(const storage::header_document& next,
                                const std::optional<storage::header_document>& expected_now) override {
    const auto call = ++header_calls;
    if (due(fault::header_throws, call))
      throw std::runtime_error{"a defect in the store"};
    if (due(fault::header_refused, call))
      return refusal();
    auto done = memory_store::replace_header(next, expected_now);
    if (due(fault::header_lost, call))
      return refusal();
    return done;
  }
};

/// A random stream, each entity in one of several partitions.
struct split_stream {
  std::vector<stream> parts;

  split_stream(std::uint64_t seed, std::size_t messages, std::size_t partitions)
      : parts(partitions) {
    std::mt19937_64 bits{seed};
    std::map<std::string, std::size_t> home;
    for (auto& each : stream::random(seed, messages).samples) {
      // The key of a tombstone or of what can't be read is its sample's too.
      auto [at, is_new] = home.try_emplace(each.id, 0);
      if (is_new)
        at->second = bits() % partitions;
      parts[at->second].samples.push_back(each);
    }
  }
};

struct faults_fixture : analysis_fixture {
  faulty_store faulty;
  std::set<transport::topic_partition> leaving; ///< asked to be given up
  int polls = 0;
  int steps = 0;
  std::map<std::string, std::string> sent; ///< by topic and id, the value

  faults_fixture() {
    plan.store = &faulty;
    plan.checkpoint_every = 10ms;
    plan.bounds.tick = 5ms;
    plan.bounds.batches_under_way = 1;
    plan.side_messages = [this](std::span<const analytics::side_message> some) -> expected<void> {
      for (const auto& each : some)
        sent[each.topic + "/" + outcome::header(each, "id")] = each.value;
      return {};
    };
    topics->before_poll = [this] { disturb_source(++polls); };
    topics->on_revoked_done = [this](const auto& which) {
      for (const auto& each : which)
        if (leaving.erase(each) > 0)
          topics->events.push_back(transport::assigned{{each}}); // at once, to the same member if it is there yet
    };
  }

  void disturb_source(int poll) {
    if (faulty.due(fault::consumer_throws, poll))
      throw std::runtime_error{"a defect in the source"};
    if (topics->readers.empty())
      return;
    const auto first = topics->readers.begin()->first;
    if (faulty.due(fault::partition_given_up, poll) && leaving.insert(first).second)
      topics->events.push_back(transport::revoked{{first}, false});
    if (faulty.due(fault::partition_lost, poll)) {
      topics->readers.erase(first);
      leaving.erase(first); // what is lost meanwhile is given up no more
      topics->events.push_back(transport::revoked{{first}, true});
      topics->events.push_back(transport::assigned{{first}});
    }
  }

  void load(const split_stream& what, std::size_t batch_size) {
    topics->partitions.clear();
    topics->batch_size = batch_size;
    for (std::size_t p = 0; p < what.parts.size(); ++p) {
      auto& into = topics->partitions[{"readings", static_cast<std::int32_t>(p)}];
      for (const auto& each : what.parts[p].samples) {
        into.values.push_back(each.what == sample::kind::tombstone ? "tombstone" : each.text());
        into.keys.push_back(each.id);
      }
    }
    plan.topics.clear();
    watch("readings", {});
    plan.topics["readings"].tasks.push_back(
        {[](std::int32_t partition) { return analytics::make_engine(compiled, "readings", partition); }, 10s});
  }

  /// Until it ends by itself; killed and begun anew where the plan says so, and begun anew where a fault has ended it.
  void run(fault_plan faults) {
    faulty = faulty_store{};
    faulty.faults = std::move(faults);
    polls = steps = 0;
    sent.clear();
    plan.until_end = true;
    for (int lives = 1;; ++lives) {
      if (lives > 20)
        CAF_FAIL("the analysis does not come to its end");
      auto killed = false;
      start();
      for (int i = 0; i < 20'000 && ended.empty(); ++i) {
        for (int step = 0; step < 4 && ended.empty(); ++step) {
          if (faulty.due(fault::killed, ++steps)) {
            killed = true;
            end_at_once();
          }
          sched.try_run_once();
        }
        advance_time(7ms);
      }
      CAF_REQUIRE_EQUAL(ended.size(), 1u);
      // What it had given up when the rest was done is another member's, which goes on with it.
      const auto given_up = topics->readers.size() < topics->partitions.size();
      topics->events.clear();
      leaving.clear();
      if (!killed && !given_up && !ended.front().failure)
        return;
    }
  }

  /// The first difference between what is stored and sent on and what should be, or nothing.
  std::string differs_from(const split_stream& what) const {
    std::map<std::string, std::string> wanted;
    std::map<std::string, std::string> wanted_sent;
    std::map<std::string, const analytics::document*> found;
    for (std::size_t p = 0; p < what.parts.size(); ++p) {
      auto whole = by_itself(what.parts[p], static_cast<std::int32_t>(p));
      for (const auto& [id, each] : whole.documents)
        wanted[each.id] = boost::json::serialize(each.body);
      for (const auto& [id, each] : whole.messages)
        wanted_sent[id] = each.value;
    }
    if (auto wrong = difference(faulty.results(), wanted); !wrong.empty())
      return wrong;
    if (auto wrong = difference(sent, wanted_sent); !wrong.empty())
      return wrong;
    return differs_from_model(what);
  }

private:
  static outcome by_itself(const stream& what, std::int32_t partition) {
    auto task = analytics::make_engine(compiled, "readings", partition);
    outcome result;
    analytics::effects done;
    auto messages = what.messages();
    for (std::size_t i = 0; i < messages.size(); ++i) {
      messages[i].offset = static_cast<std::int64_t>(i); // memory_source leaves no gaps
      if (!task->take(messages[i].raw(), done))
        CAF_FAIL("the engine refuses a message");
    }
    task->before_checkpoint(done);
    task->emit_open(done);
    result.carry_out(done);
    return result;
  }

  static std::string difference(const std::map<std::string, std::string>& found,
                                const std::map<std::string, std::string>& wanted) {
    for (const auto& [id, text] : wanted)
      if (auto at = found.find(id); at == found.end())
        return "missing: " + text;
      else if (at->second != text)
        return "found " + at->second + " in the place of " + text;
    for (const auto& [id, text] : found)
      if (!wanted.contains(id))
        return "too much: " + text;
    return {};
  }

  /// Windows by their definition: what they contain, whether it came late, and whether they are final.
  std::string differs_from_model(const split_stream& what) const {
    std::map<std::string, std::string> wanted;
    std::map<std::string, std::string> found;
    for (std::size_t p = 0; p < what.parts.size(); ++p) {
      oracle model{definition, what.parts[p]};
      for (const auto& [key, each] : model.windows) {
        const auto& [w, start, group] = key;
        wanted[fmt::format("{} {} {} {}", p, definition.windows[w].name, start, group)] =
            fmt::format("end {} events {} late {} final {}", each.end, each.events.size(), each.late, each.final);
      }
    }
    for (const auto& [id, each] : faulty.documents) {
      const auto& body = each.what.body;
      if (each.what.into != analytics::collection::windows || each.what.superseded)
        continue;
      auto text = [&](const char* name) { return std::string{body.at(name).as_string()}; };
      auto number = [&](const char* name) { return body.at(name).as_int64(); };
      found[fmt::format("{} {} {} {}", number("partition"), text("window"), number("start"), text("group_key"))] =
          fmt::format("end {} events {} late {} final {}", number("end"), number("events"), number("late"),
                      body.at("final").as_bool());
    }
    for (const auto& [which, text] : wanted)
      if (found[which] != text)
        return which + ": " + found[which] + ", by definition " + text;
    return found.size() == wanted.size() ? std::string{} : "windows that should not be";
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(engine_faults_tests, faults_fixture)

CAF_TEST(a fault at each step by itself changes nothing of what is stored and sent on) {
  const split_stream what{7, 40, 2};
  load(what, 2);
  run({});
  CAF_CHECK_EQUAL(differs_from(what), "");
  const std::map<fault, int> reach{{fault::write_refused, faulty.write_calls},
                                   {fault::write_cut_short, faulty.write_calls},
                                   {fault::write_lost, faulty.write_calls},
                                   {fault::write_throws, faulty.write_calls},
                                   {fault::header_refused, faulty.header_calls},
                                   {fault::header_lost, faulty.header_calls},
                                   {fault::header_throws, faulty.header_calls},
                                   {fault::partition_lost, polls},
                                   {fault::partition_given_up, polls},
                                   {fault::consumer_throws, polls},
                                   {fault::killed, steps}};
  for (const auto& [which, calls] : reach) {
    CAF_MESSAGE("fault " << static_cast<int>(which) << " at each of " << calls);
    CAF_REQUIRE(calls > 0);
    for (int at = 1; at <= calls; ++at) {
      run({{which, {at}}});
      if (auto wrong = differs_from(what); !wrong.empty())
        CAF_FAIL("fault " << static_cast<int>(which) << " at " << at << ": " << wrong);
    }
  }
}

CAF_TEST(whatever faults a run meets a stream in any split gives what its definition says) {
  auto holds = rc::check("faults", [&](std::uint64_t seed) {
    std::mt19937_64 bits{seed};
    auto below = [&](std::uint64_t most) { return bits() % most; };
    const split_stream what{seed, *rc::gen::inRange<std::size_t>(1, 150), 1 + below(3)};
    load(what, 1 + below(12));
    fault_plan faults;
    for (auto left = below(6); left > 0; --left)
      faults[static_cast<fault>(below(static_cast<std::uint64_t>(last_fault) + 1))].insert(1 +
                                                                                           static_cast<int>(below(60)));
    run(faults);
    if (auto wrong = differs_from(what); !wrong.empty())
      RC_FAIL(wrong);
  });
  CAF_CHECK(holds);
}

CAF_TEST_FIXTURE_SCOPE_END()
