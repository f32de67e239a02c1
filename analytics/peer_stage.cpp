#include "analytics/peer_stage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "analytics/detector_parameters.hpp"
#include "analytics/scoped_name.hpp"
#include "analytics/value.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

namespace {

double median_of(std::vector<double>& xs) {
  const auto middle = xs.begin() + static_cast<std::ptrdiff_t>(xs.size() / 2);
  std::nth_element(xs.begin(), middle, xs.end());
  if (xs.size() % 2 == 1)
    return *middle;
  return (*middle + *std::max_element(xs.begin(), middle)) / 2;
}

} // namespace

const detector_doc& peers_doc() {
  static const detector_doc doc{
      "peers",
      "A value unlike those of the other members of its group at the same time.",
      {{"member", "\"\"", "The field that says who in the group (the pipeline's key) a value is of."},
       {"within", "\"10m\"", "How old another member's newest value may be to count: at least 1s."},
       {"least", "5", "How many others there must be: 2 to 1,000,000."},
       {"of", "\"auto\"",
        "The detector that watches each member's distance from the others; its parameters may stand beside."}}};
  return doc;
}

tl::expected<peers_plan, findings> compile_peers(const config::detect& definition, const std::string& path,
                                                 field_table& fields) {
  boost::json::object own;
  auto inner = definition;
  inner.parameters.clear();
  for (const auto& each : definition.parameters)
    if (std::any_of(peers_doc().parameters.begin(), peers_doc().parameters.end(),
                    [&](const parameter_doc& known) { return known.name == each.key(); }))
      own[each.key()] = each.value();
    else
      inner.parameters[each.key()] = each.value();
  detector_parameters parameters{own, peers_doc(), path};
  peers_plan made;
  made.name = definition.name;
  made.feedback = definition.feedback;
  made.field = definition.field;
  made.member_field = parameters.text("member");
  made.within = parameters.duration("within", milliseconds{1'000});
  made.least = static_cast<std::size_t>(parameters.whole("least", 2, 1'000'000));
  inner.detector = parameters.text("of");
  if (made.member_field.empty())
    parameters.wrong("member", "is missing: the field that says who in the group a value is of");
  auto found = parameters.take_findings();
  if (auto watching = make_detector(inner, path))
    made.watching = *watching;
  else
    found.insert(found.end(), watching.error().begin(), watching.error().end());
  if (!found.empty())
    return tl::unexpected(std::move(found));
  made.from = fields.lookup(made.field);
  made.member = fields.lookup(made.member_field);
  return made;
}

peer_stage::peer_stage(const peers_plan& plan, const std::string& state_prefix, const task_identity& who)
    : plan_(&plan)
    , who_(&who)
    , groups_(state_prefix + "g/", texts_)
    , series_(*plan.watching, state_prefix + "s/", texts_) {}

std::optional<double> peer_stage::against(const event& e, id key, id member, double x, timestamp watermark) {
  const auto expires = e.time + plan_->within;
  auto* known = groups_.find(key);
  if (known == nullptr)
    known = &groups_.make(key, group{{}, this}, expires);
  groups_.changed(key, expires);
  auto& all = known->members;
  if (watermark != watermark::none) {
    // No event before the watermark will be fed: these are too old for all that come.
    const auto gone = std::stable_partition(
        all.begin(), all.end(), [&](const newest& each) { return each.time > watermark.ms - plan_->within.count(); });
    for (auto each = gone; each != all.end(); ++each)
      texts_.release(each->member);
    held_ -= static_cast<std::size_t>(all.end() - gone);
    all.erase(gone, all.end());
  }
  other_.clear();
  newest* mine = nullptr;
  for (auto& each : all) {
    if (each.member == member)
      mine = &each;
    else if (each.time > e.time.ms - plan_->within.count())
      other_.push_back(each.x);
  }
  if (mine == nullptr) {
    texts_.hold(member);
    ++held_;
    all.push_back({e.time.ms, x, member});
  } else {
    mine->time = std::max(mine->time, e.time.ms);
    mine->x = x;
  }
  return other_.size() < plan_->least ? std::nullopt : std::optional{median_of(other_)};
}

bool peer_stage::observe(const event& e, timestamp watermark, const taught_threshold& taught,
                         const rekeyed_origin* from, effects& out) {
  const auto& x = e.slots[plan_->from];
  if (!x.is_finite())
    return false;
  const auto begin = write_scoped_name(scratch_, e.key, e.slots[plan_->member]);
  if (!begin)
    return false;
  const auto key = texts_.intern(e.key);
  texts_.hold(key);
  const auto member = texts_.intern(scratch_);
  texts_.hold(member);
  bool alarm = false;
  if (const auto median = against(e, key, member, x.number(), watermark)) {
    const auto name = std::string_view{texts_.text(member)}.substr(*begin);
    const auto at_least = taught.of(name, e.time);
    const auto distance = value::of(x.number() - *median);
    const auto [said, series] = series_.observe(member, e.time, distance, at_least, e.origin.offset, out);
    alarm = said.alarm;
    if (alarm) {
      tell(e, name, x.number(), *median, said, at_least, *series, from, out);
      series_.opened(member, e.time, distance, said, out.documents.back());
    }
  }
  texts_.release(member);
  texts_.release(key);
  return alarm;
}

void peer_stage::tell(const event& e, std::string_view member, double x, double median, const detection& said,
                      double taught, const series_detector& series, const rekeyed_origin* from, effects& out) {
  auto why = series.explain(plan_->field + " less its peers'");
  why.reason += fmt::format("; it is {:.6g}, the median of {} others of {} {:.6g}", x, other_.size(), e.key, median);
  why.evidence["group"] = e.key;
  why.evidence["of"] = number_json(x);
  why.evidence["peers"] = other_.size();
  why.evidence["peers_median"] = number_json(median);
  if (taught > 0)
    why.evidence["taught_threshold"] = taught;
  raise(*who_,
        {plan_->name,
         member,
         e.time,
         plan_->watching->severity(),
         said.score,
         std::move(why.reason),
         std::move(why.evidence),
         e.origin.offset,
         {},
         from},
        out);
}

void peer_stage::expire(timestamp watermark, std::int64_t offset, effects& out) {
  groups_.expire(watermark, [this](id, const group& what) {
    held_ -= what.members.size();
    for (const auto& each : what.members)
      texts_.release(each.member);
  });
  series_.expire(watermark, offset, out);
}

void peer_stage::group::save(byte_writer& out) const {
  out.varint(members.size());
  for (const auto& each : members) {
    out.i64(each.time);
    out.real(each.x);
    out.text(owner->texts_.text(each.member));
  }
}

void peer_stage::save(bool only_changes, const std::function<void(state_entry&&)>& put) {
  groups_.save(only_changes, put);
  series_.save(only_changes, put);
}

void peer_stage::restore(std::string_view which, std::string_view bytes) {
  if (which.starts_with("g/")) {
    groups_.restore(which.substr(2), bytes, [this](byte_reader& in) {
      group made{{}, this};
      made.members.resize(in.count());
      for (auto& each : made.members) {
        each.time = in.i64();
        each.x = in.real();
        if (!std::isfinite(each.x))
          throw corrupt_state{"a member without a value"};
        each.member = texts_.intern(in.text());
        texts_.hold(each.member);
        ++held_;
      }
      return made;
    });
  } else if (which.starts_with("s/")) {
    series_.restore(which.substr(2), bytes);
  } else {
    throw corrupt_state{"an entry of no kind"};
  }
}

} // namespace throng::analytics
