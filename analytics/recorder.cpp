#include "analytics/recorder.hpp"

#include <algorithm>
#include <cassert>
#include <deque>
#include <map>
#include <vector>

#include <xxhash.h>

#include "analytics/codec.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/text_ids.hpp"
#include "analytics/watermark.hpp"
#include "config/time.hpp"

namespace throng::analytics {

namespace {

constexpr std::uint64_t schema_version = 1;

/// What the recorder looks at in a message.
struct glance {
  bool object = false; ///< one JSON object, as a decoder would take it
  std::optional<std::uint64_t> seq;
  std::optional<timestamp> time;
};

glance look_at(std::string_view message) {
  glance seen;
  json_scanner in{message};
  if (in.peek() != '{' || !in.open(0))
    return {};
  std::string unescaped;
  for (bool first = true; in.next_element('}', first); first = false) {
    json_string name;
    if (!in.take_name(name))
      return {};
    auto text = name.raw;
    if (name.escaped) {
      unescaped.clear();
      append_unescaped(unescaped, name);
      text = unescaped;
    }
    auto next = in.peek();
    if (text == "seq") {
      seen.seq.reset(); // of repeated names the last counts
      json_number number;
      if (next == '-' || (next >= '0' && next <= '9')) {
        if (!in.take_number(number))
          return {};
        if (auto x = number_value(number); x.kind() == value_kind::integer && x.integer() >= 0)
          seen.seq = static_cast<std::uint64_t>(x.integer());
        continue;
      }
    } else if (text == "timestamp") {
      seen.time.reset();
      if (json_string time; next == '"') {
        if (!in.take_string(time))
          return {};
        if (auto parsed = parse_iso8601(time.raw);
            parsed && *parsed >= least_timestamp && *parsed <= greatest_timestamp)
          seen.time = *parsed;
        continue;
      }
    }
    if (!in.skip_value(1))
      return {};
  }
  if (in.fault() != json_fault::none || !in.at_end())
    return {};
  seen.object = true;
  return seen;
}

/// One key's book and what of its latest message is not written yet.
struct record {
  std::uint64_t count = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t sum = 0;
  std::uint64_t malformed = 0;
  std::int64_t offset = -1;           ///< of its last message
  std::int64_t message_offset = -1;   ///< of its latest that is an object
  std::int64_t message_time = -1;     ///< of that; -1: none known
  std::optional<std::string> message; ///< that, until it is written
  bool unwritten = false;
  bool unsaved = false;

  void save(byte_writer& out) const {
    for (auto x : {count, first, last, malformed})
      out.varint(x);
    out.u64(sum);
    out.i64(offset);
    out.i64(message_offset);
    out.i64(message_time);
    out.u8(unwritten ? 1 : 0);
    out.u8(message ? 1 : 0);
    if (message)
      out.text(*message);
  }

  static record load(byte_reader& in) {
    record made;
    for (auto* x : {&made.count, &made.first, &made.last, &made.malformed})
      *x = in.varint();
    made.sum = in.u64();
    made.offset = in.i64();
    made.message_offset = in.i64();
    made.message_time = in.i64();
    made.unwritten = in.u8() != 0;
    if (in.u8() != 0)
      made.message = std::string{in.text()};
    if (!in.at_end())
      throw corrupt_state{"more bytes than a key's book has"};
    return made;
  }
};

boost::json::value time_or_null(std::int64_t ms) {
  return ms < 0 ? boost::json::value(nullptr) : boost::json::value(ms);
}

class recorder final : public partition_task {
public:
  recorder(recorder_options options, std::string topic, std::int32_t partition)
      : options_(std::move(options))
      , owner_("recorder:" + options_.group)
      , definition_(document_id({"recorder", "1"}))
      , topic_(std::move(topic))
      , partition_(partition)
      , labels_(topic_ == "truth.labels") {}

  const std::string& owner() const override {
    return owner_;
  }
  /// What is kept may change from run to run: the same checkpoint goes on.
  const std::string& definition() const override {
    return definition_;
  }

  expected<void> take(const raw_message& message, effects& out) override {
    assert(message.offset >= next_offset_);
    count_message(message);
    if (!message.value) {
      ++counters_.tombstones;
      return {};
    }
    auto seen = look_at(*message.value);
    if (!seen.time && message.timestamp_ms >= 0)
      seen.time = timestamp{message.timestamp_ms};
    if (seen.time)
      highest_ = std::max(highest_, *seen.time);
    if (options_.keep_events)
      write_event(message, seen, out);
    if (labels_)
      write_label(message, seen, out);
    else
      enter(message, seen);
    return {};
  }

  void skip_poison(const raw_message& message, std::string_view, effects&) override {
    count_message(message);
    ++counters_.dead_letters;
    if (!labels_)
      enter(message, {});
  }

  void emit_open(effects& out) override {
    write_changed(out);
  }
  void before_checkpoint(effects& out) override {
    write_changed(out);
  }

  std::int64_t next_offset() const override {
    return next_offset_;
  }
  timestamp watermark() const override {
    return highest_;
  }
  const task_counters& counters() const override {
    return counters_;
  }

  void save(bool only_changes, const std::function<void(state_entry&&)>& put) override {
    std::string meta;
    byte_writer out{meta};
    out.varint(schema_version);
    out.i64(next_offset_);
    out.i64(highest_.ms);
    for (auto count : {counters_.consumed, counters_.tombstones, counters_.dead_letters})
      out.varint(count);
    put({"meta", std::move(meta)});
    auto put_one = [&](text_ids::id which) {
      auto& what = records_[which];
      what.unsaved = false;
      std::string bytes;
      byte_writer into{bytes};
      what.save(into);
      put({"k/" + keys_.text(which), std::move(bytes)});
    };
    if (only_changes)
      for (auto which : unsaved_)
        put_one(which);
    else
      for (std::size_t i = 0; i < records_.size(); ++i)
        put_one(static_cast<text_ids::id>(i));
    unsaved_.clear();
  }

  void restore(const std::vector<state_entry>& entries) override {
    assert(next_offset_ == 0 && records_.empty());
    std::map<std::string_view, std::string_view> latest;
    for (const auto& entry : entries) {
      if (!entry.value)
        throw corrupt_state{"a recorder forgets no key"};
      latest[entry.key] = *entry.value;
    }
    for (const auto& [key, bytes] : latest) {
      byte_reader in{bytes};
      if (key == "meta") {
        if (in.varint() != schema_version)
          throw corrupt_state{"a recorder's state of another schema version"};
        next_offset_ = in.i64();
        highest_ = {in.i64()};
        for (auto* count : {&counters_.consumed, &counters_.tombstones, &counters_.dead_letters})
          *count = in.varint();
      } else if (key.starts_with("k/")) {
        auto which = intern(key.substr(2));
        records_[which] = record::load(in);
        if (records_[which].unwritten)
          unwritten_.push_back(which);
      } else {
        throw corrupt_state{"an entry that no recorder writes"};
      }
    }
    if (!latest.empty() && !latest.contains("meta"))
      throw corrupt_state{"a recorder's checkpoint without its first entry"};
  }

private:
  void count_message(const raw_message& message) {
    ++counters_.consumed;
    next_offset_ = message.offset + 1;
  }

  text_ids::id intern(std::string_view key) {
    auto which = keys_.intern(key);
    if (which == records_.size()) {
      keys_.hold(which);
      records_.emplace_back();
    }
    return which;
  }

  /// Into its key's book, and as its entity's latest.
  void enter(const raw_message& message, const glance& seen) {
    if (!message.key || !valid_utf8(*message.key))
      return;
    auto which = intern(*message.key);
    auto& what = records_[which];
    what.offset = message.offset;
    if (seen.seq) {
      what.first = what.count == 0 ? *seen.seq : std::min(what.first, *seen.seq);
      what.last = what.count == 0 ? *seen.seq : std::max(what.last, *seen.seq);
      ++what.count;
      what.sum += seq_hash(*seen.seq);
    } else {
      ++what.malformed;
    }
    if (seen.object && options_.keep_entities) {
      if (!what.message)
        what.message.emplace();
      what.message->assign(*message.value);
      what.message_offset = message.offset;
      what.message_time = seen.time ? seen.time->ms : -1;
    }
    if (!std::exchange(what.unwritten, true))
      unwritten_.push_back(which);
    if (!std::exchange(what.unsaved, true))
      unsaved_.push_back(which);
  }

  void write_changed(effects& out) {
    std::sort(unwritten_.begin(), unwritten_.end(),
              [this](text_ids::id a, text_ids::id b) { return keys_.text(a) < keys_.text(b); });
    for (auto which : unwritten_) {
      auto& what = records_[which];
      if (what.message)
        write_entity(keys_.text(which), what, out);
      write_book(keys_.text(which), what, out);
      what.message.reset();
      what.unwritten = false;
      if (!std::exchange(what.unsaved, true)) // its state said that it is not written
        unsaved_.push_back(which);
    }
    unwritten_.clear();
  }

  document& new_document(collection into, std::string id, std::int64_t offset, effects& out) {
    auto& made = out.documents.emplace_back();
    made.into = into;
    made.id = std::move(id);
    made.offset = offset;
    return made;
  }

  void write_entity(const std::string& key, const record& what, effects& out) {
    auto& body = new_document(collection::entities, document_id({"entity", topic_, std::to_string(partition_), key}),
                              what.message_offset, out)
                     .body;
    body["entity"] = key;
    body["topic"] = topic_;
    body["partition"] = static_cast<std::int64_t>(partition_);
    body["time"] = time_or_null(what.message_time);
    body["message"] = parse_json(*what.message);
  }

  void write_book(const std::string& key, const record& what, effects& out) {
    auto& body =
        new_document(collection::books, document_id({"book", options_.group, topic_, std::to_string(partition_), key}),
                     what.offset, out)
            .body;
    auto seq_or_null = [&](std::uint64_t x) {
      return what.count == 0 ? boost::json::value(nullptr) : boost::json::value(static_cast<std::int64_t>(x));
    };
    body["group"] = options_.group;
    body["topic"] = topic_;
    body["partition"] = static_cast<std::int64_t>(partition_);
    body["key"] = key;
    body["count"] = static_cast<std::int64_t>(what.count);
    body["first"] = seq_or_null(what.first);
    body["last"] = seq_or_null(what.last);
    body["sum"] = static_cast<std::int64_t>(what.sum);
    body["malformed"] = static_cast<std::int64_t>(what.malformed);
  }

  void write_event(const raw_message& message, const glance& seen, effects& out) {
    auto offset = std::to_string(message.offset);
    auto& body = new_document(collection::events, document_id({"event", topic_, std::to_string(partition_), offset}),
                              message.offset, out)
                     .body;
    body["topic"] = topic_;
    body["partition"] = static_cast<std::int64_t>(partition_);
    body["offset"] = message.offset;
    body["time"] = time_or_null(seen.time ? seen.time->ms : -1);
    body["key"] = nullptr;
    if (message.key && valid_utf8(*message.key))
      body["key"] = *message.key;
    if (seen.object)
      body["message"] = parse_json(*message.value);
    else if (valid_utf8(*message.value))
      body["raw"] = *message.value;
    else
      body["raw"] = nullptr;
  }

  void write_label(const raw_message& message, const glance& seen, effects& out) {
    if (!seen.object) {
      ++counters_.dead_letters;
      return;
    }
    auto label = std::move(parse_json(*message.value).get_object());
    const auto* id = label.if_contains("label_id");
    if (id == nullptr || !id->is_string()) {
      ++counters_.dead_letters;
      return;
    }
    auto& made = new_document(collection::labels, document_id({"label", std::string_view{id->get_string()}}),
                              message.offset, out);
    for (std::string_view name : {"start", "end"})
      if (auto* time = label.if_contains(name); time != nullptr && time->is_string()) {
        auto parsed = parse_iso8601(std::string_view{time->get_string()});
        *time = parsed ? boost::json::value(parsed->ms) : boost::json::value(nullptr);
      }
    made.body = std::move(label);
    made.body["partition"] = static_cast<std::int64_t>(partition_);
  }

  recorder_options options_;
  std::string owner_;
  std::string definition_;
  std::string topic_;
  std::int32_t partition_;
  bool labels_;
  std::int64_t next_offset_ = 0;
  timestamp highest_ = watermark::none;
  task_counters counters_;
  text_ids keys_;
  std::deque<record> records_; // by key's number; none is ever given back
  std::vector<text_ids::id> unwritten_;
  std::vector<text_ids::id> unsaved_;
};

} // namespace

std::unique_ptr<partition_task> make_recorder(recorder_options options, std::string topic, std::int32_t partition) {
  return std::make_unique<recorder>(std::move(options), std::move(topic), partition);
}

std::uint64_t seq_hash(std::uint64_t seq) noexcept {
  unsigned char bytes[8];
  for (int i = 0; i < 8; ++i)
    bytes[i] = static_cast<unsigned char>(seq >> (8 * i));
  return XXH64(bytes, sizeof bytes, 0);
}

} // namespace throng::analytics
