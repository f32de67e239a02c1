#include "service/lookup_files.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "service/verdict_table.hpp"

namespace throng::service {

namespace fs = std::filesystem;

config::checked<std::shared_ptr<const analytics::lookup_table>> read_lookup(const config::enrichment& from) {
  auto problem = [&](int line, int column, std::string sentence) {
    return config::problem{from.file, line, column, {}, std::move(sentence)};
  };
  std::error_code ec;
  if (!fs::is_regular_file(from.file, ec))
    return tl::unexpected{config::problems{problem(0, 0, "there is no such file")}};
  if (fs::file_size(from.file, ec) > analytics::greatest_lookup)
    return tl::unexpected{
        config::problems{problem(0, 0, fmt::format("a lookup file may have {} bytes", analytics::greatest_lookup))}};
  std::ifstream in{from.file, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return tl::unexpected{config::problems{problem(0, 0, "cannot be read, or is empty")}};
  auto read = analytics::lookup_table::parse(analytics::lookup_table::format_of(from.lookup), text.str(),
                                             from.key_name(), from.add);
  if (read)
    return *read;
  config::problems found;
  for (auto& each : read.error())
    found.push_back(problem(each.line, each.column, std::move(each.sentence)));
  return tl::unexpected{std::move(found)};
}

config::checked<std::shared_ptr<lookup_files>>
lookup_files::open(const std::vector<std::shared_ptr<const analytics::pipeline_plan>>& plans) {
  auto made = std::make_shared<lookup_files>();
  config::problems found;
  for (const auto& plan : plans)
    for (const auto& each : plan->lookups()) {
      file added{plan, each, stamp_of(each.file), nullptr};
      if (added.of_verdicts()) {
        added.table = no_verdicts(each); // until open_verdicts()
      } else if (each.is_file()) {       // else open_tables()
        if (auto read = read_lookup(each))
          added.table = std::move(*read);
        else
          found.insert(found.end(), read.error().begin(), read.error().end());
      }
      made->files_[plan->definition().name].push_back(std::move(added));
    }
  if (!found.empty())
    return tl::unexpected{std::move(found)};
  return made;
}

expected<void> lookup_files::open_tables(const table_opener& open) {
  for (auto& [name, files] : files_)
    for (auto& each : files) {
      if (each.definition.topic.empty())
        continue;
      auto opened = open(each.definition);
      if (!opened)
        return tl::unexpected{opened.error()};
      each.topic = std::move(*opened);
      each.table = each.topic->latest();
    }
  return {};
}

expected<void> lookup_files::open_verdicts(storage::result_store& store) {
  verdicts_in_ = &store;
  return read_verdicts();
}

expected<void> lookup_files::read_verdicts() {
  const auto any = std::any_of(files_.begin(), files_.end(), [](const auto& each) {
    return std::any_of(each.second.begin(), each.second.end(), [](const file& x) { return x.of_verdicts(); });
  });
  if (!any || verdicts_in_ == nullptr)
    return {};
  auto lives = query::alert_lives::in(*verdicts_in_);
  if (!lives)
    return tl::unexpected{lives.error()};
  for (auto& [name, files] : files_)
    for (auto& each : files) {
      if (!each.of_verdicts())
        continue;
      auto made = verdict_table(*lives, each.of->definition(), each.definition);
      if (!made)
        return tl::unexpected{made.error()};
      each.table = std::move(*made);
    }
  return {};
}

analytics::lookup_tables lookup_files::latest(const std::string& pipeline) {
  std::scoped_lock lock{mutex_};
  if (const auto begun = std::chrono::steady_clock::now(); begun >= next_look_) {
    look_again();
    const auto now = std::chrono::steady_clock::now();
    constexpr int share = 20; // of the time, at most one in so many parts
    next_look_ = now + std::max<std::chrono::steady_clock::duration>(std::chrono::seconds{1}, share * (now - begun));
  }
  analytics::lookup_tables result;
  for (const auto& each : files_.at(pipeline))
    result.push_back(each.table);
  return result;
}

void lookup_files::look_again() {
  for (auto& [name, files] : files_)
    for (auto& each : files)
      if (!each.of_verdicts())
        look_again(each);
  if (auto read = read_verdicts(); !read)
    spdlog::warn("verdicts can't be read, those before stay: {}", read.error().message);
}

lookup_files::stamp lookup_files::stamp_of(const std::string& path) {
  std::error_code ec;
  stamp seen{fs::last_write_time(path, ec), 0};
  seen.size = fs::file_size(path, ec);
  return seen;
}

void lookup_files::look_again(file& at) {
  if (at.topic != nullptr) {
    at.table = at.topic->latest();
    return;
  }
  auto seen = stamp_of(at.definition.file);
  if (seen == at.seen)
    return;
  at.seen = seen;
  auto read = read_lookup(at.definition);
  if (!read) {
    spdlog::warn("{} has changed and is not taken: {}", at.definition.file, to_string(read.error().front()));
    return;
  }
  if ((*read)->version() == at.table->version())
    return;
  at.table = std::move(*read);
  spdlog::info("{} has changed: {} rows, version {}", at.definition.file, at.table->size(), at.table->version());
}

} // namespace throng::service
