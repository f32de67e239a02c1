#define CAF_SUITE actors.store_writer

#include "actors/store_writer.hpp"

#include "memory_store.hpp"

#include "dsl.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;
using namespace std::chrono_literals;

namespace {

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::throng_analysis>();
  }
};

struct fixture : test_coordinator_fixture<config> {
  memory_store store;
  std::shared_ptr<analysis_plan> plan = std::make_shared<analysis_plan>();
  std::vector<std::string> sent;
  store_writer_actor sut;
  std::map<std::uint64_t, write_reply> replies;
  caf::actor client;

  fixture() {
    plan->store = &store;
    plan->bounds.documents_a_write = 10;
    plan->side_messages = [this](std::span<const analytics::side_message> some) -> expected<void> {
      for (const auto& x : some)
        sent.push_back(x.value);
      return {};
    };
    plan->bounds.retry_for = 30s;
    sut = sys.spawn(store_writer, plan);
    client = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {
          [this](const write_reply& x) {
            CAF_CHECK_EQUAL(replies.count(x.id), 0u);
            replies[x.id] = x;
          },
      };
    });
  }

  static std::shared_ptr<result_batch> results(const std::vector<std::string>& ids, std::uint64_t generation = 1) {
    auto made = std::make_shared<result_batch>();
    for (const auto& id : ids) {
      analytics::document x;
      x.id = id;
      x.body = {{"pipeline", "a"}, {"partition", 0}};
      made->documents.push_back(std::move(x));
      made->stamps.push_back({generation, made->documents.size()});
    }
    return made;
  }
  void ask(std::uint64_t id, std::shared_ptr<const result_batch> what) {
    caf::send_as(client, caf::actor_cast<caf::actor>(sut), write_request{id, std::move(what)});
  }
  void settle(wall_duration within) {
    for (auto until = sched.clock().now() + within; sched.clock().now() < until; advance_time(10ms))
      sched.run();
    sched.run();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(store_writer_tests, fixture)

CAF_TEST(requests that wait go into one write of a bounded size) {
  for (std::uint64_t i = 0; i < 5; ++i)
    ask(i, results({std::to_string(i) + "a", std::to_string(i) + "b", std::to_string(i) + "c"}));
  sched.run();
  CAF_CHECK_EQUAL(store.batch_sizes, (std::vector<std::size_t>{9, 6}));
  CAF_CHECK_EQUAL(replies.size(), 5u);
  CAF_CHECK_EQUAL(store.documents.size(), 15u);
}

CAF_TEST(a request larger than a write goes in several) {
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i)
    ids.push_back(std::to_string(i));
  ask(1, results(ids));
  ask(2, results({"x"}));
  sched.run();
  CAF_CHECK_EQUAL(store.batch_sizes, (std::vector<std::size_t>{10, 10, 5, 1}));
  CAF_CHECK_EQUAL(replies[1].summary.written, 25u);
}

CAF_TEST(a store for which much at once takes too long is given fewer until it keeps up and more again when it does) {
  std::size_t most = 3;
  std::size_t refused = 0;
  store.before_write = [&](std::span<const storage::stamped_document> batch) -> expected<void> {
    refused += batch.size() > most ? 1 : 0;
    return batch.size() > most ? fail(error_kind::timed_out, "too slow", true) : expected<void>{};
  };
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i)
    ids.push_back(std::to_string(i));
  ask(1, results(ids));
  for (std::uint64_t i = 2; i < 12; ++i)
    ask(i, results({"x" + std::to_string(i), "y" + std::to_string(i)}));
  settle(20s);
  CAF_CHECK_EQUAL(replies.size(), 11u);
  for (const auto& [id, reply] : replies) {
    CAF_CHECK(!reply.failure);
    CAF_CHECK_EQUAL(reply.summary.written, id == 1 ? 25u : 2u);
  }
  CAF_CHECK_EQUAL(store.documents.size(), 45u);
  CAF_CHECK_GREATER(refused, 1u);
  most = 1'000;
  for (std::uint64_t i = 12; i < 40; ++i) {
    ask(i, results({"z" + std::to_string(i)}));
    settle(100ms);
  }
  ask(40, results(ids));
  settle(1s);
  CAF_CHECK_EQUAL(replies.size(), 40u);
  CAF_CHECK_EQUAL(store.batch_sizes.back(), 5u);
  CAF_CHECK_EQUAL(store.batch_sizes.at(store.batch_sizes.size() - 2), 10u);
}

CAF_TEST(who is fenced is told apart from those in the same write) {
  ask(0, results({"x"}, 7));
  sched.run();
  ask(1, results({"w"}, 1));
  ask(2, results({"x", "y"}, 6));
  ask(3, results({"z"}, 1));
  sched.run();
  CAF_CHECK_EQUAL(replies[1].summary.fenced, 0u);
  CAF_CHECK_EQUAL(replies[2].summary.fenced, 1u);
  CAF_CHECK_EQUAL(replies[3].summary.fenced, 0u);
}

CAF_TEST(a document that the store refuses fails its request only) {
  store.before_write = [](std::span<const storage::stamped_document> batch) -> expected<void> {
    for (const auto& x : batch)
      if (x.what->id == "too large")
        return fail(error_kind::invalid, "too large");
    return {};
  };
  ask(1, results({"a"}));
  ask(2, results({"too large"}));
  ask(3, results({"b"}));
  sched.run();
  CAF_CHECK(!replies[1].failure);
  CAF_REQUIRE(replies[2].failure);
  CAF_CHECK_EQUAL(replies[2].failure->message, "too large");
  CAF_CHECK(!replies[3].failure);
  CAF_CHECK_EQUAL(store.documents.size(), 2u);
}

CAF_TEST(a write that a server refuses for now is tried again with growing waits) {
  std::vector<wall_time> tries;
  store.before_write = [&](auto) -> expected<void> {
    tries.push_back(sched.clock().now());
    return tries.size() < 5 ? fail(error_kind::unavailable, "not now", true) : expected<void>{};
  };
  ask(1, results({"a"}));
  settle(5s);
  CAF_REQUIRE_EQUAL(tries.size(), 5u);
  CAF_CHECK(!replies[1].failure);
  for (std::size_t i = 2; i < tries.size(); ++i)
    CAF_CHECK(tries[i] - tries[i - 1] > tries[i - 1] - tries[i - 2]);
}

CAF_TEST(after half a minute the error is told and the next request has its own time) {
  store.before_write = [&](auto) -> expected<void> { return fail(error_kind::unavailable, "not now", true); };
  ask(1, results({"a"}));
  settle(27s);
  CAF_CHECK(replies.empty());
  settle(4s);
  CAF_REQUIRE_EQUAL(replies.size(), 1u);
  CAF_CHECK_EQUAL(replies[1].failure->message, "not now");
  store.before_write = nullptr;
  ask(2, results({"b"}));
  settle(1s);
  CAF_CHECK(!replies[2].failure);
}

CAF_TEST(side messages go out in order after their documents are stored and failing ones come again alone) {
  int refusals = 2;
  plan->side_messages = [&](std::span<const analytics::side_message> some) -> expected<void> {
    CAF_CHECK_EQUAL(store.documents.size(), 1u);
    if (refusals-- > 0)
      return fail(error_kind::unavailable, "not now", true);
    for (const auto& x : some)
      sent.push_back(x.value);
    return {};
  };
  auto both = results({"a"});
  both->messages.resize(2);
  both->messages[0].value = "first";
  both->messages[1].value = "second";
  ask(1, both);
  settle(2s);
  CAF_CHECK_EQUAL(sent, (std::vector<std::string>{"first", "second"}));
  CAF_CHECK_EQUAL(store.writes, 1u);
  CAF_CHECK_EQUAL(replies.size(), 1u);
}

CAF_TEST(messages of what is written together are sent together and are known by their request when they fail) {
  std::vector<std::vector<std::string>> sendings;
  plan->side_messages = [&](std::span<const analytics::side_message> some) -> expected<void> {
    std::vector<std::string> values;
    for (const auto& x : some)
      values.push_back(x.value);
    sendings.push_back(values);
    if (std::find(values.begin(), values.end(), "refused") != values.end())
      return fail(error_kind::invalid, "refused");
    return {};
  };
  auto with_message = [&](std::uint64_t id, const std::string& value) {
    auto made = results({std::to_string(id)});
    made->messages.resize(1);
    made->messages[0].value = value;
    ask(id, made);
  };
  with_message(1, "a");
  with_message(2, "b");
  sched.run();
  CAF_CHECK_EQUAL(sendings, (std::vector<std::vector<std::string>>{{"a", "b"}}));
  with_message(3, "c");
  with_message(4, "refused");
  with_message(5, "d");
  sched.run();
  CAF_CHECK_EQUAL(
      sendings, (std::vector<std::vector<std::string>>{{"a", "b"}, {"c", "refused", "d"}, {"c"}, {"refused"}, {"d"}}));
  CAF_CHECK_EQUAL(store.batch_sizes, (std::vector<std::size_t>{2, 3}));
  CAF_CHECK(!replies[3].failure);
  CAF_REQUIRE(replies[4].failure);
  CAF_CHECK_EQUAL(replies[4].failure->message, "refused");
  CAF_CHECK(!replies[5].failure);
  CAF_CHECK_EQUAL(replies.size(), 5u);
}

CAF_TEST(who asks while messages are tried again is not taken for stored) {
  int refusals = 1;
  plan->side_messages = [&](std::span<const analytics::side_message> some) -> expected<void> {
    if (refusals-- > 0)
      return fail(error_kind::unavailable, "not now", true);
    for (const auto& x : some)
      sent.push_back(x.value);
    return {};
  };
  auto with_message = [&](std::uint64_t id) {
    auto made = results({std::to_string(id)});
    made->messages.resize(1);
    made->messages[0].value = std::to_string(id);
    ask(id, made);
  };
  with_message(1);
  with_message(2);
  sched.run();
  with_message(3);
  settle(2s);
  CAF_CHECK_EQUAL(store.batch_sizes, (std::vector<std::size_t>{2, 1}));
  CAF_CHECK_EQUAL(sent, (std::vector<std::string>{"1", "2", "3"}));
  CAF_CHECK_EQUAL(replies.size(), 3u);
}

CAF_TEST(a request without documents does not trouble the store) {
  auto only = std::make_shared<result_batch>();
  only->messages.resize(1);
  only->messages[0].value = "x";
  ask(1, only);
  sched.run();
  CAF_CHECK_EQUAL(store.writes, 0u);
  CAF_CHECK_EQUAL(sent.size(), 1u);
  CAF_CHECK_EQUAL(replies.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
