#include "analytics/window_cell.hpp"

#include <algorithm>
#include <cassert>

namespace throng::analytics {

namespace {

document with_id(const window_plan& plan, const task_identity& who, const group_table& groups, std::int64_t start,
                 group_table::id group) {
  document made;
  made.into = collection::windows;
  made.id = document_id(
      {who.pipeline, plan.name, std::to_string(start), groups.key(group), who.topic, std::to_string(who.partition)});
  return made;
}

} // namespace

window_cell::window_cell(const window_plan& plan) {
  fields.reserve(plan.fields.size());
  for (const auto& field : plan.fields)
    fields.emplace_back(field.plan);
}

void window_cell::add(const window_plan& plan, const event& e, const event_position& at) {
  ++events;
  offset = e.origin.offset;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& field = plan.fields[i];
    fields[i].add(field.plan, e.slots[field.from], at, field.plan.hashes() ? e.hash_of(field.from) : 0);
  }
}

void window_cell::merge(const window_plan& plan, const window_cell& other) {
  events += other.events;
  offset = std::max(offset, other.offset);
  for (std::size_t i = 0; i < fields.size(); ++i)
    fields[i].merge(plan.fields[i].plan, other.fields[i]);
}

void window_cell::save(const window_plan& plan, byte_writer& out) const {
  out.varint(events);
  out.i64(offset);
  for (std::size_t i = 0; i < fields.size(); ++i)
    fields[i].save(plan.fields[i].plan, out);
}

void window_cell::load(const window_plan& plan, byte_reader& in) {
  events = in.varint();
  offset = in.i64();
  for (std::size_t i = 0; i < fields.size(); ++i)
    fields[i] = aggregate_cell::load(plan.fields[i].plan, in);
}

document window_document(const window_plan& plan, const task_identity& who, const group_table& groups,
                         const window_view& of, const window_cell& holds) {
  auto made = with_id(plan, who, groups, of.start, of.group);
  made.offset = holds.offset;
  auto& body = made.body;
  body.reserve(11 + plan.fields.size());
  body["pipeline"] = who.pipeline;
  body["window"] = plan.name;
  body["start"] = of.start;
  body["end"] = of.end;
  body["group"] = groups.json(of.group);
  body["events"] = static_cast<std::int64_t>(holds.events);
  body["final"] = of.final;
  body["late"] = static_cast<std::int64_t>(of.late);
  for (std::size_t i = 0; i < plan.fields.size(); ++i)
    body[plan.fields[i].name] = holds.fields[i].render(plan.fields[i].plan);
  body["topic"] = who.topic;
  body["partition"] = static_cast<std::int64_t>(who.partition);
  body["group_key"] = groups.key(of.group);
  made.state = plan.state_header;
  byte_writer bytes{made.state};
  for (std::size_t i = 0; i < plan.fields.size(); ++i)
    holds.fields[i].save(plan.fields[i].plan, bytes);
  return made;
}

document superseded_window(const window_plan& plan, const task_identity& who, const group_table& groups,
                           std::int64_t start, group_table::id group, std::int64_t offset) {
  auto made = with_id(plan, who, groups, start, group);
  made.offset = offset;
  made.superseded = true;
  // Whoever reads the store finds whose it was.
  auto& body = made.body;
  body["pipeline"] = who.pipeline;
  body["window"] = plan.name;
  body["start"] = start;
  body["end"] = start;
  body["group"] = groups.json(group);
  body["topic"] = who.topic;
  body["partition"] = static_cast<std::int64_t>(who.partition);
  body["group_key"] = groups.key(group);
  return made;
}

} // namespace throng::analytics
