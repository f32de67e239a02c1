#define CAF_SUITE analytics.codec

#include "analytics/codec.hpp"

#include <cmath>

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "damaged_bytes.hpp"

using namespace throng::analytics;

CAF_TEST(what is written reads back in order and to the bit) {
  CAF_CHECK(
      rc::check([](std::uint8_t a, std::uint64_t b, std::int64_t c, std::uint64_t d, double e, const std::string& f) {
        std::string bytes;
        byte_writer out{bytes};
        out.u8(a);
        out.u64(b);
        out.i64(c);
        out.varint(d);
        out.real(e);
        out.text(f);
        byte_reader in{bytes};
        RC_ASSERT(in.u8() == a);
        RC_ASSERT(in.u64() == b);
        RC_ASSERT(in.i64() == c);
        RC_ASSERT(in.varint() == d);
        RC_ASSERT(std::bit_cast<std::uint64_t>(in.real()) == std::bit_cast<std::uint64_t>(e));
        RC_ASSERT(in.text() == f);
        RC_ASSERT(in.at_end());
      }));
}

CAF_TEST(numbers are little - endian and small ones short) {
  std::string bytes;
  byte_writer out{bytes};
  out.u64(0x0102030405060708U);
  out.varint(127);
  out.varint(128);
  CAF_CHECK_EQUAL(bytes, std::string("\x08\x07\x06\x05\x04\x03\x02\x01\x7f\x80\x01", 11));
}

CAF_TEST(bytes that end too soon are refused at every place) {
  std::string bytes;
  byte_writer out{bytes};
  out.u64(1);
  out.varint(UINT64_MAX);
  out.text("hello");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    byte_reader in{std::string_view{bytes}.substr(0, size)};
    CAF_CHECK(throng::test::refuses([&] {
      in.u64();
      in.varint();
      in.text();
    }));
  }
}

CAF_TEST(a number of more than 64 bits is refused) {
  auto read = [](std::string bytes) {
    byte_reader in{bytes};
    return in.varint();
  };
  CAF_CHECK_EQUAL(read(std::string(9, '\xff') + '\x01'), UINT64_MAX);
  CAF_CHECK(throng::test::refuses([&] { read(std::string(9, '\xff') + '\x02'); }));
  CAF_CHECK(throng::test::refuses([&] { read(std::string(10, '\xff') + '\x01'); }));
}

CAF_TEST(a count greater than the bytes that are left is refused before anything is made) {
  std::string bytes;
  byte_writer out{bytes};
  out.varint(1'000'000'000'000);
  byte_reader in{bytes};
  CAF_CHECK(throng::test::refuses([&] { in.count(); }));
}
