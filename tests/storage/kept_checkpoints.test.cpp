// What earlier programs have stored is gone on with. `kept/TASK_VERSION.ndjson` is a checkpoint, header and chunks, that the program of that
// version of the task's state wrote over the stream of kept_tasks.hpp (keep_checkpoints.cpp); never made anew.
#define CAF_SUITE storage.kept_checkpoints

#include <filesystem>
#include <fstream>
#include <set>

#include <caf/test/unit_test.hpp>

#include "../analytics/hex.hpp"
#include "kept_tasks.hpp"
#include "must.hpp"
#include "storage/forgetful_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

struct kept_store final : storage::forgetful_store {
  explicit kept_store(const std::filesystem::path& file) {
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
      auto each = object(line.c_str());
      auto text = [&](const char* name) { return std::string{each.at(name).as_string()}; };
      if (each.contains("chunk"))
        stored_chunks[text("chunk")] = from_hex(text("bytes"));
      else
        stored_headers[text("id")] = {text("id"), each.at("epoch").to_number<std::uint64_t>(),
                                      each.at("generation").to_number<std::uint64_t>(), text("writer"),
                                      text("content")};
    }
  }
};

std::vector<std::filesystem::path> kept_of(const std::string& task) {
  std::vector<std::filesystem::path> found;
  for (const auto& each : std::filesystem::directory_iterator{KEPT_FOLDER})
    if (auto name = each.path().stem().string(); name.substr(0, name.rfind('_')) == task)
      found.push_back(each.path());
  return found;
}

/// What stood in the store at the checkpoint. An alarm that had not ended then has no end where the program that wrote the checkpoint knew of none.
outcome with(const outcome& before, const outcome& since, bool knows_ends) {
  auto all = before;
  for (const auto& [id, each] : since.documents)
    if (knows_ends || !each.told || !before.documents.contains(id))
      all.documents[id] = each;
  for (const auto& [id, each] : since.messages)
    all.messages[id] = each;
  return all;
}

/// Of the states that have alarms.
constexpr int knows_ends = 6;

int version_of(const std::filesystem::path& file) {
  const auto name = file.stem().string();
  return std::stoi(name.substr(name.rfind('_') + 1));
}

void finish(partition_task& task, const kept_task& of, outcome& into) {
  take_up_to(task, of, of.messages.size(), into);
  before_checkpoint(task, into);
  effects done;
  task.emit_at_end(done);
  into.carry_out(done);
}

} // namespace

CAF_TEST(a kept checkpoint of every version goes on to what an uninterrupted run gives) {
  std::size_t seen = 0;
  for (const auto& one : kept_tasks()) {
    // The same messages without a stop, and of what they give only what comes behind the checkpoint.
    auto uninterrupted = one.make();
    outcome before;
    if (!one.lookups.empty())
      uninterrupted->use(one.lookups);
    take_up_to(*uninterrupted, one, one.base, before);
    before_checkpoint(*uninterrupted, before);
    take_up_to(*uninterrupted, one, one.taken, before);
    before_checkpoint(*uninterrupted, before);
    outcome expected;
    finish(*uninterrupted, one, expected);
    CAF_CHECK(!expected.documents.empty() || !expected.messages.empty());

    auto files = kept_of(one.name);
    CAF_CHECK(!files.empty());
    for (const auto& file : files) {
      CAF_MESSAGE(file.filename().string());
      kept_store store{file};
      // The hash of a definition must stay too: another one would be refused.
      storage::checkpoint_log log{store, one.identity(), "later"};
      auto claimed = must(log.claim());
      CAF_CHECK(!claimed.fresh);
      CAF_CHECK(!claimed.fell_back);
      CAF_CHECK_EQUAL(claimed.next_offset, static_cast<std::int64_t>(one.taken));
      std::vector<state_entry> entries;
      for (auto& each : claimed.entries)
        entries.push_back({each.key, each.value});
      auto restored = one.make();
      restored->restore(entries);
      CAF_CHECK_EQUAL(restored->next_offset(), static_cast<std::int64_t>(one.taken));
      if (!one.lookups.empty())
        CAF_CHECK(restored->use(one.lookups).empty()); // it has them
      outcome shown;
      finish(*restored, one, shown);
      const auto ends = version_of(file) >= knows_ends;
      CAF_CHECK_EQUAL(with(before, shown, ends).differs_from(with(before, expected, ends)), std::string{});
      CAF_CHECK_EQUAL(restored->counters().consumed, uninterrupted->counters().consumed);
      CAF_CHECK_EQUAL(restored->counters().alerts, uninterrupted->counters().alerts);
      ++seen;
    }
  }
  CAF_CHECK_GREATER(seen, 3u);
}

CAF_TEST(the version that this program writes is among those that are kept) {
  for (const auto& one : kept_tasks()) {
    auto task = one.make();
    outcome ignored;
    take_up_to(*task, one, one.taken, ignored);
    for (const auto& each : saved(*task, false))
      if (each.key == one.first_entry) {
        auto file =
            std::filesystem::path{KEPT_FOLDER} / (one.name + "_" + std::to_string(each.value->front()) + ".ndjson");
        CAF_MESSAGE(file.string());
        CAF_CHECK(std::filesystem::exists(file)); // a raised version leaves a checkpoint behind: keep_checkpoints.cpp
      }
  }
}
