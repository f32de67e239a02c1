// What a checkpoint is read from. The first byte says which reader: a header's text, a chunk, an engine's entries, a window's mergeable state. Of the last two
// the input is what is done to bytes that an engine wrote, four bytes a step, since no fuzzer would find those by itself. Damage is an error
// or corrupt_state, and state that was taken can be written and taken again.
#include <string>
#include <vector>

#include "analytics/codec.hpp"
#include "analytics/merge.hpp"
#include "analytics/pipeline_plan.hpp"
#include "config/load.hpp"
#include "storage/checkpoint_chunks.hpp"
#include "storage/checkpoint_header.hpp"
#include "target.hpp"

using namespace throng;
using fuzz::must;

namespace {

constexpr std::string_view definition = R"({
  "name": "p", "source": "s", "key": "id", "timestamp": "t",
  "features": [{"name": "total", "over": "20s", "sum": "x"}, {"name": "kinds", "over": "30s", "distinct": "x"}],
  "windows": [
    {"name": "a", "tumbling": "10s", "lateness": "8s", "group_by": ["g"],
     "aggregate": {"x": ["count", "mean", "min", "stddev", "p50", "distinct", "first", "top_10"]}},
    {"name": "b", "session": {"gap": "1m"}, "group_by": ["id"], "aggregate": {"x": ["max", {"ewma": "1m"}]}},
    {"name": "c", "hopping": {"size": "30s", "every": "8s"}, "aggregate": {"x": [{"histogram": [0, 10]}]}}],
  "detect": [{"name": "d", "detector": "shift", "field": "x"}],
  "rules": [{"name": "r", "when": {"x": {"$gt": 5}}, "cooldown": "15s", "until": {"x": {"$lt": 3}}},
            {"name": "q", "sequence": [{"x": 1}, {"x": 2}], "within": "1m"}, {"name": "n", "absent": "5m"}]})";

std::shared_ptr<const analytics::pipeline_plan> plan() {
  static const auto made = [] {
    auto read = config::parse_pipelines(definition, "fuzz.json", {});
    must(read.has_value(), "the definition can be read");
    auto compiled = analytics::pipeline_plan::compile(read->front().value);
    must(compiled.has_value(), "the definition compiles");
    return *compiled;
  }();
  return made;
}

void header(std::string_view text) {
  auto read = storage::parse_header(std::string{text});
  if (!read)
    return;
  auto written = storage::to_text(*read);
  auto again = storage::parse_header(written);
  must(again.has_value() && storage::to_text(*again) == written,
       "a header that was read can be written and read again");
}

void chunk(std::string_view bytes) {
  auto read = storage::decode_chunks({std::string{bytes}});
  if (!read)
    return;
  auto again = storage::decode_chunks(storage::encode_chunks(*read));
  must(again.has_value() && again->size() == read->size(), "entries that were read can be written and read again");
}

/// What an engine has written after some messages: its state, and the mergeable states of windows.
struct written_by_engine {
  std::vector<analytics::state_entry> entries;
  std::vector<analytics::document> windows;
};

const written_by_engine& written() {
  static const auto made = [] {
    written_by_engine result;
    auto task = analytics::make_engine(plan(), "s", 0);
    analytics::effects out;
    for (int i = 0; i < 40; ++i) {
      auto id = std::string(1, "abc"[i % 3]);
      auto message = R"({"id": ")" + id + R"(", "g": )" + (i % 2 == 0 ? "\"north\"" : "7") + R"(, "x": )" +
                     std::to_string(i * 37 % 19 - 4) + R"(.25, "t": ")" +
                     to_iso8601({1'767'592'800'000 + i * 1'100 - (i % 7 == 3 ? 9'000 : 0)}) + "\"}";
      must(task->take({i, -1, id, message}, out).has_value(), "a message is taken in");
    }
    task->emit_open(out);
    for (auto& each : out.documents)
      if (each.into == analytics::collection::windows)
        result.windows.push_back(std::move(each));
    task->save(false, [&](analytics::state_entry&& x) { result.entries.push_back(std::move(x)); });
    return result;
  }();
  return made;
}

/// Four bytes a step: which text, where, what is done, with which byte.
void damage(const std::vector<std::string*>& texts, std::string_view steps) {
  for (; steps.size() >= 4; steps.remove_prefix(4)) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(steps[i]); };
    auto& text = *texts[byte(0) % texts.size()];
    auto at = byte(1) % (text.size() + 1);
    switch (byte(2) % 4) {
    case 0:
      text.insert(at, 1, steps[3]);
      break;
    case 1:
      text.erase(at, 1);
      break;
    case 2:
      text.resize(at);
      break;
    default:
      if (at < text.size())
        text[at] = steps[3];
      break;
    }
  }
}

void entries(std::string_view steps) {
  auto given = written().entries;
  std::vector<std::string*> texts;
  for (auto& each : given) {
    texts.push_back(&each.key);
    texts.push_back(&*each.value);
  }
  damage(texts, steps);
  auto task = analytics::make_engine(plan(), "s", 0);
  try {
    task->restore(given);
  } catch (const analytics::corrupt_state&) {
    return;
  }
  std::vector<analytics::state_entry> saved;
  task->save(false, [&](analytics::state_entry&& x) { saved.push_back(std::move(x)); });
  auto again = analytics::make_engine(plan(), "s", 0);
  again->restore(saved); // what an engine wrote is not corrupt
  analytics::effects out;
  task->emit_open(out);
}

void partials(std::string_view steps) {
  if (steps.empty())
    return;
  const auto& windows = written().windows;
  const auto& whole = windows[static_cast<unsigned char>(steps[0]) % windows.size()];
  auto state = whole.state;
  damage({&state}, steps.substr(1));
  must(analytics::merge_partials({{&whole.body, whole.state}}).has_value(), "what an engine wrote can be merged");
  static_cast<void>(analytics::merge_partials({{&whole.body, whole.state}, {&whole.body, state}}));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0)
    return 0;
  auto rest = fuzz::text_of(bytes + 1, size - 1);
  switch (bytes[0] % 4) {
  case 0:
    header(rest);
    break;
  case 1:
    chunk(rest);
    break;
  case 2:
    partials(rest);
    break;
  default:
    entries(rest);
    break;
  }
  return 0;
}
