#define CAF_SUITE simulation.shard_core

#include "simulation/shard_core.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include <boost/json.hpp>
#include <caf/test/unit_test.hpp>
#include <xxhash.h>

#include "config/murmur2.hpp"
#include "run_world.hpp"
#include "small_worlds.hpp"

using namespace throng;
using namespace throng::simulation;
using namespace throng::simulation::testing;
using namespace std::chrono_literals;

namespace {

struct fault_at {
  entity_ref who;
  timestamp when;
};

std::shared_ptr<const world> make_with_fault(config::scenario scenario, std::vector<fault_at> faults) {
  auto made = std::const_pointer_cast<world>(make_world(std::move(scenario)));
  made->fault = [faults](entity_ref who, timestamp now, std::uint32_t restarts) {
    for (std::size_t i = 0; i < faults.size(); ++i)
      if (faults[i].who == who && faults[i].when == now && restarts == i)
        throw std::runtime_error("planted");
  };
  return made;
}

/// A label's content by its id: the last one counts.
std::map<std::string, boost::json::object> labels_of(const run_result& result) {
  std::map<std::string, boost::json::object> labels;
  for (const auto& message : result.in(topic::truth_labels)) {
    auto label = boost::json::parse(message.value).as_object();
    labels[std::string{label.at("label_id").as_string()}] = label;
  }
  return labels;
}

/// (topic, key, seq) of each message that a label says met a trouble.
std::set<std::tuple<std::string, std::string, std::uint64_t>> troubled(const run_result& result,
                                                                       std::string_view cause) {
  std::set<std::tuple<std::string, std::string, std::uint64_t>> found;
  for (const auto& [id, label] : labels_of(result))
    if (label.at("cause").as_string() == cause)
      found.emplace(label.at("topic").as_string().c_str(), label.at("entity").as_string().c_str(),
                    label.at("first_seq").to_number<std::uint64_t>());
  return found;
}

} // namespace

CAF_TEST(the same scenario gives the same bytes in every partition whatever the number of shards) {
  const auto once = run_world(make_world(busy_city()), {1});
  CAF_CHECK(once.events > 9'000);
  for (std::uint32_t shards : {3U, 8U, 64U}) {
    const auto again = run_world(make_world(busy_city()), {shards});
    CAF_CHECK(again.runs == once.runs);
    CAF_CHECK_EQUAL(again.events, once.events);
  }
}

CAF_TEST(a step of a fraction of the tick changes no byte) {
  const auto whole = run_world(make_world(busy_city()));
  for (auto step : {500ms, 250ms, 100ms}) {
    auto finer = busy_city();
    finer.step = step;
    CAF_CHECK(run_world(make_world(finer), {3}).runs == whole.runs);
  }
}

CAF_TEST(sensors that live a minute at once give the same bytes as those that live second by second) {
  const auto by_tick = run_world(make_world(busy_city()));
  for (std::uint32_t shards : {1U, 3U, 8U}) {
    const auto ahead = run_world(make_world(busy_city()), {.shards = shards, .ahead = true});
    CAF_CHECK(ahead.runs == by_tick.runs);
    CAF_CHECK(ahead.wakes < by_tick.wakes / 2);
    CAF_CHECK_EQUAL(ahead.books.size(), by_tick.books.size());
  }
  auto less_far = busy_city();
  less_far.lookahead = 7'300ms; // in whole ticks
  const auto ahead = run_world(make_world(less_far), {.shards = 2, .ahead = true});
  CAF_CHECK(ahead.runs == run_world(make_world(less_far)).runs);
}

CAF_TEST(another seed gives another world) {
  auto other = busy_city();
  other.seed = 8;
  CAF_CHECK(run_world(make_world(other)).runs != run_world(make_world(busy_city())).runs);
}

CAF_TEST(a population that is added changes nothing for the others) {
  auto larger = busy_city();
  larger.populations.push_back({"yards", 9, config::sensor_population{}});
  const auto before = run_world(make_world(busy_city()));
  const auto after = run_world(make_world(larger));
  const auto of_old = [](const run_result& result) {
    auto all = result.in(topic::iot_readings);
    std::erase_if(all, [](const auto& message) { return message.entity.population == 2; });
    return all;
  };
  CAF_CHECK(of_old(after) == of_old(before));
}

CAF_TEST(each partition is ordered by emission time and entity and holds the keys that murmur2 gives it) {
  const auto city = make_world(busy_city());
  const auto result = run_world(city, {3});
  for (std::size_t run = 0; run < result.runs.size(); ++run) {
    const auto& messages = result.runs[run];
    CAF_CHECK(std::is_sorted(messages.begin(), messages.end(), [](const auto& a, const auto& b) {
      return std::tie(a.time, a.entity) < std::tie(b.time, b.entity);
    }));
    for (const auto& message : messages) {
      CAF_CHECK_EQUAL(partition_of(message.key, city->partitions()), static_cast<std::int32_t>(run % 4));
      CAF_CHECK(message.time >= city->start() && message.time < city->end());
    }
  }
}

CAF_TEST(seq has neither gap nor double once the labelled trouble is accounted for) {
  const auto result = run_world(make_world(busy_city()), {3});
  const auto duplicates = troubled(result, "trouble.duplicate");
  const auto malformed = troubled(result, "trouble.malformed");
  CAF_CHECK(duplicates.size() > 100);
  CAF_CHECK(malformed.size() > 50);
  std::map<std::pair<topic, std::string>, std::map<std::uint64_t, std::vector<std::string>>> seen;
  std::uint64_t events = 0;
  std::uint64_t broken = 0;
  for (auto which : all_topics)
    for (const auto& message : result.in(which)) {
      events += which == topic::truth_labels ? 0 : 1;
      boost::system::error_code failed;
      const auto value = boost::json::parse(message.value, failed);
      if (failed) {
        ++broken;
        continue;
      }
      const auto seq = value.at("seq").to_number<std::uint64_t>();
      CAF_CHECK_EQUAL(value.at(std::string{key_field(which)}).as_string(), message.key);
      seen[{which, message.key}][seq].push_back(message.value);
    }
  CAF_CHECK_EQUAL(events, result.events);
  CAF_CHECK_EQUAL(broken, malformed.size());
  CAF_CHECK_EQUAL(seen.size(), result.books.size());
  for (const auto& book : result.books) {
    const auto& seqs = seen[{book.in, book.key}];
    const auto topic_name = std::string{name(book.in)};
    std::uint64_t sum = 0;
    for (std::uint64_t seq = 0; seq < book.count; ++seq) {
      sum += XXH64(&seq, sizeof seq, 0);
      const auto found = seqs.find(seq);
      const auto copies = found == seqs.end() ? 0 : found->second.size();
      const std::tuple at{topic_name, book.key, seq};
      CAF_CHECK_EQUAL(copies, malformed.contains(at) ? 0U : duplicates.contains(at) ? 2U : 1U);
      if (copies == 2)
        CAF_CHECK_EQUAL(found->second[0], found->second[1]);
    }
    CAF_CHECK_EQUAL(book.first, 0U);
    CAF_CHECK_EQUAL(book.last, book.count - 1);
    CAF_CHECK_EQUAL(book.sum, sum);
    CAF_CHECK(seqs.rbegin()->first <= book.last);
  }
}

CAF_TEST(wherever a world is stopped its labels tell of trouble that has befallen) {
  const auto city = make_world(busy_city());
  std::size_t doubled = 0;
  for (auto stopped : {20s, 41s, 63s, 80s}) {
    const auto result = run_world(city, {.shards = 3, .stopped = stopped});
    std::map<std::tuple<std::string, std::string, std::uint64_t>, std::size_t> copies;
    for (auto which : all_topics)
      for (const auto& message : result.in(which)) {
        boost::system::error_code failed;
        const auto value = boost::json::parse(message.value, failed);
        if (!failed)
          ++copies[{std::string{name(which)}, message.key, value.at("seq").to_number<std::uint64_t>()}];
      }
    const auto duplicates = troubled(result, "trouble.duplicate");
    for (const auto& [which, count] : copies) {
      CAF_CHECK_EQUAL(count, duplicates.contains(which) ? 2U : 1U);
      doubled += count - 1;
    }
    for (const auto& which : duplicates)
      CAF_CHECK(copies.contains(which));
    for (const auto* cause : {"trouble.late", "trouble.out_of_order"})
      for (const auto& which : troubled(result, cause))
        CAF_CHECK(copies.contains(which));
  }
  CAF_CHECK(doubled > 50);
}

CAF_TEST(trouble befalls its share of the messages and does what its label says) {
  auto city = busy_city();
  city.incidents.clear();
  const auto result = run_world(make_world(city));
  std::map<std::tuple<std::string, std::uint64_t>, std::pair<timestamp, boost::json::object>> first_copy;
  for (const auto& message : result.in(topic::iot_readings)) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(message.value, failed);
    if (!failed)
      first_copy.emplace(std::tuple{message.key, value.at("seq").to_number<std::uint64_t>()},
                         std::pair{message.time, value.as_object()});
  }
  std::size_t late = 0;
  for (const auto& [topic_name, key, seq] : troubled(result, "trouble.late")) {
    const auto& [emitted, value] = first_copy.at({key, seq});
    const auto device_time = *parse_iso8601(value.at("timestamp").as_string().c_str());
    const auto delay = emitted - device_time;
    // Towards the world's end what is late comes at the end.
    CAF_CHECK((delay >= 60s && delay <= 600s) || emitted == make_world(city)->end() - 1ms);
    ++late;
  }
  const auto share = static_cast<double>(late) / static_cast<double>(result.events);
  CAF_CHECK(share > 0.016 && share < 0.024);
  for (const auto& [topic_name, key, seq] : troubled(result, "trouble.out_of_order")) {
    const auto& [emitted, value] = first_copy.at({key, seq});
    const auto delay = emitted - *parse_iso8601(value.at("timestamp").as_string().c_str());
    CAF_CHECK((delay >= 500ms && delay <= 3s) || emitted == make_world(city)->end() - 1ms);
  }
  std::set<std::string> missing;
  for (const auto& [topic_name, key, seq] : troubled(result, "trouble.missing_field")) {
    const auto& value = first_copy.at({key, seq}).second;
    CAF_CHECK_EQUAL(value.size(), 10U);
    for (const auto* field :
         {"district", "lat", "lon", "temperature", "humidity", "co2_level", "light_intensity", "battery"})
      if (!value.contains(field))
        missing.insert(field);
  }
  CAF_CHECK_EQUAL(missing.size(), 8U);
  CAF_CHECK_EQUAL(first_copy.begin()->second.second.size(), 11U);
}

CAF_TEST(an entity that fails is restarted in the step and changes no byte of any other) {
  const entity_ref unlucky{1, 4};
  const auto start = busy_city().start;
  const std::vector<fault_at> faults{{unlucky, start + 60s}, {unlucky, start + 61s}};
  const auto healthy = run_world(make_world(busy_city()));
  const auto failed = run_world(make_with_fault(busy_city(), faults), {3});
  CAF_CHECK_EQUAL(failed.restarts, 2U);
  CAF_CHECK(failed.runs != healthy.runs);
  const auto others = [&](run_result result) {
    for (auto& run : result.runs)
      std::erase_if(run, [&](const auto& message) { return message.entity == unlucky; });
    return result.runs;
  };
  CAF_CHECK(others(failed) == others(healthy));
  CAF_CHECK(run_world(make_with_fault(busy_city(), faults), {8}).runs == failed.runs);
}

CAF_TEST(an entity that stays down for a step makes up for it in the next without a gap in seq) {
  auto city = busy_city();
  city.trouble = {};
  const entity_ref unlucky{1, 4};
  const auto result = run_world(make_with_fault(city, {{unlucky, city.start + 60s}}), {3, true, false});
  CAF_CHECK_EQUAL(result.restarts, 1U);
  std::uint64_t next = 0;
  for (const auto& message : result.in(topic::iot_readings))
    if (message.entity == unlucky) {
      CAF_CHECK_EQUAL(boost::json::parse(message.value).at("seq").to_number<std::uint64_t>(), next++);
      CAF_CHECK(message.time < city.start + 60s || message.time >= city.start + 61s);
    }
  CAF_CHECK(next > 800);
}

CAF_TEST(every incident has one label an entity that opens without an end and closes with its seqs) {
  auto city = busy_city();
  city.trouble = {};
  const auto result = run_world(make_world(city));
  std::map<std::string, int> written;
  for (const auto& message : result.in(topic::truth_labels)) {
    const auto label = boost::json::parse(message.value).as_object();
    const auto opening = written[std::string{label.at("label_id").as_string()}]++ == 0;
    CAF_CHECK_EQUAL(label.at("end").is_null(), opening);
    CAF_CHECK_EQUAL(label.at("entity").as_string(), message.key);
    CAF_CHECK_EQUAL(label.at("domain").as_string(), "iot");
  }
  for (const auto& [id, label] : labels_of(result)) {
    if (label.at("cause").as_string() == "sensor.stuck" || label.at("cause").as_string() == "sensor.spike") {
      CAF_CHECK_EQUAL(written[id], 2);
      CAF_CHECK(label.at("last_seq").to_number<std::uint64_t>() > label.at("first_seq").to_number<std::uint64_t>());
    }
    if (label.at("cause").as_string() == "sensor.silence")
      CAF_CHECK(label.at("first_seq").is_null() && label.at("last_seq").is_null());
  }
}
