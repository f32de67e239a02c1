#define CAF_SUITE config.scenario

#include "config/load.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <caf/test/unit_test.hpp>
#include <unistd.h>

#include "loading.hpp"

using namespace throng;
using namespace throng::config;
using namespace std::chrono_literals;

namespace {

/// The example of commands.md, a line for every member.
constexpr std::string_view example = R"({
  "name": "smart-city", "seed": 42, "start": "2026-01-05T06:00:00Z", "duration": "2h", "speed": "max", "step": "1s",
  "populations": {
    "sensors":  {"kind": "sensor", "count": 20000, "interval": "10s", "districts": 20},
    "visitors": {"kind": "web_client", "count": 5000},
    "accounts": {"kind": "account", "count": 3000},
    "helpdesk": {"kind": "support_client", "count": 200}
  },
  "incidents": [
    {"kind": "sensor.stuck", "population": "sensors", "count": 5, "at": "20m", "for": "30m", "subtlety": 0.2},
    {"kind": "bank.account_takeover", "population": "accounts", "rate": "3/h", "subtlety": 0.5}
  ],
  "trouble": {"late": 0.001, "duplicate": 0.001, "out_of_order": 0.002, "malformed": 0.0001, "missing_field": 0.0001},
  "pipelines": ["city-climate", "web-traffic", "bank-fraud"],
  "record": {"topics": ["bank.transactions"], "keep": "7d"},
  "topics": {"prefix": "", "partitions": 4, "replication": 1},
  "kafka": {"brokers": "embedded"}, "store": "sqlite:throng.db"
})";

/// A scenario of one population, with more members.
std::string with(const std::string& members) {
  return "{\"name\": \"x\", \"populations\": {\"s\": {\"kind\": \"sensor\", \"count\": 10}},\n" + members + "}";
}

checked<loaded<scenario>> parse(std::string_view text, const load_options& options = {}) {
  return parse_scenario(text, "f", options);
}

load_options set(const std::string& path, const std::string& value) {
  load_options result;
  result.sets.emplace_back(path, value);
  return result;
}

load_options environment(const std::string& name, const std::string& value) {
  load_options result;
  result.environment.emplace(name, value);
  return result;
}

/// A folder of its own for each process, removed at the end.
struct folder_fixture {
  folder_fixture()
      : folder(std::filesystem::temp_directory_path() / ("throng-config-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder);
  }
  ~folder_fixture() {
    std::filesystem::remove_all(folder);
  }
  std::string write(const std::string& name, std::string_view text) const {
    auto path = (folder / name).string();
    std::ofstream{path, std::ios::binary} << text;
    return path;
  }
  std::filesystem::path folder;
};

} // namespace

CAF_TEST(the example of the contract is read as it stands) {
  auto read = parse(example);
  CAF_REQUIRE(has_problems(read, {}));
  const auto& it = read->value;
  CAF_CHECK_EQUAL(it.name, "smart-city");
  CAF_CHECK_EQUAL(it.seed, 42u);
  CAF_CHECK(it.start == timestamp{1767592800000});
  CAF_CHECK(it.duration == 2h);
  CAF_CHECK_EQUAL(it.speed, 0.0);
  CAF_CHECK(it.step == 1s);
  CAF_REQUIRE_EQUAL(it.populations.size(), 4u);
  CAF_CHECK_EQUAL(it.populations[0].name, "accounts");
  CAF_CHECK_EQUAL(kind_name(it.populations[0]), "account");
  CAF_CHECK_EQUAL(it.populations[2].count, 20'000u);
  CAF_CHECK(std::get<sensor_population>(it.populations[2].behaviour).interval == 10s);
  CAF_REQUIRE_EQUAL(it.incidents.size(), 2u);
  CAF_CHECK(it.incidents[0].at == milliseconds{20min});
  CAF_CHECK(it.incidents[0].duration == 30min);
  CAF_CHECK(!it.incidents[0].rate_per_hour);
  CAF_CHECK(it.incidents[1].rate_per_hour == 3.0);
  CAF_CHECK(it.incidents[1].duration == 30min);
  CAF_CHECK_EQUAL(it.incidents[1].count, 1u);
  CAF_CHECK_EQUAL(it.trouble.out_of_order, 0.002);
  CAF_CHECK_EQUAL(it.pipelines.size(), 3u);
  CAF_CHECK(it.record.keep == 24h * 7);
  CAF_CHECK(it.settings.kafka.embedded());
  CAF_CHECK_EQUAL(it.settings.topics.partitions, 4);
}

CAF_TEST(unknown keys name the nearest known one) {
  CAF_CHECK(has_problems(parse(with("\"sead\": 1, \"xyz\": 2,\n \"trouble\": {\"duplicates\": 0.1}")),
                         {"f:2:1: sead: unknown key `sead`; did you mean `seed`?",
                          "f:2:12: xyz: unknown key `xyz`; known here: name,",
                          "f:3:14: trouble.duplicates: unknown key `duplicates`; did you mean `duplicate`?"}));
  CAF_CHECK(has_problems(
      parse(R"({"name": "x", "populations": {"s": {"kind": "sensor", "count": 1, "intervall": "1s", "items": 3}}})"),
      {"f:1:67: populations.s.intervall: unknown key `intervall`; did you mean `interval`?",
       "f:1:86: populations.s.items: unknown key `items`; known here: kind, count, interval"}));
}

CAF_TEST(a world can come to be live only if it is faster than the wall clock) {
  CAF_CHECK(!parse(with("\"speed\": \"max\""))->value.then_live);
  for (auto speed : {"60", "1.5", "\"max\""})
    CAF_CHECK(parse(with("\"speed\": " + std::string{speed} + ", \"then\": \"live\""))->value.then_live);
  CAF_CHECK(has_problems(parse(with("\"speed\": 1, \"then\": \"live\"")),
                         {"f:2:21: then: \"live\" needs a speed above 1 or \"max\"; at 1 the world never comes to "
                          "wall-clock time"}));
  CAF_CHECK(!parse(with("\"then\": \"dead\"")));
}

CAF_TEST(the world reacts to alerts no sooner than a tick later) {
  CAF_CHECK(!parse(with("\"seed\": 1"))->value.react_to_alerts);
  const auto told = parse(with("\"react\": {\"analytics.alerts\": {\"delay\": \"5m\", \"share\": 0.5}}"));
  CAF_REQUIRE(told.has_value());
  CAF_REQUIRE(told->value.react_to_alerts.has_value());
  CAF_CHECK(told->value.react_to_alerts->delay == std::chrono::minutes{5});
  CAF_CHECK_EQUAL(told->value.react_to_alerts->share, 0.5);
  CAF_CHECK(told->value.react_to_alerts->duration == std::chrono::hours{24});
  CAF_CHECK(!parse(with("\"react\": {\"analytics.alerts\": {\"delay\": \"500ms\"}}")));
  CAF_CHECK(!parse(with("\"react\": {\"analytics.alerts\": {\"share\": 1.5}}")));
  CAF_CHECK(!parse(with("\"react\": {\"bank\": {}}")));
}

CAF_TEST(wrong types say what is allowed) {
  CAF_CHECK(has_problems(parse(with("\"seed\": \"x\", \"duration\": 5, \"incidents\": {}, \"trouble\": "
                                    "[],\n\"pipelines\": [1], \"store\": null")),
                         {"f:2:9: seed: \"x\" is not allowed; allowed: a whole number from 0 to 9007199254740991",
                          "f:2:26: duration: 5 is not allowed; allowed: a duration above 0",
                          "f:2:42: incidents: an object is not allowed; allowed: an array",
                          "f:2:57: trouble: an array is not allowed; allowed: an object",
                          "f:3:15: pipelines[0]: 1 is not allowed; allowed: a text",
                          "f:3:28: store: null is not allowed; allowed: sqlite:FILE"}));
  CAF_CHECK(has_problems(parse("[]"), {"f:1:1: an array is not allowed; allowed: an object"}));
  CAF_CHECK(has_problems(parse("7"), {"f:1:1: 7 is not allowed; allowed: an object"}));
  CAF_CHECK(
      has_problems(parse(with("\"populations\": []")), {"f:2:1: populations: the key stands here a second time"}));
}

CAF_TEST(what must be there and is not is named) {
  CAF_CHECK(has_problems(parse("{}"), {"f:1:1: name: is missing", "f:1:1: populations: is missing"}));
  CAF_CHECK(has_problems(parse(R"({"name": "x", "populations": {}})"), {"f:1:30: populations: is empty"}));
  CAF_CHECK(has_problems(parse(R"({"name": "x", "populations": {"s": {"count": 1}}})"),
                         {"f:1:36: populations.s.kind: is missing"}));
  CAF_CHECK(has_problems(parse(R"({"name": "x", "populations": {"s": {"kind": "sensor"}}})"),
                         {"f:1:36: populations.s.count: is missing"}));
}

CAF_TEST(a duration of 0 and other durations that make no sense are problems) {
  for (auto duration : {"0s", "0d0h", "", "5", "-5s", "1m1h", "5w", "1.5h", "99999999d"}) {
    auto read = parse(with("\"duration\": \"" + std::string{duration} + "\""));
    CAF_CHECK(has_problems(read, {"f:2:13: duration: \"" + std::string{duration} + "\" is not "}));
  }
  CAF_CHECK(
      has_problems(parse(R"({"name": "x", "populations": {"s": {"kind": "sensor", "count": 1, "interval": "5ms"}}})"),
                   {"f:1:79: populations.s.interval: \"5ms\" is not allowed; allowed: 100ms to 1d"}));
}

CAF_TEST(a count is from 1 to ten million) {
  auto of = [](const std::string& count) {
    return parse("{\"name\": \"x\", \"populations\": {\"s\": {\"kind\": \"sensor\", \"count\": " + count + "}}}");
  };
  for (auto count : {"-1", "0", "1000000000000", "10000001", "1e12", "1.5", "1e300", "99999999999999999999", "\"5\"",
                     "true", "null"})
    CAF_CHECK(has_problems(of(count), {"f:1:64: populations.s.count: "}));
  CAF_CHECK(lines(of("-1")) ==
            (std::vector<std::string>{
                "f:1:64: populations.s.count: -1 is not allowed; allowed: a whole number from 1 to 10000000"}));
  CAF_CHECK(has_problems(of("10000000"), {}));
  CAF_CHECK(has_problems(of("1"), {}));
}

CAF_TEST(a kind that is not known names the nearest) {
  CAF_CHECK(
      has_problems(parse(R"({"name": "x", "populations": {"s": {"kind": "sensors", "count": 1}}})"),
                   {"f:1:45: populations.s.kind: \"sensors\" is not allowed; allowed: sensor, web_client, account, "
                    "support_client; did you mean sensor?"}));
}

CAF_TEST(an incident has exactly one of at and rate and when) {
  CAF_CHECK(has_problems(parse(with(R"("incidents": [{"kind": "sensor.stuck", "population": "s"},
 {"kind": "sensor.stuck", "population": "s", "at": "1m", "rate": "1/h"}])")),
                         {"f:2:15: incidents[0]: has none of at, rate, when; exactly one is needed",
                          "f:3:2: incidents[1]: has at and rate at once; exactly one of at, rate, when is allowed"}));
}

CAF_TEST(an incident is of a known kind and hits a population that is there and is of its kind and has enough) {
  auto incident = [](const std::string& members) {
    return parse(with("\"incidents\": [{\"at\": \"0s\", " + members + "}]"));
  };
  CAF_CHECK(has_problems(incident(R"("kind": "sensor.stuk", "population": "s")"),
                         {"f:2:36: incidents[0].kind: \"sensor.stuk\" is not allowed; allowed: sensor.spike, "}));
  CAF_CHECK(lines(incident(R"("kind": "sensor.stuk", "population": "s")")).front().find("did you mean sensor.stuck?") !=
            std::string::npos);
  CAF_CHECK(
      has_problems(incident(R"("kind": "sensor.stuck", "population": "t")"),
                   {"f:2:66: incidents[0].population: \"t\" is no population of this scenario; did you mean s?"}));
  CAF_CHECK(has_problems(incident(R"("kind": "bank.structuring", "population": "s")"),
                         {"f:2:70: incidents[0].population: \"s\" is of the kind sensor, but bank.structuring needs "
                          "one of the kind account"}));
  CAF_CHECK(has_problems(incident(R"("kind": "sensor.stuck", "population": "s", "count": 11)"),
                         {"f:2:80: incidents[0].count: 11 is more than the population has: s has 10"}));
  CAF_CHECK(has_problems(incident(R"("kind": "sensor.stuck", "population": "s", "count": 10)"), {}));
}

CAF_TEST(a population with a wrong kind does not make its incidents wrong) {
  CAF_CHECK(has_problems(parse(R"({"name": "x", "populations": {"s": {"kind": "sensr", "count": 1}},
"incidents": [{"kind": "sensor.stuck", "population": "s", "at": "1m"}]})"),
                         {"f:1:45: populations.s.kind: "}));
}

CAF_TEST(an incident opens at a time or by a rate or when bounds on the totals of the city hold) {
  const auto incident = [](const std::string& members) {
    return parse(with("\"incidents\": [{\"kind\": \"sensor.stuck\", \"population\": \"s\"" + members + "}]"));
  };
  auto read = incident(R"(, "when": {"web_errors": {"$gt": 2.5, "$lte": 9}, "declined": {"$gte": 1}})");
  CAF_REQUIRE(has_problems(read, {}));
  using relation = total_bound::relation;
  auto when = read->value.incidents[0].when;
  std::sort(when.begin(), when.end(),
            [](const auto& a, const auto& b) { return std::tie(a.total, a.is) < std::tie(b.total, b.is); });
  CAF_CHECK(when == (std::vector<total_bound>{{"declined", relation::gte, 1},
                                              {"web_errors", relation::gt, 2.5},
                                              {"web_errors", relation::lte, 9}}));
  CAF_CHECK(!read->value.incidents[0].at && !read->value.incidents[0].rate_per_hour);
  CAF_CHECK(has_problems(incident(R"(, "when": {"web_erors": {"$gt": 2}})"), {"f:2:68: incidents[0].when.web_erors"}));
  CAF_CHECK(
      has_problems(incident(R"(, "when": {"declined": {"$eq": 2}})"), {"f:2:81: incidents[0].when.declined.$eq"}));
  CAF_CHECK(has_problems(incident(""), {"f:2:15: incidents[0]"}));
  CAF_CHECK(has_problems(incident(R"(, "at": "1m", "when": {"declined": {"$gt": 2}})"), {"f:2:15: incidents[0]"}));
}

CAF_TEST(of what befalls groups of accounts so many are needed that each group has its least) {
  const auto cycles = [](int count) {
    return parse(R"({"name": "x", "populations": {"a": {"kind": "account", "count": 10}},
"incidents": [{"kind": "bank.cycle", "population": "a", "at": "1m", "count": )" +
                 std::to_string(count) + "}]}");
  };
  CAF_CHECK(has_problems(cycles(3), {}));
  CAF_CHECK(
      has_problems(cycles(4), {"f:2:78: incidents[0].count: 4 times bank.cycle needs at least 12 entities; a has 10"}));
}

CAF_TEST(what an account can be told) {
  auto read = parse(R"({"name": "x", "populations": {"a": {"kind": "account", "count": 10, "rent_share": 0.4,
"monthly_fee": 0, "payees": 2, "habit": 1}}})");
  CAF_REQUIRE(has_problems(read, {}));
  const auto& account = std::get<account_population>(read->value.populations[0].behaviour);
  CAF_CHECK_EQUAL(account.rent_share, 0.4);
  CAF_CHECK_EQUAL(account.monthly_fee, 0);
  CAF_CHECK_EQUAL(account.payees, 2U);
  CAF_CHECK_EQUAL(account.habit, 1.0);
}

CAF_TEST(rates and shares are bounded) {
  for (auto rate : {"0/h", "-1/h", "1/w", "x", "1001/s"})
    CAF_CHECK(has_problems(
        parse(with("\"incidents\": [{\"kind\": \"sensor.stuck\", \"population\": \"s\", \"rate\": \"" +
                   std::string{rate} + "\"}]")),
        {"f:2:67: incidents[0].rate: \"" + std::string{rate} + "\" is not allowed; allowed: a rate above 0"}));
  CAF_CHECK(has_problems(parse(with("\"trouble\": {\"late\": 0.6, \"duplicate\": -0.1}")),
                         {"f:2:21: trouble.late: 0.6 is not allowed; allowed: a number from 0 to 0.5",
                          "f:2:39: trouble.duplicate: -0.1 is not"}));
}

CAF_TEST(a step is the tick or a whole fraction of it) {
  CAF_CHECK(has_problems(parse(with("\"step\": \"250ms\"")), {}));
  CAF_CHECK(
      has_problems(parse(with("\"step\": \"300ms\"")), {"f:2:9: step: \"300ms\" is no whole fraction of the tick"}));
  CAF_CHECK(has_problems(parse(with("\"step\": \"2s\"")), {"f:2:9: step: \"2s\" is no whole fraction of the tick"}));
  CAF_CHECK(has_problems(parse(with("\"step\": \"2s\", \"message_delay\": \"4s\"")), {}));
  auto read = parse(with("\"message_delay\": \"1500ms\""));
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK(read->value.step == 1500ms);
}

CAF_TEST(speed is max or a positive number) {
  CAF_CHECK(parse(with("\"speed\": 60"))->value.speed == 60.0);
  CAF_CHECK(parse(with("\"speed\": 0.5"))->value.speed == 0.5);
  for (auto speed : {"0", "-1", "\"fast\"", "\"60\"", "null", "1e9"})
    CAF_CHECK(has_problems(parse(with("\"speed\": " + std::string{speed})),
                           {"f:2:10: speed: " + std::string{speed == std::string{"1e9"} ? "1000000000" : speed} +
                            " is not allowed; allowed: \"max\", or a number above 0"}));
}

CAF_TEST(a start may be relative to now) {
  load_options options;
  options.now = timestamp{1767592800000};
  CAF_CHECK(parse(with("\"start\": \"-24h\""), options)->value.start == options.now - 24h);
  CAF_CHECK(parse(with("\"start\": \"now\""), options)->value.start == options.now);
  for (auto start : {"yesterday", "2026-02-30", "+30000-01-01", "1969-01-01"})
    CAF_CHECK(has_problems(parse(with("\"start\": \"" + std::string{start} + "\"")),
                           {"f:2:10: start: \"" + std::string{start} + "\" is not allowed"}));
  CAF_CHECK(has_problems(parse(with("\"start\": \"9999-12-31\", \"duration\": \"2d\"")),
                         {"f:2:36: duration: \"2d\" leads beyond the year 9999"}));
}

CAF_TEST(names of populations are plain) {
  for (auto name : {"Sensors", "a b", "", "a.b", "1a", "ä"})
    CAF_CHECK(has_problems(parse("{\"name\": \"x\", \"populations\": {\"" + std::string{name} +
                                 "\": {\"kind\": \"sensor\", \"count\": 1}}}"),
                           {"f:1:31: populations"}));
}

CAF_TEST(all problems are found at once in the order of their places) {
  CAF_CHECK(has_problems(
      parse(R"({
  "name": "x",
  "step": "300ms",
  "populations": {
    "s": {"kind": "sensor", "count": -1},
    "a": {"kind": "account", "count": 5, "salry": 3}
  },
  "incidents": [{"kind": "bank.structuring", "population": "a", "at": "1m", "count": 9}],
  "pipelines": ["city-climat"],
  "store": "oracle:x"
})"),
      {"f:3:11: step:", "f:5:38: populations.s.count:", "f:6:42: populations.a.salry:", "f:8:86: incidents[0].count:",
       "f:9:17: pipelines[0]: \"city-climat\" is neither a file nor a preset; did you mean the preset city-climate?",
       "f:10:12: store:"}));
}

CAF_TEST(properties of librdkafka are passed on as texts) {
  auto read = parse(with(
      R"("kafka": {"brokers": "a:1,b:2", "security.protocol": "SASL_SSL", "linger.ms": 5, "enable.idempotence": true, "x": 0.5})"));
  CAF_REQUIRE(has_problems(read, {}));
  const auto& kafka = read->value.settings.kafka;
  CAF_CHECK(!kafka.embedded());
  CAF_CHECK_EQUAL(kafka.brokers, "a:1,b:2");
  CAF_CHECK(kafka.properties ==
            (std::map<std::string, std::string>{
                {"enable.idempotence", "true"}, {"linger.ms", "5"}, {"security.protocol", "SASL_SSL"}, {"x", "0.5"}}));
  CAF_CHECK(has_problems(parse(with(R"("kafka": {"bootstrap.servers": "a:1"})")),
                         {"f:2:11: kafka.bootstrap.servers: `bootstrap.servers` stands under"}));
}

CAF_TEST(the environment lies over the file and --set over both) {
  load_options options;
  options.environment = {{"THRONG_SEED", "7"},
                         {"THRONG_KAFKA__BROKERS", "host:9092"},
                         {"THRONG_KAFKA__SASL__PASSWORD", "123"},
                         {"THRONG_POPULATIONS__SENSORS__COUNT", "50"},
                         {"THRONG_INCIDENTS__0__SUBTLETY", "0.9"},
                         {"THRONG_TOPICS__RETENTION_BYTES", "1000"},
                         {"THRONG_HOME", "/x"},
                         {"THRONG_LOG__LEVEL", "debug"},
                         {"SEED", "9"}};
  options.sets = {{"seed", "8"},
                  {"incidents[1].count", "2"},
                  {"populations.visitors.think_time", "9s"},
                  {"kafka.ssl.key.password", "0123"},
                  {"kafka.acks", R"("all")"},
                  {"kafka.client.id", R"("two" names)"},
                  {"store", "none"}};
  auto read = parse(example, options);
  CAF_REQUIRE(has_problems(read, {}));
  const auto& it = read->value;
  CAF_CHECK_EQUAL(it.seed, 8u);
  CAF_CHECK_EQUAL(it.settings.kafka.brokers, "host:9092");
  CAF_CHECK_EQUAL(it.settings.kafka.properties.at("sasl.password"), "123");
  CAF_CHECK_EQUAL(it.settings.kafka.properties.at("ssl.key.password"), "0123");
  CAF_CHECK_EQUAL(it.settings.kafka.properties.at("acks"), "all");
  CAF_CHECK_EQUAL(it.settings.kafka.properties.at("client.id"), R"("two" names)");
  CAF_CHECK_EQUAL(it.populations[2].count, 50u);
  CAF_CHECK_EQUAL(it.incidents[0].subtlety, 0.9);
  CAF_CHECK_EQUAL(it.incidents[1].count, 2u);
  CAF_CHECK(std::get<web_client_population>(it.populations[3].behaviour).think_time == 9s);
  CAF_CHECK_EQUAL(it.settings.topics.retention_bytes, 1000);
  CAF_CHECK_EQUAL(it.settings.store, "none");
}

CAF_TEST(--set makes what is missing and may append and takes whole objects) {
  load_options options;
  options.sets = {{"populations.a", R"({"kind": "account", "count": 3})"},
                  {"incidents[0]", R"({"kind": "sensor.stuck", "population": "s", "at": "1m"})"},
                  {"record.topics[0]", "iot.readings"}};
  auto read = parse(with("\"seed\": 1"), options);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->value.populations.size(), 2u);
  CAF_CHECK_EQUAL(read->value.incidents.size(), 1u);
  CAF_CHECK(read->value.record.topics == std::vector<std::string>{"iot.readings"});
}

CAF_TEST(problems of an overlay name the overlay and come last) {
  auto options = set("populations.s.count", "-1");
  options.sets.emplace_back("sed", "1");
  options.environment.emplace("THRONG_STORE", "oracle:x");
  CAF_CHECK(has_problems(parse(with("\"step\": \"7s\""), options),
                         {"f:2:9: step:", "--set: populations.s.count: -1 is not allowed",
                          "THRONG_STORE: store: \"oracle:x\" is not allowed",
                          "--set: sed: unknown key `sed`; did you mean `seed`?"}));
  CAF_CHECK(
      has_problems(parse(with("\"seed\": 1"), set("populations.x", "5")), {"--set: populations.x: 5 is not allowed"}));
  // What --set had to make is its own too.
  CAF_CHECK(
      has_problems(parse(with("\"seed\": 1"), set("trouble[0]", "5")), {"--set: trouble: an array is not allowed"}));
}

CAF_TEST(a path of an overlay that leads nowhere is a problem) {
  CAF_CHECK(has_problems(parse(with("\"incidents\": []"), set("incidents[3].count", "5")),
                         {"--set: incidents.3: `3` is no index of an array of 0; the next new one is 0"}));
  CAF_CHECK(has_problems(parse(with("\"incidents\": []"), set("incidents.x.count", "5")),
                         {"--set: incidents.x: `x` is no index"}));
  for (auto path : {"", ".", "a..b", "[x]", "seed.", "a[1", "a[0]b"})
    CAF_CHECK(has_problems(parse(with("\"seed\": 1"), set(path, "5")),
                           {"--set: " + (*path ? path + std::string{": no path;"} : std::string{"no path;"})}));
}

CAF_TEST(texts take the environment in) {
  load_options options;
  options.environment = {{"HOST", "h:1"}, {"EMPTY", ""}};
  auto read = parse(
      with(
          R"("kafka": {"brokers": "${HOST},${OTHER:-o:2}", "a": "$${HOST}", "b": "${EMPTY:-e}", "c": "${EMPTY}", "d": "$HOST {}"})"),
      options);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->value.settings.kafka.brokers, "h:1,o:2");
  CAF_CHECK(read->value.settings.kafka.properties ==
            (std::map<std::string, std::string>{{"a", "${HOST}"}, {"b", "e"}, {"c", ""}, {"d", "$HOST {}"}}));
  CAF_CHECK(has_problems(
      parse(with(R"("store": "sqlite:${NOWHERE}")")),
      {"f:2:10: store: the environment variable NOWHERE is not set; set it, or write ${NOWHERE:-default}"}));
  CAF_CHECK(has_problems(parse(with(R"("store": "sqlite:${A")")), {"f:2:10: store: a ${ is not closed"}));
  CAF_CHECK(has_problems(parse(with(R"("store": "sqlite:${A B}")")),
                         {"f:2:10: store: ${A B} names no environment variable"}));
}

CAF_TEST(what lies over a text spares its variables) {
  CAF_CHECK(has_problems(parse(with(R"("store": "mongodb://${NOWHERE}@h/d")"), set("store", "none")), {}));
  CAF_CHECK(parse(with("\"seed\": 1"), set("store", "sqlite:${X}"))->value.settings.store == "sqlite:${X}");
}

CAF_TEST(no problem shows a secret) {
  load_options options;
  options.environment = {{"SECRET", "hunter2"}, {"THRONG_KAFKA__SASL__PASSWORD", "hunter2"}};
  options.sets = {{"kafka.ssl", "hunter2"}};
  auto texts = lines(parse(
      with(
          R"("store": "oracle://me:hunter2@host/db", "start": "${SECRET}", "duration": "${SECRET}", "step": "${SECRET}",
"kafka": {"sasl.password": ["hunter2"], "brokers": 1, "x": {"y": "hunter2"}}, "seed": "${SECRET}", "pipelines": ["${SECRET}"],
"incidents": [{"kind": "${SECRET}", "population": "${SECRET}", "rate": "${SECRET}", "for": "${SECRET}"}])"),
      options));
  CAF_CHECK(texts.size() >= 9);
  for (const auto& text : texts) {
    if (text.find("hunter2") != std::string::npos)
      CAF_MESSAGE(text);
    CAF_CHECK(text.find("hunter2") == std::string::npos);
  }
}

CAF_TEST_FIXTURE_SCOPE(files, folder_fixture)

CAF_TEST(a file is read and its pipelines are looked for beside it) {
  write("mine.json", R"({"name": "m", "source": "t", "key": "k"})");
  auto file = write("s.json", with("\"pipelines\": [\"mine.json\", \"city-climate\"]"));
  auto read = load_scenario(file, {});
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->value.pipelines[0], (folder / "mine.json").string());
  CAF_CHECK_EQUAL(read->value.pipelines[1], "city-climate");
  CAF_CHECK(load_pipelines(read->value.pipelines[0], {}).has_value());
}

CAF_TEST(a file that is not there or cannot be read is a problem) {
  CAF_CHECK(has_problems(load_scenario("smart-cty", {}),
                         {"smart-cty: is neither a file nor a preset; did you mean the preset smart-city?"}));
  CAF_CHECK(has_problems(load_scenario("/nowhere/x.json", {}),
                         {"/nowhere/x.json: is neither a file nor a preset; presets are: bank, "}));
  CAF_CHECK(has_problems(load_scenario(folder.string(), {}), {folder.string() + ": is a folder"}));
  CAF_CHECK(has_problems(load_scenario("", {}), {": is neither a file nor a preset"}));
  CAF_CHECK(has_problems(load_settings((folder / "none.json").string(), {}),
                         {(folder / "none.json").string() + ": there is no such file"}));
  auto empty = write("empty.json", "");
  CAF_CHECK(has_problems(load_scenario(empty, {}), {empty + ":1:0: nothing but blanks"}));
  auto large = write("large.json", std::string(5U << 20U, ' '));
  CAF_CHECK(has_problems(load_scenario(large, {}), {large + ": has 5242880 bytes"}));
}

CAF_TEST(settings hold what a scenario says of servers and nothing else) {
  auto file = write("settings.json", R"({"kafka": {"brokers": "a:1"}, "topics": {"prefix": "x."}})");
  auto options = environment("THRONG_STORE", "none");
  options.environment.emplace("THRONG_SEED", "5");
  options.sets = {{"topics.partitions", "8"}, {"disorder", "9s"}, {"[0].disorder", "9s"}};
  auto read = load_settings(file, options);
  CAF_REQUIRE(has_problems(read, {}));
  CAF_CHECK_EQUAL(read->value.kafka.brokers, "a:1");
  CAF_CHECK_EQUAL(read->value.topics.prefix, "x.");
  CAF_CHECK_EQUAL(read->value.topics.partitions, 8);
  CAF_CHECK_EQUAL(read->value.store, "none");
  CAF_CHECK(load_settings("", {})->value == settings{});
  CAF_CHECK(has_problems(load_settings("", set("kafak.brokers", "x")),
                         {"--set: kafak: unknown key `kafak`; did you mean `kafka`?"}));
  CAF_CHECK(has_problems(load_settings(write("seed.json", "{\"seed\": 1}"), {}),
                         {(folder / "seed.json").string() + ":1:2: seed: unknown key"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
