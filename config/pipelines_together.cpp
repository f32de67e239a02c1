#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/readers.hpp"

namespace throng::config {

void check_together(document& in, const std::vector<pipeline>& pipelines, const std::vector<std::string>& paths) {
  std::set<std::string> names;
  std::map<std::string, std::string> key_of_source;
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    const auto& one = pipelines[i];
    if (!one.name.empty() && !names.insert(one.name).second)
      in.report(member_path(paths[i], "name"),
                fmt::format("\"{}\" is the name of another pipeline already; each needs its own", one.name));
    if (one.source.empty() || one.key.empty())
      continue;
    auto [first, is_new] = key_of_source.emplace(one.source, one.key);
    if (!is_new && first->second != one.key)
      in.report(
          member_path(paths[i], "key"),
          fmt::format("\"{}\" differs from \"{}\", the key of another pipeline over {}; pipelines of one source share "
                      "one key, or use `rekey`",
                      one.key, first->second, one.source));
  }
  // Whoever takes a partition over removes what a crash left of its topic in the folder: two would remove each other's.
  std::set<std::pair<std::string, std::string>> folders;
  for (std::size_t i = 0; i < pipelines.size(); ++i)
    for (std::size_t s = 0; s < pipelines[i].sinks.size(); ++s)
      if (const auto& sink = pipelines[i].sinks[s]; !folders.emplace(rows_name(pipelines[i], sink), sink.to).second)
        in.report(member_path(member_path(paths[i], element_path("sinks", s)), "to"),
                  fmt::format("another sink writes {} to \"{}\" already; each needs its own place",
                              rows_name(pipelines[i], sink), sink.to));
  for (const auto& loop : loops_of(pipelines))
    in.report(member_path(paths[loop.pipeline], loop.member), loop.sentence);
}

std::vector<pipeline_loop> loops_of(const std::vector<pipeline>& pipelines) {
  auto reads = [](const pipeline& one) {
    std::set<std::string> topics{one.source};
    for (const auto& table : one.enrich)
      topics.insert(table.topic);
    if (one.join)
      topics.insert(one.join->with);
    return topics;
  };
  // From a topic, which topics what is read there is written to.
  std::map<std::string, std::set<std::string>> onward;
  auto each_output = [&](auto what) {
    for (std::size_t i = 0; i < pipelines.size(); ++i) {
      what(i, "to", pipelines[i].to);
      for (std::size_t w = 0; w < pipelines[i].windows.size(); ++w)
        what(i, element_path("windows", w) + ".to", pipelines[i].windows[w].to);
    }
  };
  each_output([&](std::size_t i, const std::string&, const std::string& to) {
    if (!to.empty())
      for (const auto& topic : reads(pipelines[i]))
        onward[topic].insert(to);
  });
  std::vector<pipeline_loop> found;
  each_output([&](std::size_t i, const std::string& member, const std::string& to) {
    if (to.empty())
      return;
    const auto read = reads(pipelines[i]);
    std::set<std::string> reached{to};
    for (std::vector<std::string> left{to}; !left.empty();) {
      auto topic = std::move(left.back());
      left.pop_back();
      if (read.contains(topic)) {
        found.push_back({i, member,
                         to == topic
                             ? fmt::format("\"{}\" is what the pipeline reads: what it wrote would come back to it", to)
                             : fmt::format("what goes to \"{}\" comes back to {}, which this pipeline reads, by way of "
                                           "other pipelines: it would go round for ever",
                                           to, topic)});
        return;
      }
      for (const auto& next : onward[topic])
        if (reached.insert(next).second)
          left.push_back(next);
    }
  });
  return found;
}

} // namespace throng::config
