#define CAF_SUITE transport.record_line

#include <caf/test/unit_test.hpp>
#include <rapidcheck.h>

#include "transport/groups.hpp"
#include "transport/record_line.hpp"

using namespace throng::transport;

CAF_TEST(base64 is that of RFC 4648) {
  // The vectors of its section 10.
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CAF_CHECK_EQUAL(encode_base64(bytes), text);
    CAF_CHECK_EQUAL(decode_base64(text).value_or("none"), bytes);
  }
  CAF_CHECK(!decode_base64("Zg="));
  CAF_CHECK(!decode_base64("Z*=="));
}

CAF_TEST(a record that was written is read as it was) {
  CAF_CHECK(rc::check("record", [](const std::string& key, const std::string& value, bool has_key, bool has_value) {
    record made{3,
                42,
                1'767'592'800'000,
                has_key ? std::optional{key} : std::nullopt,
                has_value ? std::optional{value} : std::nullopt,
                {{"h\"", value}, {"h\"", key}}};
    const auto line = record_line(made);
    RC_ASSERT(line.find('\n') == std::string::npos);
    const auto read = parse_record(line);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->partition == made.partition && read->offset == made.offset &&
              read->timestamp_ms == made.timestamp_ms);
    RC_ASSERT(read->key == made.key && read->value == made.value);
  }));
  CAF_CHECK_EQUAL(
      record_line({0, 1, -1, std::nullopt, "x", {{"reason", "late"}}}),
      R"({"partition":0,"offset":1,"timestamp":null,"key":null,"headers":[["reason","bGF0ZQ=="]],"value":"eA=="})");
}

CAF_TEST(lag counts what the partition holds and the group has not committed) {
  group_partition of{{"t", 0}, 30, 10, 100, ""};
  CAF_CHECK_EQUAL(of.lag(), 70);
  of.committed = 5; // gone by its age since
  CAF_CHECK_EQUAL(of.lag(), 90);
  of.committed.reset();
  CAF_CHECK_EQUAL(of.lag(), 90);
  of.committed = 100;
  CAF_CHECK_EQUAL(of.lag(), 0);
}
