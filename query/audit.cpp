#include "query/audit.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "analytics/recorder.hpp"
#include "query/results.hpp"
#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;

constexpr std::size_t max_findings = 100;

/// What one side has counted of a (topic, key).
struct book {
  std::uint64_t count = 0;
  std::uint64_t sum = 0; ///< of xxh64(seq), modulo 2^64
  std::uint64_t malformed = 0;
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
};

/// The labelled trouble of a (topic, key) that changes books.
struct allowance {
  std::uint64_t duplicates = 0;
  std::uint64_t malformed = 0;
  std::uint64_t duplicate_sum = 0;
  std::uint64_t malformed_sum = 0;
};

using topic_and_key = std::pair<std::string, std::string>;

/// A whole number, which books keep as such or, where JSON numbers are too small for it, as decimal text; its 64 bits either way.
std::optional<std::uint64_t> bits_at(const json::object& from, std::string_view field) {
  const auto* found = from.if_contains(field);
  if (found == nullptr)
    return std::nullopt;
  if (found->is_int64())
    return static_cast<std::uint64_t>(found->get_int64());
  if (found->is_uint64())
    return found->get_uint64();
  if (!found->is_string())
    return std::nullopt;
  std::string_view text = found->get_string();
  std::uint64_t out = 0;
  auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return std::nullopt;
  return out;
}

book book_of(const json::object& from) {
  return {bits_at(from, "count").value_or(0), bits_at(from, "sum").value_or(0), bits_at(from, "malformed").value_or(0),
          bits_at(from, "first"), bits_at(from, "last")};
}

/// Topics that Throng writes about its messages, not messages of the world; with any prefix.
bool is_about_messages(std::string_view topic) {
  return topic.find("truth.") != std::string_view::npos || topic.find("analytics.") != std::string_view::npos;
}

std::map<topic_and_key, book> world_books(const std::vector<json::object>& records) {
  std::map<topic_and_key, book> out;
  for (const auto& record : records)
    if (auto topic = text_at(record, "topic"); !is_about_messages(topic))
      out[{topic, text_at(record, "key")}] = book_of(record);
  return out;
}

/// By group of consumers: each has read everything for itself. A key's messages lie in one partition, unless the topic has grown.
expected<std::map<std::string, std::map<topic_and_key, book>>> read_books(storage::result_store& store,
                                                                          const overtaken& no_result) {
  auto stored = find_results(store, no_result, {analytics::collection::books, {}, "", false, 0});
  if (!stored)
    return tl::unexpected(stored.error());
  std::map<std::string, std::map<topic_and_key, book>> out;
  for (const auto& each : *stored) {
    auto part = book_of(each.body);
    auto& whole = out[text_at(each.body, "group")][{text_at(each.body, "topic"), text_at(each.body, "key")}];
    whole.count += part.count;
    whole.sum += part.sum;
    whole.malformed += part.malformed;
    if (part.first)
      whole.first = std::min(whole.first.value_or(*part.first), *part.first);
    if (part.last)
      whole.last = std::max(whole.last.value_or(*part.last), *part.last);
  }
  return out;
}

/// By the label's topic, which has no prefix, and key. Late and out-of-order messages arrive once, and one without a field keeps its seq.
expected<std::map<topic_and_key, allowance>> labelled_trouble(storage::result_store& store,
                                                              const overtaken& no_result) {
  auto labels = find_results(
      store, no_result,
      {analytics::collection::labels,
       {{"cause", storage::condition::comparison::in, json::array{"trouble.duplicate", "trouble.malformed"}}},
       "",
       false,
       0});
  if (!labels)
    return tl::unexpected(labels.error());
  std::map<topic_and_key, allowance> out;
  for (const auto& label : *labels) {
    auto key = text_at(label.body, "key");
    auto seq = bits_at(label.body, "first_seq");
    if (!seq)
      continue;
    auto& allowed = out[{text_at(label.body, "topic"), key.empty() ? text_at(label.body, "entity") : key}];
    if (text_at(label.body, "cause") == "trouble.duplicate") {
      ++allowed.duplicates;
      allowed.duplicate_sum += analytics::seq_hash(*seq);
    } else {
      ++allowed.malformed;
      allowed.malformed_sum += analytics::seq_hash(*seq);
    }
  }
  return out;
}

class comparison {
public:
  explicit comparison(const std::map<topic_and_key, allowance>& allowed)
      : allowed_(allowed) {
    for (const auto& [where, trouble] : allowed_)
      label_topics_.insert(where.first);
  }

  /// What was read of the key, held against what was made.
  void compare(const topic_and_key& where, const book& made, const book& read) {
    auto trouble = allowance_of(where);
    report.duplicates += trouble.duplicates;
    report.malformed += trouble.malformed;
    auto expected = made.count + trouble.duplicates;
    auto seen = read.count + read.malformed;
    if (seen < expected) {
      report.lost += expected - seen;
      find(where, fmt::format("{} of {} messages are missing", expected - seen, expected));
    } else if (seen > expected) {
      report.doubled += seen - expected;
      find(where, fmt::format("{} more messages than the {} that were made and labelled as doubled", seen - expected,
                              expected));
    } else if (read.malformed != trouble.malformed) {
      find(where, fmt::format("{} messages without a readable seq, and {} are labelled malformed", read.malformed,
                              trouble.malformed));
    } else if (read.sum != made.sum + trouble.duplicate_sum - trouble.malformed_sum) {
      find(where,
           fmt::format("as many messages as were made, {}, but not the same ones: read seq {} to {}, made {} to {}",
                       expected, shown(read.first), shown(read.last), shown(made.first), shown(made.last)));
    }
  }

  void never_made(const topic_and_key& where, const book& read) {
    report.doubled += read.count + read.malformed;
    find(where, fmt::format("{} messages of a key that the world has never used", read.count + read.malformed));
  }

  void find(const topic_and_key& where, std::string sentence) {
    if (report.findings.size() < max_findings)
      report.findings.push_back({where.first, where.second, std::move(sentence)});
  }

  audit_report report;

private:
  static std::string shown(const std::optional<std::uint64_t>& seq) {
    return seq ? fmt::to_string(*seq) : "none";
  }

  allowance allowance_of(const topic_and_key& where) const {
    for (const auto& topic : label_topics_)
      if (std::string_view(where.first).ends_with(topic))
        if (auto found = allowed_.find({topic, where.second}); found != allowed_.end())
          return found->second;
    return {};
  }

  const std::map<topic_and_key, allowance>& allowed_;
  std::set<std::string> label_topics_;
};

} // namespace

expected<audit_report> audit(storage::result_store& store) {
  auto records = store.records("world_books");
  if (!records)
    return tl::unexpected(records.error());
  if (records->empty())
    return fail(error_kind::not_found,
                "no run has left its books in this store: `throng run` or `throng simulate` with the same --store "
                "leaves them");
  auto no_result = overtaken::by_claims_in(store);
  if (!no_result)
    return tl::unexpected(no_result.error());
  auto read = read_books(store, *no_result);
  if (!read)
    return tl::unexpected(read.error());
  auto allowed = labelled_trouble(store, *no_result);
  if (!allowed)
    return tl::unexpected(allowed.error());

  auto made = world_books(*records);
  if (read->empty())
    (*read)[""]; // nobody has read anything: then everything is missing
  comparison held{*allowed};
  held.report.keys = made.size();
  for (const auto& [where, book] : made)
    held.report.messages += book.count;
  for (const auto& [group, books] : *read) {
    std::set<std::string> topics;
    for (const auto& [where, book] : books)
      topics.insert(where.first);
    std::map<std::string, std::uint64_t> unread;
    for (const auto& [where, book] : made) {
      auto found = books.find(where);
      if (topics.count(where.first) == 0)
        unread[where.first] += book.count;
      else
        held.compare(where, book, found == books.end() ? query::book{} : found->second);
    }
    for (const auto& [topic, messages] : unread) {
      held.report.lost += messages;
      held.find({topic, ""}, fmt::format("no analysis has read this topic: {} messages", messages));
    }
    for (const auto& [where, book] : books)
      if (made.count(where) == 0 && !is_about_messages(where.first))
        held.never_made(where, book);
  }
  return std::move(held.report);
}

} // namespace throng::query
