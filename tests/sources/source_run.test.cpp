// A source against an API, a topic and a store of the test's own, in which the process may die at any of its steps.
#define CAF_SUITE sources.source_run

#include "sources/source_run.hpp"

#include <deque>

#include <caf/test/unit_test.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace throng;
using namespace throng::config;
using namespace throng::sources;

namespace {

struct killed {};

/// What outlives a process, and the steps until it is killed.
struct outside {
  std::vector<std::string> rows; ///< the API's
  std::size_t size = 3;
  paging_kind by = paging_kind::page;
  std::deque<int> misbehaves; ///< statuses of the next answers; 0: no reply; -1: half of the body
  bool repeats = false;       ///< gives its first page whatever is asked for
  std::optional<source_position> stored;
  std::map<std::int32_t, std::vector<std::pair<std::string, std::string>>> topic; ///< by partition: source and row's id
  int steps_left = 1'000'000;
  int pauses = 0;
  std::size_t requests = 0;

  void step() {
    if (steps_left-- == 0)
      throw killed{};
  }

  http_answer answer(const http_request& request) {
    ++requests;
    step();
    if (!misbehaves.empty()) {
      const auto what = misbehaves.front();
      misbehaves.pop_front();
      if (what == 0)
        return http_failure{"reset", false};
      http_reply made;
      made.status = what > 0 ? what : 200;
      made.body = "{\"r\": [";
      return made;
    }
    std::size_t from = 0;
    if (const auto p = request.url.find("p="); p != std::string::npos && !repeats)
      from = std::stoul(request.url.substr(p + 2)) - (by == paging_kind::page ? 1 : 0);
    if (by == paging_kind::page)
      from *= size;
    http_reply made;
    made.status = 200;
    made.body = "{\"r\": [";
    for (std::size_t i = from; i < std::min(from + size, rows.size()); ++i)
      made.body += fmt::format("{}{{\"id\": \"{}\", \"at\": 5}}", i == from ? "" : ",", rows[i]);
    made.body += "]";
    if (from + size < rows.size())
      made.body += by == paging_kind::link ? fmt::format(", \"next\": \"?p={}\"", from + size)
                                           : fmt::format(", \"next\": \"{}\"", from + size);
    made.body += "}";
    return made;
  }

  std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const auto& [partition, messages] : topic)
      for (const auto& [source, id] : messages)
        if (!source.empty())
          all.push_back(id);
    std::sort(all.begin(), all.end());
    return all;
  }
};

class book final : public position_book {
public:
  explicit book(outside& in)
      : in_(in) {}
  expected<std::optional<source_position>> claim() override {
    in_.step();
    return in_.stored;
  }
  expected<void> save(const source_position& what) override {
    in_.step();
    in_.stored = what;
    in_.step();
    return {};
  }

private:
  outside& in_;
};

class sink final : public row_sink {
public:
  explicit sink(outside& in)
      : in_(in) {}
  expected<partition_ends> ends() override {
    partition_ends made;
    for (const auto& [partition, messages] : in_.topic)
      made[partition] = static_cast<std::int64_t>(messages.size());
    return made;
  }
  /// Any row may be the last that arrives; others write to the topic too.
  expected<partition_ends> send(const std::string& source, std::span<const mapped_row> rows) override {
    for (const auto& row : rows) {
      in_.step();
      const auto partition = static_cast<std::int32_t>(std::hash<std::string>{}(row.key) % 3);
      in_.topic[partition].emplace_back(source, row.id);
      in_.topic[0].emplace_back("", "");
    }
    in_.step();
    return ends();
  }
  expected<std::set<std::string>> landed(const std::string& source, const partition_ends& behind) override {
    in_.step();
    std::set<std::string> made;
    for (const auto& [partition, messages] : in_.topic) {
      const auto found = behind.find(partition);
      for (auto i = found == behind.end() ? 0 : static_cast<std::size_t>(found->second); i < messages.size(); ++i)
        if (messages[i].first == source)
          made.insert(messages[i].second);
    }
    return made;
  }

private:
  outside& in_;
};

source source_of(const outside& in) {
  ingest how;
  how.name = "n";
  how.url = "http://api/rows";
  how.topic = "t";
  how.key = "id";
  how.id = "id";
  how.rows.at = "r";
  how.paging.by = in.by;
  how.paging.parameter = "p";
  how.paging.size = static_cast<std::int64_t>(in.size);
  how.paging.first = in.by == paging_kind::offset ? 0 : 1;
  how.paging.at = in.by == paging_kind::cursor || in.by == paging_kind::link ? "next" : "";
  how.retry.tries = 3;
  return sources_of(how)[0];
}

/// A process that lives for some rounds.
class process {
public:
  explicit process(outside& in, source of)
      : of_(std::move(of))
      , rows_(std::move(*row_mapper::make(of_.how)))
      , book_(in)
      , sink_(in)
      , run_(of_, *rows_, book_, sink_, counts,
             {[&in](const http_request& request) { return in.answer(request); },
              [&in](milliseconds) {
                ++in.pauses;
                return true;
              },
              [] { return false; }, [](const std::string&) {}},
             1) {}
  explicit process(outside& in)
      : process(in, source_of(in)) {}

  expected<walk_end> round() {
    return run_.round();
  }
  source_counts counts;

private:
  source of_;
  std::unique_ptr<row_mapper> rows_;
  book book_;
  sink sink_;
  source_run run_;
};

std::vector<std::string> numbered(std::size_t n) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < n; ++i)
    made.push_back(fmt::format("row-{:03}", i));
  return made;
}

/// Runs until an end; each process but the last is killed after so many steps. @returns how many were killed
int run_with_kills(outside& in, std::deque<int> lives) {
  int deaths = 0;
  for (;;) {
    in.steps_left = lives.empty() ? 1'000'000 : lives.front();
    if (!lives.empty())
      lives.pop_front();
    try {
      process one{in};
      auto end = one.round();
      CAF_REQUIRE(end);
      return deaths;
    } catch (const killed&) {
      ++deaths;
    }
  }
}

constexpr paging_kind all_kinds[]{paging_kind::page, paging_kind::offset, paging_kind::cursor, paging_kind::link};

} // namespace

CAF_TEST(every row is sent once whichever way the pages are told) {
  for (auto by : all_kinds)
    for (std::size_t n : {0U, 1U, 2U, 3U, 6U, 10U}) {
      outside in;
      in.by = by;
      in.rows = numbered(n);
      process one{in};
      auto end = one.round();
      CAF_REQUIRE(end);
      CAF_CHECK(in.sent() == in.rows);
      const bool numbers = by == paging_kind::page || by == paging_kind::offset;
      CAF_CHECK_EQUAL(static_cast<int>(*end), static_cast<int>(n == 0             ? walk_end::empty_page
                                                               : !numbers         ? walk_end::no_next
                                                               : n % in.size == 0 ? walk_end::empty_page
                                                                                  : walk_end::short_page));
    }
}

CAF_TEST(killed at every step it goes on without a hole or a double) {
  for (auto by : all_kinds)
    for (int steps = 0;; ++steps) {
      outside in;
      in.by = by;
      in.rows = numbered(8);
      const auto deaths = run_with_kills(in, {steps});
      CAF_CHECK(in.sent() == in.rows);
      if (deaths == 0) {
        CAF_CHECK(steps > 15);
        break;
      }
    }
}

CAF_TEST(killed again and again while the API grows and fails it sends every row once) {
  const auto held = rc::check([] {
    outside in;
    in.by = *rc::gen::elementOf(std::vector<paging_kind>{std::begin(all_kinds), std::end(all_kinds)});
    in.size = *rc::gen::inRange<std::size_t>(1, 5);
    in.rows = numbered(*rc::gen::inRange<std::size_t>(0, 20));
    const auto rounds = *rc::gen::inRange(1, 4);
    for (int round = 0; round < rounds; ++round) {
      const auto lives = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40));
      const auto trouble = *rc::gen::container<std::vector<int>>(rc::gen::elementOf(std::vector<int>{0, 503, -1, 429}));
      // Never so much of it in a row that it lasts.
      for (std::size_t i = 0; i < std::min<std::size_t>(trouble.size(), 2); ++i)
        in.misbehaves.push_back(trouble[i]);
      run_with_kills(in, {lives.begin(), lives.end()});
      RC_ASSERT(in.sent() == in.rows);
      in.rows = numbered(in.rows.size() + *rc::gen::inRange<std::size_t>(0, 7));
    }
  });
  CAF_CHECK(held);
}

CAF_TEST(the next round reads the last page again and sends what is new) {
  outside in;
  in.rows = numbered(4);
  process one{in};
  CAF_REQUIRE(one.round());
  const auto before = in.requests;
  CAF_REQUIRE(one.round());
  CAF_CHECK_EQUAL(in.requests, before + 1);
  CAF_CHECK_EQUAL(one.counts.known.load(), 1u);
  in.rows = numbered(7);
  CAF_REQUIRE(one.round());
  CAF_CHECK(in.sent() == in.rows);
}

CAF_TEST(rounds that begin at the first page know the rows of those before) {
  outside in;
  in.rows = numbered(4);
  auto of = source_of(in);
  of.how.every = milliseconds{1};
  of.how.again_from_first = true;
  process one{in, of};
  CAF_REQUIRE(one.round());
  in.rows.insert(in.rows.begin(), "newest");
  CAF_REQUIRE(one.round());
  auto wanted = in.rows;
  std::sort(wanted.begin(), wanted.end());
  CAF_CHECK(in.sent() == wanted);
  process after_restart{in, of};
  CAF_REQUIRE(after_restart.round());
  CAF_CHECK(in.sent() == wanted);
}

CAF_TEST(a page that repeats ends the walk) {
  outside in;
  in.rows = numbered(9);
  in.repeats = true;
  process one{in};
  auto end = one.round();
  CAF_REQUIRE(end);
  CAF_CHECK(*end == walk_end::repeated_page);
  CAF_CHECK_EQUAL(in.requests, 2u);
  CAF_CHECK_EQUAL(in.sent().size(), 3u);
}

CAF_TEST(an empty page for a moment makes no row new) {
  outside in;
  in.rows = numbered(5);
  process one{in};
  CAF_REQUIRE(one.round());
  auto kept = std::exchange(in.rows, {});
  CAF_REQUIRE(one.round());
  in.rows = kept;
  CAF_REQUIRE(one.round());
  CAF_CHECK(in.sent() == in.rows);
}

CAF_TEST(trouble that passes is waited out and what lasts or is final is not ) {
  outside in;
  in.rows = numbered(2);
  in.misbehaves = {503, -1};
  process one{in};
  CAF_REQUIRE(one.round());
  CAF_CHECK_EQUAL(in.pauses, 2);
  CAF_CHECK_EQUAL(one.counts.retries.load(), 2u);
  in.misbehaves = {0, 0, 0};
  auto lasting = one.round();
  CAF_REQUIRE(!lasting);
  CAF_CHECK(lasting.error().retryable);
  in.misbehaves = {404};
  auto final = one.round();
  CAF_REQUIRE(!final);
  CAF_CHECK(!final.error().retryable);
  in.rows = numbered(3);
  CAF_REQUIRE(one.round());
  CAF_CHECK(in.sent() == in.rows);
}

CAF_TEST(rows that where drops or that have no key are counted and known) {
  outside in;
  in.rows = numbered(2);
  auto of = source_of(in);
  of.how.where = {{"id", "row-001"}};
  process one{in, of};
  CAF_REQUIRE(one.round());
  CAF_CHECK_EQUAL(one.counts.dropped.load(), 1u);
  of.how.where.clear();
  of.how.key = "nothing";
  outside other;
  other.rows = numbered(2);
  process two{other, of};
  CAF_REQUIRE(two.round());
  CAF_CHECK_EQUAL(two.counts.refused.load(), 2u);
  CAF_CHECK(other.sent().empty());
}

CAF_TEST(equal rows without an id are rows of their own) {
  outside in;
  in.rows = {"a", "a", "b"};
  auto of = source_of(in);
  of.how.id.clear();
  of.how.paging.size = 5;
  process one{in, of};
  CAF_REQUIRE(one.round());
  CAF_CHECK_EQUAL(one.counts.rows.load(), 3u);
}
