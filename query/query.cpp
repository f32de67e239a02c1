#include "query/query.hpp"

#include <algorithm>
#include <numeric>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/problem.hpp"
#include "query/alert_life.hpp"
#include "query/cases.hpp"
#include "query/cursor.hpp"
#include "query/document_fields.hpp"
#include "query/mutes.hpp"
#include "query/presented.hpp"
#include "query/thresholds.hpp"
#include "query/why_empty.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

const std::vector<std::pair<std::string, subject>> subjects{
    {"windows", subject::windows}, {"alerts", subject::alerts}, {"entities", subject::entities},
    {"labels", subject::labels},   {"events", subject::events}, {"runs", subject::runs},
    {"mutes", subject::mutes},     {"cases", subject::cases},   {"thresholds", subject::thresholds},
};

const std::string& name_of(subject of) {
  return std::find_if(subjects.begin(), subjects.end(), [&](const auto& each) { return each.second == of; })->first;
}

/// Options that a subject has no use for would be left out in silence.
expected<void> check_options(const request& what) {
  bool windows = what.subject == subject::windows;
  std::vector<std::string_view> useless;
  if (!what.pipeline.empty() && !windows && what.subject != subject::alerts && what.subject != subject::cases &&
      what.subject != subject::thresholds)
    useless.emplace_back("--pipeline");
  if (!what.window.empty() && !windows)
    useless.emplace_back("--window");
  if (!what.group.empty() && !windows)
    useless.emplace_back("--group");
  if (what.rollup && !windows)
    useless.emplace_back("--rollup");
  if (what.gap && what.subject != subject::cases)
    useless.emplace_back("--gap");
  if (what.subject == subject::runs || what.subject == subject::mutes) {
    if (!what.entity.empty())
      useless.emplace_back("--entity");
    if (what.from || what.to)
      useless.emplace_back("--from and --to");
  }
  if (useless.empty())
    return {};
  return fail(error_kind::invalid, fmt::format("{} have no {}: leave it out, or use --where", name_of(what.subject),
                                               fmt::join(useless, ", ")));
}

/// Of this kind, as they are stored.
expected<std::vector<presented>> plain_records(storage::result_store& store, std::string_view kind) {
  auto records = store.records(kind);
  if (!records)
    return tl::unexpected(records.error());
  std::vector<presented> out;
  for (auto& each : *records) // in the order of their ids
    out.push_back({fmt::format("{:09}", out.size()), std::move(each)});
  return out;
}

/// Everything that the request chooses but for sort, cursor and limit. Stored subjects may be cut by `limit` where the store sorts.
expected<std::vector<presented>> chosen(storage::result_store& store, const overtaken& no_result, const request& what,
                                        std::size_t limit, const json::value& from_value) {
  switch (what.subject) {
  case subject::alerts: {
    auto found = stored_results(store, no_result, what, limit, from_value);
    auto lives = alert_lives::in(store);
    if (!lives)
      return tl::unexpected(lives.error());
    auto muted = mutes::in(store);
    if (!muted)
      return tl::unexpected(muted.error());
    if (found)
      for (auto& each : *found) {
        muted->join(each.document);
        lives->join(each.document);
      }
    return found;
  }
  case subject::cases:
    return cases_in(store, no_result, what);
  case subject::thresholds:
    return threshold_changes(store, what);
  case subject::windows:
    return merged_windows(store, no_result, what);
  case subject::runs:
  case subject::mutes:
    return plain_records(store, name_of(what.subject));
  default:
    return stored_results(store, no_result, what, limit, from_value);
  }
}

expected<void> keep_matches(std::vector<presented>& of, const request& what) {
  if (!what.where)
    return {};
  auto where = filter::compile(*what.where);
  if (!where)
    return tl::unexpected(where.error());
  of.erase(std::remove_if(of.begin(), of.end(), [&](const presented& each) { return !where->matches(each.document); }),
           of.end());
  return {};
}

/// Documents with the value that each is sorted by; texts live as long as this.
class sorted_documents {
public:
  sorted_documents(std::vector<presented> documents, std::string field, bool falling)
      : documents_(std::move(documents))
      , field_(std::move(field))
      , falling_(falling) {
    for (const auto& each : documents_)
      keys_.push_back({value_at(each.document, field_, texts_), each.identity});
    order_.resize(documents_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [this](std::size_t a, std::size_t b) { return before(keys_[a], keys_[b]); });
  }

  void drop_up_to(const page_end& end) {
    json::object holder{{"at", end.sorted_by}};
    key last{value_at(holder, "at", texts_), end.identity};
    auto first_after =
        std::find_if(order_.begin(), order_.end(), [&](std::size_t each) { return before(last, keys_[each]); });
    order_.erase(order_.begin(), first_after);
  }

  std::size_t size() const {
    return order_.size();
  }
  presented& at(std::size_t place) {
    return documents_[order_[place]];
  }

  page_end end_after(std::size_t place) const {
    const auto& by = keys_[order_[place]].by;
    std::string text;
    analytics::append_json(text, by);
    json::error_code ec;
    auto value = json::parse(text, ec);
    return {ec ? json::value(nullptr) : value, documents_[order_[place]].identity};
  }

private:
  struct key {
    analytics::value by;
    std::string_view identity;
  };

  bool before(const key& a, const key& b) const {
    auto order = analytics::compare(a.by, b.by);
    if (order != 0)
      return falling_ ? order > 0 : order < 0;
    return a.identity < b.identity;
  }

  std::vector<presented> documents_;
  std::string field_;
  bool falling_;
  analytics::text_arena texts_;
  std::vector<key> keys_;
  std::vector<std::size_t> order_;
};

/// A field that the store sorts by is one whatever its documents hold, and so is a run's end, which no run has while it goes on. Any
/// other must be in a document that the selection (pipeline, window, group, entity, times) chooses: all of them are at hand then. What `where` leaves of them does not matter, or a question that
/// is right would become wrong with the data. Nothing chosen: nothing to object to.
bool is_sort_field(const request& what, const std::string& field, const std::vector<presented>& chosen) {
  const auto is_end_of_run = what.subject == subject::runs && field == "ended";
  if (what.sort.empty() || sorts_at_store(what.subject, field) || is_end_of_run || chosen.empty())
    return true;
  analytics::text_arena texts;
  return std::any_of(chosen.begin(), chosen.end(), [&](const presented& each) {
    return value_at(each.document, field, texts).kind() != analytics::value_kind::missing;
  });
}

std::string no_such_field(const std::string& field, const json::object& example) {
  std::vector<std::string> known;
  for (const auto& [name, value] : flatten(example))
    known.push_back(name);
  auto near = config::nearest_name(field, known);
  return fmt::format("nothing here has a field '{}' to sort by{}; there are {}", field,
                     near.empty() ? std::string{} : fmt::format(" (did you mean '{}'?)", near), fmt::join(known, ", "));
}

/// The value at which the store can begin where a cursor is given; null: it can't tell.
json::value first_value(const request& what, const std::optional<page_end>& after) {
  auto [field, falling] = sort_order(what);
  if (!after || !sorts_at_store(what.subject, field))
    return nullptr;
  // In falling order what has no value comes last, and a bound would leave it out: only a time that every document has is one.
  if (falling && field != time_field(what.subject))
    return nullptr;
  const auto& times = analytics::time_fields(collection_of(what.subject));
  if (std::find(times.begin(), times.end(), field) == times.end() || !after->sorted_by.is_string())
    return nullptr;
  auto time = parse_iso8601({after->sorted_by.get_string().data(), after->sorted_by.get_string().size()});
  return time ? json::value(time->ms) : json::value(nullptr);
}

} // namespace

expected<subject> parse_subject(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, value] : subjects) {
    if (known == name)
      return value;
    names.push_back(known);
  }
  return fail(error_kind::invalid,
              fmt::format("there is nothing called '{}' to query; there are {}", name, fmt::join(names, ", ")));
}

expected<answer> ask(storage::result_store& store, const request& what) {
  if (auto fits = check_options(what); !fits)
    return tl::unexpected(fits.error());
  std::optional<page_end> after;
  if (!what.cursor.empty()) {
    auto read = read_cursor(what);
    if (!read)
      return tl::unexpected(read.error());
    after = std::move(*read);
  }
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());

  auto [field, falling] = sort_order(what);
  // With a cursor or `where`, how many documents the page takes is known only afterwards: then twice as many, and so on.
  auto fetched = what.limit == 0 ? 0 : what.limit + 1;
  for (;;) {
    auto found = chosen(store, *no_result, what, fetched, first_value(what, after));
    if (!found)
      return tl::unexpected(found.error());
    bool all = fetched == 0 || found->size() < fetched || !sorts_at_store(what.subject, field);
    if (!is_sort_field(what, field, *found))
      return fail(error_kind::invalid, no_such_field(field, found->front().document));
    if (auto kept = keep_matches(*found, what); !kept)
      return tl::unexpected(kept.error());
    sorted_documents sorted{std::move(*found), field, falling};
    if (after)
      sorted.drop_up_to(*after);
    if (!all && sorted.size() <= what.limit) {
      fetched *= 4;
      continue;
    }
    answer out;
    auto shown = what.limit == 0 ? sorted.size() : std::min(sorted.size(), what.limit);
    if (shown > 0 && shown < sorted.size())
      out.next = write_cursor(what, sorted.end_after(shown - 1));
    for (std::size_t i = 0; i < shown; ++i)
      out.items.push_back(std::move(sorted.at(i).document));
    if (out.items.empty())
      out.why_empty = after ? "there are no more" : why_empty(store, *no_result, what);
    return out;
  }
}

expected<std::uint64_t> count(storage::result_store& store, const request& what) {
  if (auto fits = check_options(what); !fits)
    return tl::unexpected(fits.error());
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  auto found = chosen(store, *no_result, what, 0, nullptr);
  if (!found)
    return tl::unexpected(found.error());
  if (auto kept = keep_matches(*found, what); !kept)
    return tl::unexpected(kept.error());
  return found->size();
}

} // namespace throng::query
