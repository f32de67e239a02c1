#define CAF_SUITE actors.partition_feed

#include "actors/partition_feed.hpp"

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "memory_source.hpp"

using namespace throng;
using namespace throng::actors;
using namespace throng::actors::test;

namespace {

const transport::topic_partition n0{"numbers", 0};
const std::vector<std::string> hundred(100, "12345678"); // 8 bytes each

transport::batch_ptr batch(std::int64_t first, std::int64_t last) {
  return make_batch(n0, hundred, first, last);
}

std::vector<std::int64_t> drain(partition_feed& feed) {
  std::vector<std::int64_t> offsets;
  while (auto x = feed.next())
    for (const auto& message : (*x)->messages)
      offsets.push_back(message.offset);
  return offsets;
}

std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> result;
  for (auto i = first; i < last; ++i)
    result.push_back(i);
  return result;
}

} // namespace

CAF_TEST(no more batches are handed over than there is credit for) {
  partition_feed sut{{}};
  CAF_CHECK(!*sut.restart(0, 2));
  for (int i = 0; i < 4; ++i)
    sut.append(batch(10 * i, 10 * i + 10));
  CAF_CHECK(drain(sut) == range(0, 20));
  sut.grant(1);
  CAF_CHECK(drain(sut) == range(20, 30));
}

CAF_TEST(an end is told once and behind everything before it) {
  partition_feed sut{{}};
  (void)sut.restart(0, 1);
  sut.append(batch(0, 10));
  sut.append(batch(10, 20));
  sut.reached_end(20);
  drain(sut);
  CAF_CHECK(!sut.next_end());
  sut.grant(1);
  drain(sut);
  CAF_CHECK(sut.next_end() == 20);
  CAF_CHECK(!sut.next_end());
}

CAF_TEST(a later life that is fed from memory is told of the end again) {
  partition_feed sut{{1'000, 10'000}};
  (void)sut.restart(0, 9);
  sut.append(batch(0, 10));
  sut.reached_end(10);
  drain(sut);
  CAF_CHECK(sut.next_end() == 10);
  CAF_CHECK(*sut.restart(5, 9));
  CAF_CHECK(drain(sut) == range(0, 10)); // whole batches: the processor skips what it has
  CAF_CHECK(sut.next_end() == 10);
}

CAF_TEST(the source rests when too much waits and wakes when half is gone) {
  partition_feed sut{{160, 0}};
  (void)sut.restart(0, 0);
  sut.append(batch(0, 10));
  CAF_CHECK(!sut.wants_pause());
  sut.append(batch(10, 20));
  CAF_CHECK(sut.wants_pause());
  sut.grant(1);
  drain(sut);
  CAF_CHECK(sut.wants_pause());
  sut.grant(1);
  drain(sut);
  CAF_CHECK(!sut.wants_pause());
}

CAF_TEST(half of what may be kept asks for a checkpoint and all of it lets the source rest) {
  partition_feed sut{{10'000, 160}};
  (void)sut.restart(0, 99);
  sut.append(batch(0, 9));
  drain(sut);
  CAF_CHECK(!sut.wants_checkpoint());
  sut.append(batch(9, 11));
  drain(sut);
  CAF_CHECK(sut.wants_checkpoint());
  CAF_CHECK(!sut.wants_checkpoint());
  sut.append(batch(11, 20));
  drain(sut);
  CAF_CHECK(sut.wants_pause());
  sut.trim(20);
  CAF_CHECK(!sut.wants_pause());
  CAF_CHECK(!sut.wants_checkpoint());
}

CAF_TEST(checkpoints that let nothing go are not asked for without end) {
  partition_feed sut{{10'000, 80}};
  (void)sut.restart(0, 99);
  sut.append(batch(0, 20));
  drain(sut);
  int asked = 0;
  for (int i = 0; i < 100; ++i) {
    asked += sut.wants_checkpoint() ? 1 : 0;
    sut.trim(0);
  }
  CAF_CHECK_EQUAL(asked, 3);
}

CAF_TEST(what was let go can not be fed again) {
  partition_feed sut{{10'000, 10'000}};
  (void)sut.restart(0, 99);
  sut.append(batch(0, 10));
  sut.append(batch(10, 20));
  drain(sut);
  sut.trim(10);
  CAF_CHECK(*sut.restart(10, 99));
  auto gone = sut.restart(9, 99);
  CAF_REQUIRE(!gone);
  CAF_CHECK(gone.error().kind == error_kind::exhausted);
}

CAF_TEST(every life gets what follows its offset in order and every byte is taken in once) {
  CAF_CHECK(rc::check([] {
    bool keeps = *rc::gen::arbitrary<bool>();
    partition_feed sut{{200, keeps ? std::size_t{100'000} : 0}};
    // A naive model: where the source reads next, what the life has got, what is saved.
    std::int64_t read_to = 0;
    std::int64_t got_to = 0;
    std::int64_t saved_to = 0;
    std::uint32_t credit = 2;
    std::size_t taken = 0;
    RC_ASSERT(!*sut.restart(0, credit));
    auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 6));
    for (auto step : steps) {
      switch (step) {
      case 0:
      case 1:
        if (read_to < 100) {
          auto last = std::min<std::int64_t>(100, read_to + *rc::gen::inRange(1, 9));
          sut.append(batch(read_to, last));
          read_to = last;
        }
        break;
      case 2: {
        while (auto x = sut.next()) {
          RC_ASSERT(credit-- > 0);
          auto first = (*x)->messages.front().offset;
          RC_ASSERT(first <= got_to && (*x)->next_offset() > got_to);
          got_to = (*x)->next_offset();
        }
        RC_ASSERT(credit == 0 || got_to == read_to);
        break;
      }
      case 3:
        taken += sut.taken_in(got_to);
        sut.grant(1);
        ++credit;
        break;
      case 4: // a checkpoint of what the life has got
        saved_to = got_to;
        sut.trim(saved_to);
        break;
      default: // a failure: on from the checkpoint
        got_to = saved_to;
        credit = 2;
        auto fed = sut.restart(saved_to, credit);
        RC_ASSERT(fed.has_value());
        RC_ASSERT(*fed == keeps);
        if (!*fed)
          read_to = saved_to;
      }
    }
    sut.grant(1'000);
    for (; read_to < 100; ++read_to)
      sut.append(batch(read_to, read_to + 1));
    while (auto x = sut.next())
      got_to = (*x)->next_offset();
    RC_ASSERT(got_to == 100);
    taken += sut.taken_in(100);
    RC_ASSERT(taken == std::size_t{800});
  }));
}
