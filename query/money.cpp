#include "query/money.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>

#include "query/stored_fields.hpp"

namespace throng::query {

namespace {

namespace json = boost::json;
using storage::condition;

constexpr std::size_t keys_at_once = 50;      ///< whose events are held at the same time
constexpr std::size_t probed_keys = 5;        ///< of a topic, to see whether its events have amounts
constexpr std::size_t probed_documents = 200; ///< likewise

/// Whole hundredths, as the amount's text has them: nothing where it has more decimals than two.
std::optional<std::int64_t> hundredths_of(const json::object& event) {
  constexpr double most = 1e13; // hundredths of which a double tells apart
  const auto amount = number_at(event, "amount");
  if (!amount || *amount <= 0 || *amount > most)
    return std::nullopt;
  const auto made = std::llround(*amount * 100);
  return static_cast<double>(made) / 100 == *amount ? std::optional<std::int64_t>{made} : std::nullopt;
}

/// Whether money leaves, or would have if nobody had blocked the account.
bool leaves(const json::object& event) {
  constexpr std::array<std::string_view, 3> coming{"salary", "transfer_in", "deposit"};
  if (std::find(coming.begin(), coming.end(), text_at(event, "type")) != coming.end())
    return false;
  return text_at(event, "status") != "declined" || text_at(event, "decline_reason") == "account_blocked";
}

/// Stays at the greatest sum.
void add(std::int64_t& to, std::int64_t amount) {
  to += std::min(amount, std::numeric_limits<std::int64_t>::max() - to);
}

const json::object* message_of(const storage::stored_document& event) {
  const auto* message = event.body.if_contains("message");
  return message != nullptr ? message->if_object() : nullptr;
}

json::array texts(const std::vector<std::string>& of, std::size_t from, std::size_t most) {
  json::array made;
  for (auto i = from; i < std::min(of.size(), from + most); ++i)
    made.emplace_back(of[i]);
  return made;
}

/// Which labels name an event.
struct claim {
  seq_range seqs;
  std::size_t label = 0;
};

/// By entity.
using claims = std::map<std::string, std::vector<claim>>;

struct payment_topic {
  std::string stored; ///< with its prefix
  claims named;
};

/// Topics that labels name whose stored events have amounts.
expected<std::vector<payment_topic>> payment_topics(storage::result_store& store, const overtaken& no_result,
                                                    const std::vector<payment_label>& labels) {
  std::map<std::string, claims> by_topic;
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (const auto& part : labels[i].events)
      for (const auto& seqs : part.seqs)
        by_topic[part.topic][part.entity].push_back({seqs, i});
  std::vector<payment_topic> made;
  for (auto& [topic, named] : by_topic) {
    std::vector<std::string> keys;
    for (const auto& [entity, events] : named)
      if (keys.size() < probed_keys)
        keys.push_back(entity);
    auto some = find_results(store, no_result,
                             {analytics::collection::events,
                              {{"key", condition::comparison::in, texts(keys, 0, keys.size())}},
                              "",
                              false,
                              probed_documents});
    if (!some)
      return tl::unexpected(some.error());
    const auto priced = std::find_if(some->begin(), some->end(), [&name = topic](const auto& each) {
      const auto* message = message_of(each);
      return message != nullptr && text_at(each.body, "topic").ends_with(name) && hundredths_of(*message);
    });
    if (priced != some->end())
      made.push_back({text_at(priced->body, "topic"), std::move(named)});
  }
  return made;
}

/// Of the entity's events that malicious labels name, those that are not in `seen`.
std::uint64_t unseen(const std::vector<claim>& of, const std::vector<payment_label>& labels,
                     const std::set<std::int64_t>& seen) {
  std::vector<seq_range> ranges;
  for (const auto& each : of)
    if (labels[each.label].malicious)
      ranges.push_back(each.seqs);
  std::sort(ranges.begin(), ranges.end());
  std::uint64_t missing = 0;
  std::int64_t from = std::numeric_limits<std::int64_t>::min(); // what two labels name counts once
  for (const auto& [first, last] : ranges) {
    const auto begin = std::max(first, from);
    if (begin > last)
      continue;
    missing += static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(begin) + 1 -
               static_cast<std::uint64_t>(std::distance(seen.lower_bound(begin), seen.upper_bound(last)));
    if (last == std::numeric_limits<std::int64_t>::max())
      break;
    from = last + 1;
  }
  return missing;
}

} // namespace

expected<payments> payments::read(storage::result_store& store, const overtaken& no_result,
                                  const std::vector<payment_label>& labels, const std::set<std::string>& suspects) {
  auto topics = payment_topics(store, no_result, labels);
  if (!topics)
    return tl::unexpected(topics.error());
  payments made;
  auto entities = suspects;
  for (const auto& topic : *topics)
    for (const auto& [entity, events] : topic.named)
      entities.insert(entity);
  made.entities_.assign(entities.begin(), entities.end());
  for (const auto& topic : *topics) {
    std::map<std::size_t, std::set<std::int64_t>> seen; // seqs with an amount, by entity
    for (std::size_t i = 0; i < made.entities_.size(); i += keys_at_once) {
      auto found = find_results(store, no_result,
                                {analytics::collection::events,
                                 {{"topic", condition::comparison::eq, json::value(topic.stored)},
                                  {"key", condition::comparison::in, texts(made.entities_, i, keys_at_once)}},
                                 "",
                                 false,
                                 0});
      if (!found)
        return tl::unexpected(found.error());
      for (const auto& each : *found) {
        const auto* message = message_of(each);
        const auto time = integer_at(each.body, "time");
        if (message == nullptr || !time)
          continue;
        const auto key = text_at(each.body, "key");
        const auto amount = hundredths_of(*message);
        const auto seq = integer_at(*message, "seq");
        const auto entity = static_cast<std::size_t>(
            std::lower_bound(made.entities_.begin(), made.entities_.end(), key) - made.entities_.begin());
        if (!amount || !seq || !seen[entity].insert(*seq).second || !leaves(*message))
          continue;
        payment paid{*time, *amount, entity, {}, false};
        if (const auto known = topic.named.find(key); known != topic.named.end())
          for (const auto& claimed : known->second)
            if (*seq >= claimed.seqs.first && *seq <= claimed.seqs.second) {
              if (labels[claimed.label].malicious && !std::exchange(paid.malicious, true))
                paid.labels.clear();
              if (labels[claimed.label].malicious == paid.malicious)
                paid.labels.push_back(claimed.label);
            }
        made.currencies_.insert(text_at(*message, "currency"));
        made.all_.push_back(std::move(paid));
      }
    }
    for (std::size_t i = 0; i < made.entities_.size(); ++i)
      if (const auto known = topic.named.find(made.entities_[i]); known != topic.named.end())
        made.unknown_ += unseen(known->second, labels, seen[i]);
  }
  return made;
}

money_basis payments::basis(milliseconds block_for) const {
  return {*currencies_.begin(), block_for, all_.size(), unknown_};
}

std::vector<bool> payments::stopped_by(const std::vector<payment_stop>& stops, milliseconds block_for) const {
  std::map<std::string_view, std::vector<std::int64_t>> by_entity;
  for (const auto& each : stops)
    by_entity[each.entity].push_back(each.time);
  for (auto& [entity, times] : by_entity)
    std::sort(times.begin(), times.end());
  std::vector<bool> made(all_.size());
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const auto known = by_entity.find(entities_[all_[i].entity]);
    if (known == by_entity.end())
      continue;
    // The last stop before it decides. The payment that raised an alert has been made.
    const auto behind = std::lower_bound(known->second.begin(), known->second.end(), all_[i].time);
    made[i] = behind != known->second.begin() && all_[i].time - *std::prev(behind) <= block_for.count();
  }
  return made;
}

money payments::sum(const std::vector<bool>& stopped) const {
  money made;
  for (std::size_t i = 0; i < all_.size(); ++i)
    all_[i].add_to(made, stopped[i]);
  return made;
}

std::optional<money> payments::sum(const std::vector<bool>& stopped,
                                   const std::function<bool(std::size_t)>& belongs) const {
  std::optional<money> made;
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (std::any_of(all_[i].labels.begin(), all_[i].labels.end(), belongs)) {
      if (!made)
        made.emplace();
      all_[i].add_to(*made, stopped[i]);
    }
  return made;
}

bool payments::touched_by(const std::vector<payment_stop>& stops) const {
  std::set<std::string_view> entities;
  for (const auto& each : stops)
    entities.insert(each.entity);
  return std::any_of(all_.begin(), all_.end(),
                     [&](const payment& each) { return entities.contains(entities_[each.entity]); });
}

void payments::payment::add_to(money& sum, bool stopped) const {
  if (malicious)
    add(stopped ? sum.saved : sum.lost, amount);
  else if (stopped)
    add(sum.stopped_wrongly, amount);
}

} // namespace throng::query
