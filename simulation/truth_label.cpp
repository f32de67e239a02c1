#include "simulation/truth_label.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <span>
#include <string>

#include "simulation/entity_kinds.hpp"
#include "simulation/identity.hpp"
#include "simulation/message_draft.hpp"

namespace throng::simulation {
namespace {

/// `2-17-sensor-000042`: short text put together without allocation.
class id_text {
public:
  id_text& operator<<(std::string_view text) {
    const auto size = std::min(text.size(), bytes_.size() - size_);
    std::memcpy(bytes_.data() + size_, text.data(), size);
    size_ += size;
    return *this;
  }
  id_text& operator<<(std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  std::string_view view() const {
    return {bytes_.data(), size_};
  }

private:
  std::array<char, 128> bytes_;
  std::size_t size_ = 0;
};

/// What all labels have after timestamp, seq and entity.
struct label {
  std::string_view label_id;
  std::string_view incident_id; ///< empty: none
  std::string_view cause;
  topic where;
  bool has_first_seq;
  std::uint64_t first_seq;
  std::span<const seq_range> seqs;  ///< empty: none, or not known yet
  std::span<const topic_seqs> also; ///< likewise
  timestamp start;
  timestamp end;
  bool ended;
  double subtlety;
  bool malicious;
};

/// `3,7-9`: seqs and ranges of seqs.
std::string text_of(std::span<const seq_range> seqs) {
  std::string text;
  for (const auto& range : seqs) {
    if (!text.empty())
      text += ',';
    text += std::to_string(range.first);
    if (range.last > range.first)
      text += '-' + std::to_string(range.last);
  }
  return text;
}

void write_seqs(event_writer& out, std::span<const seq_range> seqs) {
  if (seqs.empty())
    out.null("seqs");
  else
    out.text("seqs", text_of(seqs));
}

/// `[{"topic":"web.views","entity":"user-000017","seqs":"3"}]`: nothing in it needs an escape.
void write_also(event_writer& out, const wake_frame& frame, std::span<const topic_seqs> also) {
  std::string text;
  for (std::uint32_t i = 0; i < frame.channels.size(); ++i) // in one order, whichever was touched first
    for (const auto& each : also)
      if (each.in == frame.channels[i].in) {
        text += text.empty() ? R"([{"topic":")" : R"(,{"topic":")";
        text.append(name(each.in)).append(R"(","entity":")").append(frame.keys[key_of(frame, i)].text.view());
        text.append(R"(","seqs":")").append(text_of(each.seqs)).append(R"("})");
      }
  if (text.empty())
    out.null("also");
  else
    out.json("also", text + "]");
}

/// @param key which of the entity's keys the label is about
/// @param emission when it goes out
void write_label(wake_frame& frame, std::uint32_t key, const label& of, timestamp emission) {
  auto& out =
      open_message(frame, static_cast<std::uint32_t>(frame.channels.size()) + key, topic::truth_labels, frame.now);
  out.text("label_id", of.label_id);
  if (of.incident_id.empty())
    out.null("incident_id");
  else
    out.text("incident_id", of.incident_id);
  const auto population = frame.self.population;
  if (const auto person = person_behind(*frame.step.in, frame.self))
    out.text("person_id", person_id(*person).view());
  else
    out.null("person_id");
  out.text("cause", of.cause);
  out.text("domain", domain_of(frame.step.in->kind_of(population)));
  out.text("population", frame.step.in->scenario().populations[population].name);
  out.text("topic", name(of.where));
  if (of.has_first_seq)
    out.natural("first_seq", of.first_seq);
  else
    out.null("first_seq");
  if (of.seqs.empty())
    out.null("last_seq");
  else
    out.natural("last_seq", of.seqs.back().last);
  write_seqs(out, of.seqs);
  out.time("start", of.start);
  if (of.ended)
    out.time("end", of.end);
  else
    out.null("end");
  out.decimal<3>("subtlety", of.subtlety);
  out.boolean("malicious", of.malicious);
  write_also(out, frame, of.also);
  close_message(frame, emission);
}

} // namespace

void label_incident(wake_frame& frame, const active_incident& about, bool last) {
  id_text incident_id;
  incident_id << std::uint64_t{about.order.incident} << "-" << about.order.occurrence;
  id_text label_id;
  label_id << incident_id.view() << "-" << frame.keys[0].text.view();
  label text{};
  text.label_id = label_id.view();
  text.incident_id = incident_id.view();
  text.cause = frame.step.in->scenario().incidents[about.order.incident].kind;
  text.where = frame.channels[0].in;
  text.ended = !about.open;
  text.has_first_seq = about.touched || !(text.ended || last);
  text.first_seq = about.touched ? about.seqs.front().first : frame.states[0].next_seq;
  if (text.ended || last) {
    text.seqs = about.seqs;
    text.also = about.also;
  }
  text.start = about.order.start;
  text.end = about.order.end;
  text.subtlety = about.order.subtlety;
  text.malicious = frame.step.incidents[about.order.incident].malicious;
  write_label(frame, 0, text, frame.now);
}

void label_trouble(wake_frame& frame, trouble_kind kind, const pending_emission& hit, topic where, timestamp start,
                   timestamp end) {
  const auto key = key_of(frame, hit.channel);
  id_text label_id;
  label_id << cause_of(kind) << "-" << name(where) << "-" << frame.keys[key].text.view() << "-" << hit.seq;
  label text{};
  text.label_id = label_id.view();
  text.cause = cause_of(kind);
  text.where = where;
  const seq_range itself{hit.seq, hit.seq};
  text.has_first_seq = true;
  text.first_seq = hit.seq;
  text.seqs = {&itself, 1};
  text.start = start;
  text.end = end;
  text.ended = true;
  // Held back as long as what it tells of: a world that is stopped before has neither.
  write_label(frame, key, text, end);
}

} // namespace throng::simulation
