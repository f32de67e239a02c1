#include "service/result_printer.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <vector>

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "analytics/json_text.hpp"
#include "analytics/merge.hpp"
#include "query/presented.hpp"
#include "query/stored_fields.hpp"
#include "service/output.hpp"

namespace throng::service {

namespace {

using query::text_at;

/// Windows whose partials are kept for merging: some 100 MB. Only a partition that stays behind for long makes so many.
constexpr std::size_t most_open = 100'000;

std::int64_t number_at(const boost::json::object& body, std::string_view field) {
  return query::integer_at(body, field).value_or(0);
}

bool is_final(const boost::json::object& body) {
  const auto* found = body.if_contains("final");
  return found != nullptr && found->is_bool() && found->get_bool();
}

} // namespace

result_printer::result_printer(std::FILE* out, std::function<std::int32_t(const std::string&)> partitions)
    : out_(out)
    , partitions_(std::move(partitions)) {}

expected<void> result_printer::print(std::span<const storage::stamped_document> batch) {
  for (const auto& [what, stamp] : batch) {
    expected<void> printed;
    if (what->into == analytics::collection::windows) {
      printed = print_window(*what);
    } else if (what->into == analytics::collection::alerts) {
      auto shown = what->body;
      query::present(shown, query::subject::alerts);
      shown["status"] = "open"; // nobody has seen it yet
      printed = write(shown);
    }
    if (!printed)
      return printed;
  }
  if (std::fflush(out_) != 0)
    return tl::unexpected(no_output(errno));
  return {};
}

expected<void> result_printer::print_window(const analytics::document& what) {
  auto pipeline = text_at(what.body, "pipeline");
  window_name name{pipeline, text_at(what.body, "window")};
  auto partition = number_at(what.body, "partition");
  auto partitions = partitions_(pipeline);
  auto final = is_final(what.body);
  window_key key{name.first, name.second, number_at(what.body, "start"), text_at(what.body, "group_key")};
  if (what.superseded) { // sessions that became one: their group lies in one partition
    auto shown = what.body;
    query::present(shown, query::subject::windows);
    shown.erase("end"); // where it ended is not known any more
    shown["superseded"] = true;
    open_.erase(key);
    return write(shown);
  }
  std::vector<analytics::partial> parts{{&what.body, what.state}};
  if (partitions > 1) {
    auto& known = open_[key];
    known.insert_or_assign(partition, partial{what.body, what.state, final});
    parts.clear();
    for (const auto& [from, each] : known)
      parts.push_back({&each.body, each.state});
  }
  auto merged = analytics::merge_partials(parts);
  if (!merged)
    return tl::unexpected(merged.error());
  query::present(*merged, query::subject::windows);
  if (auto written = write(*merged); !written)
    return written;
  if (partitions > 1 && final) {
    auto& end = final_to_[name].try_emplace(partition, std::numeric_limits<std::int64_t>::min()).first->second;
    end = std::max(end, number_at(what.body, "end"));
    forget_final(name, partitions);
  }
  if (open_.size() > most_open) {
    open_.erase(open_.begin());
    if (!std::exchange(forgot_early_, true))
      spdlog::warn(
          "a partition is far behind the others: windows that it shares with them are printed in parts from now on");
  }
  return {};
}

/// Windows that no partition can add to any more.
void result_printer::forget_final(const window_name& of, std::int32_t partitions) {
  const auto& ends = final_to_.at(of);
  if (ends.size() < static_cast<std::size_t>(partitions))
    return;
  auto all = std::numeric_limits<std::int64_t>::max();
  for (const auto& [partition, end] : ends)
    all = std::min(all, end);
  auto at = open_.lower_bound({of.first, of.second, std::numeric_limits<std::int64_t>::min(), {}});
  while (at != open_.end() && std::get<0>(at->first) == of.first && std::get<1>(at->first) == of.second) {
    const auto& parts = at->second;
    auto done = std::all_of(parts.begin(), parts.end(), [&](const auto& each) {
      return each.second.final && number_at(each.second.body, "end") <= all;
    });
    if (std::get<2>(at->first) > all)
      break;
    at = done ? open_.erase(at) : std::next(at);
  }
}

expected<void> result_printer::write(const boost::json::object& document) {
  std::string line;
  analytics::append_json_text(line, document);
  line += '\n';
  if (std::fwrite(line.data(), 1, line.size(), out_) != line.size())
    return tl::unexpected(no_output(errno));
  return {};
}

} // namespace throng::service
