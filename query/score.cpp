#include "query/score.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "query/label_events.hpp"
#include "query/results.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

struct label {
  std::string entity;
  std::string cause;
  std::int64_t start = 0;
  std::int64_t end = 0; ///< grace included; no end yet: for ever
  bool malicious = false;
  std::optional<double> subtlety;
  std::vector<labelled_events> events;
};

struct alert {
  std::string entity;
  std::string detector;
  std::int64_t time = 0;
  double score = 0;
};

/// Labels of incidents: trouble of the stream is no incident, and nobody's to detect.
expected<std::vector<label>> incident_labels(storage::result_store& store, const overtaken& no_result,
                                             milliseconds grace, const std::string& topic) {
  auto stored = find_results(store, no_result, {analytics::collection::labels, {}, "start", false, 0});
  if (!stored)
    return tl::unexpected(stored.error());
  std::vector<label> out;
  for (const auto& each : *stored) {
    auto cause = text_at(each.body, "cause");
    auto start = integer_at(each.body, "start");
    if (cause.starts_with("trouble.") || !start || (!topic.empty() && text_at(each.body, "topic") != topic))
      continue;
    auto end = integer_at(each.body, "end");
    const auto* malicious = each.body.if_contains("malicious");
    out.push_back({text_at(each.body, "entity"), std::move(cause), *start,
                   end ? *end + grace.count() : std::numeric_limits<std::int64_t>::max(),
                   malicious != nullptr && malicious->is_bool() && malicious->get_bool(),
                   number_at(each.body, "subtlety"),
                   events_named_by(each.body).value_or(std::vector<labelled_events>{})});
  }
  return out;
}

/// In order of time.
expected<std::vector<alert>> alerts_in(storage::result_store& store, const overtaken& no_result) {
  auto stored = find_results(store, no_result, {analytics::collection::alerts, {}, "time", false, 0});
  if (!stored)
    return tl::unexpected(stored.error());
  std::vector<alert> out;
  for (const auto& each : *stored)
    if (auto time = integer_at(each.body, "time"))
      out.push_back({text_at(each.body, "entity"), text_at(each.body, "detector"), *time,
                     number_at(each.body, "score").value_or(0)});
  return out;
}

double median(std::vector<double> of) {
  std::sort(of.begin(), of.end());
  auto middle = of.size() / 2;
  return of.size() % 2 == 1 ? of[middle] : (of[middle - 1] + of[middle]) / 2;
}

constexpr std::array<std::string_view, 4> subtleties{"0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1"};

bool is_of_subtlety(const label& of, std::string_view which) {
  return of.malicious && of.subtlety &&
         subtleties[std::min<std::size_t>(3, static_cast<std::size_t>(std::max(0.0, *of.subtlety) * 4))] == which;
}

/// Labels by entity, and what the alerts that are taken in, rising in time, make of them.
class scoring {
public:
  explicit scoring(const std::vector<label>& labels)
      : labels_(labels)
      , detected_after_(labels.size()) {
    for (std::size_t i = 0; i < labels_.size(); ++i)
      by_entity_[labels_[i].entity].push_back(i);
  }

  /// An alert counts for each label that it is the first to match; where it matches only what others found before, for nothing.
  void take(const alert& of) {
    ++all_.alerts;
    bool malicious = false;
    bool first = false;
    std::vector<std::string_view> innocent;
    std::map<std::string_view, bool> causes; // whether it was first for a label of that cause
    auto known = by_entity_.find(of.entity);
    if (known != by_entity_.end())
      for (auto i : known->second) {
        const auto& label = labels_[i];
        if (of.time < label.start || of.time > label.end)
          continue;
        auto& first_of_cause = causes[label.cause];
        if (!label.malicious) {
          innocent.push_back(label.cause);
          continue;
        }
        malicious = true;
        if (detected_after_[i])
          continue;
        ++found_;
        detected_after_[i] = static_cast<double>(of.time - label.start) / 1000;
        first = first_of_cause = true;
      }
    for (const auto& [cause, was_first] : causes) {
      auto& row = by_cause_[std::string(cause)];
      ++row.alerts;
      row.right += was_first ? 1 : 0;
    }
    if (malicious) {
      all_.right += first ? 1 : 0;
      return;
    }
    ++all_.false_alarms;
    std::sort(innocent.begin(), innocent.end());
    innocent.erase(std::unique(innocent.begin(), innocent.end()), innocent.end());
    for (auto cause : innocent)
      ++by_cause_[std::string(cause)].false_alarms;
  }

  std::uint64_t found() const {
    return found_;
  }
  /// Of the alerts taken so far; 1 where none is right or wrong.
  double precision() const {
    const auto judged = all_.right + all_.false_alarms;
    return judged == 0 ? 1 : static_cast<double>(all_.right) / static_cast<double>(judged);
  }

  std::vector<score_row> by_subtlety() const {
    std::vector<score_row> out;
    for (const auto which : subtleties) {
      score_row row;
      row.name = which;
      row = finished(std::move(row), [which](const label& each) { return is_of_subtlety(each, which); });
      if (row.labels > 0)
        out.push_back(std::move(row));
    }
    return out;
  }

  score_row all(std::string name) const {
    auto row = all_;
    row.name = std::move(name);
    return finished(std::move(row), [](const label& each) { return each.malicious; });
  }

  std::vector<score_row> by_cause() const {
    std::map<std::string, score_row> rows = by_cause_;
    for (const auto& each : labels_)
      rows[each.cause];
    std::vector<score_row> out;
    for (auto& [cause, row] : rows) {
      row.name = cause;
      out.push_back(finished(std::move(row), [&cause = cause](const label& each) { return each.cause == cause; }));
    }
    return out;
  }

private:
  template <class Belongs>
  score_row finished(score_row row, Belongs belongs) const {
    std::vector<double> seconds;
    std::uint64_t malicious = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!belongs(labels_[i]))
        continue;
      ++row.labels;
      malicious += labels_[i].malicious ? 1 : 0;
      if (detected_after_[i])
        seconds.push_back(*detected_after_[i]);
    }
    row.found = seconds.size();
    if (malicious > 0) {
      row.recall = static_cast<double>(row.found) / static_cast<double>(malicious);
      row.recall_interval = interval::of(row.found, malicious);
    }
    if (const auto judged = row.right + row.false_alarms; judged > 0) {
      row.precision = static_cast<double>(row.right) / static_cast<double>(judged);
      row.precision_interval = interval::of(row.right, judged);
    }
    if (row.recall && row.precision) {
      row.f1 = f1_of(*row.recall, *row.precision);
      const auto recall = interval::of(row.found, malicious, sure_97_5);
      const auto precision = interval::of(row.right, row.right + row.false_alarms, sure_97_5);
      row.f1_interval = interval{f1_of(recall.low, precision.low), f1_of(recall.high, precision.high)};
    }
    if (!seconds.empty())
      row.median_seconds_to_detect = median(std::move(seconds));
    return row;
  }

  const std::vector<label>& labels_;
  std::map<std::string, std::vector<std::size_t>> by_entity_;
  std::vector<std::optional<double>> detected_after_; ///< seconds from a label's start to the first alert
  score_row all_;
  std::uint64_t found_ = 0; ///< malicious labels
  std::map<std::string, score_row> by_cause_;
};

/// @param alerts in order of time
std::optional<double> average_precision(const std::vector<label>& labels, std::vector<alert> alerts) {
  const auto malicious = std::count_if(labels.begin(), labels.end(), [](const label& each) { return each.malicious; });
  if (malicious == 0)
    return std::nullopt;
  std::stable_sort(alerts.begin(), alerts.end(), [](const alert& a, const alert& b) { return a.score > b.score; });
  scoring so_far{labels};
  double sum = 0;
  for (std::size_t i = 0; i < alerts.size();) {
    const auto before = so_far.found();
    const auto score = alerts[i].score;
    while (i < alerts.size() && alerts[i].score == score)
      so_far.take(alerts[i++]);
    sum += static_cast<double>(so_far.found() - before) * so_far.precision();
  }
  return sum / static_cast<double>(malicious);
}

/// @param alerts in order of time
top_entities top_of(const std::vector<label>& labels, const std::vector<alert>& alerts, std::size_t a_day) {
  struct suspect {
    std::string entity;
    double score = 0;
    std::int64_t first = 0;
    bool right = false;
  };
  std::map<std::string_view, std::vector<const label*>> by_entity;
  for (const auto& each : labels)
    if (each.malicious)
      by_entity[each.entity].push_back(&each);
  const auto is_right = [&](const alert& of) {
    const auto known = by_entity.find(of.entity);
    return known != by_entity.end() && std::any_of(known->second.begin(), known->second.end(), [&](const label* each) {
             return of.time >= each->start && of.time <= each->end;
           });
  };
  constexpr std::int64_t ms_a_day = 86'400'000;
  std::map<std::int64_t, std::map<std::string, suspect>> by_day;
  for (const auto& each : alerts) {
    auto day = each.time / ms_a_day - (each.time % ms_a_day < 0 ? 1 : 0);
    auto& kept = by_day[day].try_emplace(each.entity, suspect{each.entity, each.score, each.time}).first->second;
    kept.score = std::max(kept.score, each.score);
    kept.right = kept.right || is_right(each);
  }
  top_entities out;
  out.a_day = a_day;
  out.days = by_day.size();
  for (const auto& [day, suspects] : by_day) {
    std::vector<suspect> order;
    for (const auto& [entity, each] : suspects) // by name
      order.push_back(each);
    std::stable_sort(order.begin(), order.end(), [](const suspect& a, const suspect& b) {
      return a.score != b.score ? a.score > b.score : a.first < b.first;
    });
    order.resize(std::min(order.size(), a_day));
    out.looked_at += order.size();
    out.right +=
        static_cast<std::uint64_t>(std::count_if(order.begin(), order.end(), [](const suspect& x) { return x.right; }));
  }
  if (out.looked_at > 0)
    out.precision = static_cast<double>(out.right) / static_cast<double>(out.looked_at);
  return out;
}

double days_spanned(const std::vector<label>& labels, const std::vector<alert>& alerts, milliseconds grace) {
  auto least = std::numeric_limits<std::int64_t>::max();
  auto greatest = std::numeric_limits<std::int64_t>::min();
  auto take = [&](std::int64_t time) {
    least = std::min(least, time);
    greatest = std::max(greatest, time);
  };
  for (const auto& each : labels) {
    take(each.start);
    if (each.end != std::numeric_limits<std::int64_t>::max())
      take(each.end - grace.count());
  }
  for (const auto& each : alerts)
    take(each.time);
  constexpr double ms_a_day = 86'400'000;
  return greatest > least ? static_cast<double>(greatest - least) / ms_a_day : 0;
}

/// Into the report and its rows.
expected<void> add_money(score_report& to, storage::result_store& store, const overtaken& no_result,
                         const std::vector<label>& labels, const std::vector<alert>& alerts, milliseconds block_for) {
  std::vector<payment_label> named;
  named.reserve(labels.size());
  for (const auto& each : labels)
    named.push_back({each.events, each.malicious});
  std::set<std::string> suspects;
  std::vector<payment_stop> stops;
  std::map<std::string_view, std::vector<payment_stop>> by_detector;
  for (const auto& each : alerts) {
    suspects.insert(each.entity);
    by_detector[each.detector].push_back(stops.emplace_back(payment_stop{each.entity, each.time}));
  }
  const auto paid = payments::read(store, no_result, named, suspects);
  if (!paid)
    return tl::unexpected(paid.error());
  if (!paid->known())
    return {};
  to.money = paid->basis(block_for);
  const auto stopped = paid->stopped_by(stops, block_for);
  to.all.money = paid->sum(stopped);
  for (auto& row : to.by_cause)
    row.money = paid->sum(stopped, [&](std::size_t i) { return labels[i].cause == row.name; });
  for (auto& row : to.by_subtlety)
    row.money = paid->sum(stopped, [&](std::size_t i) { return is_of_subtlety(labels[i], row.name); });
  for (auto& row : to.by_detector)
    if (const auto& its = by_detector[row.name]; paid->touched_by(its))
      row.money = paid->sum(paid->stopped_by(its, block_for));
  return {};
}

} // namespace

interval interval::of(std::uint64_t hits, std::uint64_t trials, double z) {
  const auto n = static_cast<double>(trials);
  const auto p = static_cast<double>(hits) / n;
  const auto middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const auto half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  // At the ends they are 0 and 1 but for rounding.
  return {hits == 0 ? 0 : middle - half, hits == trials ? 1 : middle + half};
}

double f1_of(double recall, double precision) {
  return recall + precision > 0 ? 2 * recall * precision / (recall + precision) : 0;
}

expected<score_report> score(storage::result_store& store, milliseconds grace, std::size_t top,
                             const std::string& topic, std::optional<milliseconds> block_for) {
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  auto labels = incident_labels(store, *no_result, grace, topic);
  if (!labels)
    return tl::unexpected(labels.error());
  if (labels->empty())
    return fail(error_kind::not_found,
                "this store holds no labelled incidents: analyse truth.labels too, as `throng run` does");
  auto alerts = alerts_in(store, *no_result);
  if (!alerts)
    return tl::unexpected(alerts.error());

  score_report out;
  scoring everything{*labels};
  std::map<std::string, scoring> by_detector;
  for (const auto& each : *alerts) {
    everything.take(each);
    by_detector.try_emplace(each.detector, *labels).first->second.take(each);
  }
  out.all = everything.all("all");
  out.by_cause = everything.by_cause();
  out.all.average_precision = average_precision(*labels, *alerts);
  out.by_subtlety = everything.by_subtlety();
  out.top = top_of(*labels, *alerts, top);
  for (const auto& [detector, scored] : by_detector) {
    auto& row = out.by_detector.emplace_back(scored.all(detector));
    std::vector<alert> its;
    std::copy_if(alerts->begin(), alerts->end(), std::back_inserter(its),
                 [&name = row.name](const alert& each) { return each.detector == name; });
    row.average_precision = average_precision(*labels, std::move(its));
  }
  if (auto days = days_spanned(*labels, *alerts, grace); days > 0)
    out.false_alarms_a_day = static_cast<double>(out.all.false_alarms) / days;
  if (block_for)
    if (auto added = add_money(out, store, *no_result, *labels, *alerts, *block_for); !added)
      return tl::unexpected(added.error());
  return out;
}

} // namespace throng::query
