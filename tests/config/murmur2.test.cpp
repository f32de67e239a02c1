#define CAF_SUITE config.murmur2

#include "config/murmur2.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace throng;

CAF_TEST(the hash agrees with the vectors of the Java client) {
  // From UtilsTest.testMurmur2 of Apache Kafka, as Java's signed ints.
  constexpr std::pair<std::string_view, std::int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (auto [key, hash] : vectors)
    CAF_CHECK_EQUAL(static_cast<std::int32_t>(murmur2(key)), hash);
}

CAF_TEST(a key with bytes above 127 hashes as unsigned bytes) {
  // (byte) 0xff in Java is masked with 0xff, in words and in the tail alike: had the sign spread, the other bytes of
  // the word would be lost, and these would collide.
  CAF_CHECK(murmur2("\xff\x01\x02\x03") != murmur2("\xff\x04\x05\x06"));
  CAF_CHECK(murmur2("\xff\x01") != murmur2("\xff\x02"));
}

CAF_TEST(a partition is within the count and takes the hash without its sign) {
  CAF_CHECK_EQUAL(partition_of("21", 4),
                  static_cast<std::int32_t>((static_cast<std::uint32_t>(-973932308) & 0x7fffffffU) % 4));
  CAF_CHECK(rc::check([](const std::string& key) {
    auto partitions = *rc::gen::inRange(1, 1000);
    auto partition = partition_of(key, partitions);
    RC_ASSERT(partition >= 0);
    RC_ASSERT(partition < partitions);
  }));
}
