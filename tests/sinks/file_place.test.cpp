#define CAF_SUITE sinks.file_place

#include "sinks/file_place.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <caf/test/unit_test.hpp>

#include "../storage/temporary_folder.hpp"

using namespace throng;
using namespace throng::sinks;

namespace {

struct fixture {
  throng::test::temporary_folder folder;
  std::unique_ptr<file_place> place = make_folder(folder.path() / "lake");

  std::vector<std::string> files() {
    auto found = place->list("t");
    CAF_REQUIRE(found.has_value());
    return *found;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(file_place_tests, fixture)

CAF_TEST(a file appears whole between two questions) {
  std::vector<std::vector<std::string>> seen;
  auto put = place->put("t/hour=07/a.csv", "rows", [&]() -> expected<void> {
    seen.push_back(files());
    return {};
  });
  CAF_REQUIRE(put.has_value());
  CAF_CHECK((seen == std::vector<std::vector<std::string>>{{"t/hour=07/.a.csv.part"}, {"t/hour=07/a.csv"}}));
  std::ifstream in{folder.path() / "lake/t/hour=07/a.csv"};
  CAF_CHECK_EQUAL((std::string{std::istreambuf_iterator<char>{in}, {}}), "rows");
}

CAF_TEST(who is not wanted any more leaves nothing whenever it learns of it) {
  for (int wanted = 0; wanted < 2; ++wanted) {
    auto left = wanted;
    auto put = place->put("t/a.csv", "rows", [&]() -> expected<void> {
      if (left-- > 0)
        return {};
      return fail(error_kind::fenced, "taken over");
    });
    CAF_REQUIRE(!put.has_value());
    CAF_CHECK(put.error().kind == error_kind::fenced);
    CAF_CHECK(files().empty());
  }
}

CAF_TEST(nothing is listed where nothing is and removing twice is removing) {
  CAF_CHECK(files().empty());
  CAF_REQUIRE(place->put("t/a.csv", "", [] { return expected<void>{}; }).has_value());
  CAF_REQUIRE_EQUAL(files().size(), 1u);
  CAF_CHECK(place->remove("t/a.csv").has_value());
  CAF_CHECK(place->remove("t/a.csv").has_value());
  CAF_CHECK(files().empty());
}

CAF_TEST(a file that grows is there when it is finished and leaves nothing when it is not ) {
  {
    auto dropped = place->begin("t/a.csv");
    CAF_REQUIRE(dropped.has_value());
    CAF_REQUIRE((*dropped)->append("one").has_value());
    CAF_CHECK((files() == std::vector<std::string>{"t/.a.csv.part"}));
  }
  CAF_CHECK(files().empty());
  auto kept = place->begin("t/a.csv");
  CAF_REQUIRE(kept.has_value());
  CAF_REQUIRE((*kept)->append("one").has_value());
  CAF_REQUIRE((*kept)->append("two").has_value());
  CAF_CHECK(!*place->has("t/a.csv"));
  CAF_REQUIRE((*kept)->finish([] { return expected<void>{}; }).has_value());
  kept->reset();
  CAF_CHECK(*place->has("t/a.csv"));
  std::ifstream in{folder.path() / "lake/t/a.csv"};
  CAF_CHECK_EQUAL((std::string{std::istreambuf_iterator<char>{in}, {}}), "onetwo");
}

CAF_TEST(a folder that is a file is said and not tried again) {
  std::ofstream{folder.path() / "lake"} << "a file";
  auto put = place->put("t/a.csv", "rows", [] { return expected<void>{}; });
  CAF_REQUIRE(!put.has_value());
  CAF_CHECK(!put.error().retryable);
  CAF_CHECK(put.error().message.find("lake") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
