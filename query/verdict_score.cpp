#include "query/verdict_score.hpp"

#include <map>

#include "query/alert_life.hpp"
#include "query/results.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

void take(verdict_row& into, alert_verdict verdict) {
  ++into.alerts;
  into.right += verdict == alert_verdict::right ? 1 : 0;
  into.wrong += verdict == alert_verdict::wrong ? 1 : 0;
}

verdict_row finished(verdict_row row, std::string name) {
  row.name = std::move(name);
  if (const auto judged = row.right + row.wrong; judged > 0) {
    row.precision = static_cast<double>(row.right) / static_cast<double>(judged);
    row.precision_interval = interval::of(row.right, judged);
  }
  return row;
}

} // namespace

expected<verdict_report> score_by_verdicts(storage::result_store& store) {
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  auto lives = alert_lives::in(store);
  if (!lives)
    return tl::unexpected(lives.error());
  auto alerts = find_results(store, *no_result, {analytics::collection::alerts, {}, "", false, 0});
  if (!alerts)
    return tl::unexpected(alerts.error());
  verdict_row all;
  std::map<std::string, verdict_row> by_detector;
  for (const auto& each : *alerts) {
    const auto verdict = lives->verdict_of(each.id);
    take(all, verdict);
    take(by_detector[text_at(each.body, "detector")], verdict);
  }
  if (all.right + all.wrong == 0)
    return fail(error_kind::not_found, "no alert of this store has a verdict: people give them with `throng alerts "
                                       "right` and `wrong`");
  verdict_report out;
  out.all = finished(std::move(all), "all");
  for (auto& [name, row] : by_detector)
    out.by_detector.push_back(finished(std::move(row), name));
  return out;
}

} // namespace throng::query
