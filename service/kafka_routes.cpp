#include "service/kafka_routes.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "service/http/problem.hpp"
#include "service/input_options.hpp"
#include "service/message_filter.hpp"
#include "service/peek_options.hpp"
#include "storage/json_text.hpp"
#include "transport/groups.hpp"
#include "transport/topic_reader.hpp"
#include "transport/topics.hpp"

namespace throng::service {

namespace {

namespace json = boost::json;

/// A search through messages that match nothing ends by itself: the page says how far it came.
constexpr std::chrono::seconds longest_search{5};

http::response list_answer(json::array items) {
  http::response made;
  made.body = storage::to_json_text({{"items", std::move(items)}, {"next", nullptr}}) + "\n";
  return made;
}

http::response topics(const config::kafka_settings& cluster) {
  auto found = transport::list_topics(cluster, true);
  if (!found)
    return http::problem(found.error());
  json::array items;
  for (const auto& topic : *found) {
    json::array partitions;
    std::int64_t messages = 0;
    for (std::size_t i = 0; i < topic.bounds.size(); ++i) {
      const auto& [first, end] = topic.bounds[i];
      messages += end - first;
      partitions.push_back(json::object{{"partition", i}, {"first", first}, {"end", end}});
    }
    items.push_back(json::object{{"topic", topic.name},
                                 {"partitions", std::move(partitions)},
                                 {"replication", topic.replication},
                                 {"messages", messages}});
  }
  return list_answer(std::move(items));
}

http::response groups(const config::kafka_settings& cluster) {
  auto found = transport::describe_groups(cluster, {});
  if (!found)
    return http::problem(found.error());
  json::array items;
  for (const auto& group : *found) {
    json::array partitions;
    std::int64_t lag = 0;
    for (const auto& each : group.partitions) {
      lag += each.lag();
      json::object one{{"topic", each.which.topic}, {"partition", each.which.partition},
                       {"committed", nullptr},      {"end", each.end},
                       {"lag", each.lag()},         {"member", each.member}};
      if (each.committed)
        one["committed"] = *each.committed;
      partitions.push_back(std::move(one));
    }
    items.push_back(json::object{{"group", group.name},
                                 {"state", group.state},
                                 {"members", group.members},
                                 {"lag", lag},
                                 {"partitions", std::move(partitions)}});
  }
  return list_answer(std::move(items));
}

/// The parameters of a search, as `throng peek` names them.
struct search {
  transport::topic_reader::choice where;
  std::string key;
  std::string match;
  std::size_t limit = 100;
};

template <class Number>
expected<Number> whole(const std::string& name, const std::string& text) {
  Number value{};
  auto [at, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc{} || at != text.data() + text.size() || value < 0)
    return fail(error_kind::invalid, fmt::format("--{} {}: must be a whole number", name, text));
  return value;
}

expected<search> read_search(const http::request& asked) {
  search made;
  std::string start = "-100";
  for (const auto& [name, value] : asked.query) {
    if (name == "start") {
      start = value;
    } else if (name == "key") {
      made.key = value;
    } else if (name == "where") {
      made.match = value;
    } else if (name == "partition") {
      auto number = whole<std::int32_t>(name, value);
      if (!number)
        return tl::unexpected{number.error()};
      made.where.partition = *number;
    } else if (name == "limit") {
      auto number = whole<std::int32_t>(name, value);
      if (!number)
        return tl::unexpected{number.error()};
      made.limit = std::clamp<std::size_t>(static_cast<std::size_t>(*number), 1, 1000);
    } else {
      return fail(error_kind::invalid,
                  fmt::format("there is no parameter {}; there are: start, key, where, partition, limit", name));
    }
  }
  if (auto read = read_position(start, wall_now(), made.where); !read)
    return tl::unexpected{read.error()};
  return made;
}

http::response messages(const config::kafka_settings& cluster, const http::request& asked) {
  auto wanted = read_search(asked);
  if (!wanted)
    return http::problem(wanted.error());
  auto filter = message_filter::make(wanted->key, wanted->match);
  if (!filter)
    return http::problem(filter.error());
  auto topic = transport::topic_reader::open(cluster, asked.captured.at("topic"), wanted->where);
  if (!topic)
    return http::problem(topic.error());
  const auto until = std::chrono::steady_clock::now() + longest_search;
  json::array items;
  std::uint64_t looked_at = 0;
  while (!(*topic)->done() && items.size() < wanted->limit && std::chrono::steady_clock::now() < until) {
    auto message = (*topic)->next(std::chrono::milliseconds{200});
    if (!message)
      return http::problem(message.error());
    if (!*message)
      continue;
    ++looked_at;
    if (filter->wants(**message))
      items.push_back(json::parse(message_line(**message, peek_format::ndjson)));
  }
  json::object body{{"items", std::move(items)}, {"next", nullptr}, {"looked_at", looked_at}};
  body["at_end"] = (*topic)->done();
  http::response made;
  made.body = storage::to_json_text(body) + "\n";
  return made;
}

} // namespace

void add_kafka_routes(http::router& to, config::kafka_settings cluster) {
  to.add("GET", "/api/topics", [cluster](const http::request&) { return topics(cluster); });
  to.add("GET", "/api/groups", [cluster](const http::request&) { return groups(cluster); });
  to.add("GET", "/api/topics/{topic}/messages",
         [cluster = std::move(cluster)](const http::request& asked) { return messages(cluster, asked); });
}

} // namespace throng::service
