// Writes the checkpoints of kept_tasks.hpp as this program makes them: FOLDER/TASK_VERSION.ndjson, a header and its chunks, a base and a
// delta. A file that is there already stays: it is what an earlier program wrote. By hand, whenever a version of state is raised:
//   cmake --build --preset dev --target keep_checkpoints && build/dev/tests/storage/keep_checkpoints tests/storage/kept
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <boost/json/serialize.hpp>

#include "../analytics/hex.hpp"
#include "kept_tasks.hpp"
#include "storage/forgetful_store.hpp"

using namespace throng;
using namespace throng::test;

namespace {

class memory final : public storage::forgetful_store {
  expected<std::uint64_t> remove_overtaken(std::string_view, std::string_view, std::int32_t, std::uint64_t,
                                           std::int64_t) override {
    return std::uint64_t{0};
  }
};

void keep(const kept_task& one, const std::filesystem::path& folder) {
  memory store;
  storage::checkpoint_log log{store, one.identity(), "kept"};
  log.claim().value();
  auto task = one.make();
  if (!one.lookups.empty())
    task->use(one.lookups);
  outcome ignored;
  auto save = [&](std::size_t end, bool whole) {
    take_up_to(*task, one, end, ignored);
    before_checkpoint(*task, ignored);
    if (!log.save(entries_of(*task, !whole), whole, task->next_offset(), {task->next_offset() - 1, -1, 0}))
      throw std::logic_error{"a checkpoint that is not taken"};
  };
  save(one.base, true);
  save(one.taken, false);
  auto version = 0;
  for (const auto& each : saved(*task, false))
    if (each.key == one.first_entry)
      version = static_cast<unsigned char>(each.value->front());
  auto path = folder / (one.name + "_" + std::to_string(version) + ".ndjson");
  if (std::filesystem::exists(path))
    return;
  std::ofstream out{path};
  for (const auto& [id, header] : store.stored_headers)
    out << boost::json::serialize(boost::json::object{{"id", id},
                                                      {"epoch", header.epoch},
                                                      {"generation", header.generation},
                                                      {"writer", header.writer},
                                                      {"content", header.content}})
        << "\n";
  for (const auto& [id, bytes] : store.stored_chunks)
    out << boost::json::serialize(boost::json::object{{"chunk", id}, {"bytes", to_hex(bytes)}}) << "\n";
  std::cout << path.string() << "\n";
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "keep_checkpoints FOLDER\n");
    return 2;
  }
  for (const auto& each : kept_tasks())
    keep(each, argv[1]);
  return 0;
}
