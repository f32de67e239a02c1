#define CAF_SUITE actors.parcel

#include "actors/parcel.hpp"

#include <deque>
#include <random>
#include <string>
#include <vector>

#include <caf/test/unit_test.hpp>

using namespace throng;
using namespace throng::actors;

namespace {

std::string text_of(std::size_t size, char seed) {
  std::string text(size, seed);
  for (std::size_t i = 0; i < size; i += 977)
    text[i] = static_cast<char>('a' + i % 26);
  return text;
}

} // namespace

CAF_TEST(parcels of any length arrive whole and in order whenever parts and acknowledgements do) {
  std::mt19937 random{7}; // NOLINT: the same every time
  for (auto round = 0; round < 20; ++round) {
    parcel_outbox outbox;
    parcel_inbox inbox;
    std::vector<parcel> sent;
    std::vector<parcel> arrived;
    std::deque<parcel_part> under_way;
    std::size_t unacknowledged = 0;
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, most_part_bytes - 1, most_part_bytes, most_part_bytes + 1,
                             std::size_t{random() % 3'000'000}})
      sent.push_back({size % 2 == 0 ? parcel_content::step : parcel_content::answer, text_of(size, 'x')});
    std::size_t given = 0;
    while (arrived.size() < sent.size()) {
      const auto choice = random() % 4;
      if (choice == 0 && given < sent.size()) {
        outbox.put(sent[given++]);
      } else if (choice == 1) {
        if (auto part = outbox.next()) {
          CAF_CHECK(part->bytes.size() <= most_part_bytes);
          under_way.push_back(std::move(*part));
          ++unacknowledged;
        }
      } else if (choice == 2 && !under_way.empty()) {
        auto whole = inbox.take(under_way.front());
        under_way.pop_front();
        CAF_REQUIRE(whole.has_value());
        if (*whole)
          arrived.push_back(std::move(**whole));
      } else if (choice == 3 && unacknowledged > under_way.size()) {
        outbox.acknowledged();
        --unacknowledged;
      }
      CAF_CHECK(unacknowledged <= most_parts_under_way);
    }
    for (std::size_t i = 0; i < sent.size(); ++i) {
      CAF_CHECK(arrived[i].content == sent[i].content);
      CAF_CHECK(arrived[i].bytes == sent[i].bytes);
    }
    CAF_CHECK(!outbox.next());
  }
}

CAF_TEST(no more parts go out than may be under way until one is acknowledged) {
  parcel_outbox outbox;
  outbox.put({parcel_content::made, std::string((most_parts_under_way + 2) * most_part_bytes, 'x')});
  for (std::size_t i = 0; i < most_parts_under_way; ++i)
    CAF_CHECK(outbox.next().has_value());
  CAF_CHECK(!outbox.next().has_value());
  outbox.acknowledged();
  CAF_CHECK(outbox.next().has_value());
  CAF_CHECK(!outbox.next().has_value());
}

CAF_TEST(parts that do not belong together or are none of ours are refused) {
  parcel_inbox inbox;
  CAF_CHECK(inbox.take({static_cast<std::uint8_t>(parcel_content::made), false, "a"}).has_value());
  const auto other = inbox.take({static_cast<std::uint8_t>(parcel_content::answer), true, "b"});
  CAF_REQUIRE(!other);
  CAF_CHECK(other.error().kind == error_kind::corrupt);
  CAF_CHECK(!parcel_inbox{}.take({200, true, {}}));
  CAF_CHECK(!parcel_inbox{}.take({0, true, std::string(most_part_bytes + 1, 'x')}));
}
