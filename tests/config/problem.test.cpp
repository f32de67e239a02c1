#define CAF_SUITE config.problem

#include "config/problem.hpp"

#include <caf/test/unit_test.hpp>

#include "config/settings.hpp"
#include "config/source_map.hpp"

using namespace throng::config;

CAF_TEST(a problem prints its place if it has one) {
  CAF_CHECK_EQUAL(to_string({"a.json", 3, 7, "windows[0].tumbling", "is wrong"}),
                  "a.json:3:7: windows[0].tumbling: is wrong");
  CAF_CHECK_EQUAL(to_string({"--set", 0, 0, "seed", "is wrong"}), "--set: seed: is wrong");
  CAF_CHECK_EQUAL(to_string({"a.json", 1, 1, "", "is wrong"}), "a.json:1:1: is wrong");
}

CAF_TEST(the nearest name is one that was meant) {
  const std::vector<std::string> known{"count", "sum", "mean", "min", "max", "group_by"};
  CAF_CHECK_EQUAL(nearest_name("cuont", known), "count");
  CAF_CHECK_EQUAL(nearest_name("groupby", known), "group_by");
  CAF_CHECK_EQUAL(nearest_name("men", known), "mean");
  CAF_CHECK_EQUAL(nearest_name("average", known), "");
  CAF_CHECK_EQUAL(nearest_name("", known), "");
  CAF_CHECK_EQUAL(nearest_name("x", {}), "");
  CAF_CHECK_EQUAL(nearest_name(std::string(100'000, 'c'), known), "");
}

CAF_TEST(a problem stands at its path or at the nearest ancestor in the file) {
  source_map sut;
  sut.file = "f";
  sut.positions = {{"", {1, 1}}, {"a", {2, 3}}, {"a[0]", {2, 9}}, {"a[0].b", {2, 12}}, {"ab", {4, 1}}};
  sut.key_positions = {{"a[0].b", {2, 10}}};
  CAF_CHECK_EQUAL(to_string(sut.at("a[0].b", "x")), "f:2:12: a[0].b: x");
  CAF_CHECK_EQUAL(to_string(sut.at_key("a[0].b", "x")), "f:2:10: a[0].b: x");
  CAF_CHECK_EQUAL(to_string(sut.at("a[0].b.c[1]", "x")), "f:2:12: a[0].b.c[1]: x");
  CAF_CHECK_EQUAL(to_string(sut.at("a[1].b", "x")), "f:2:3: a[1].b: x");
  CAF_CHECK_EQUAL(to_string(sut.at("z", "x")), "f:1:1: z: x");
}

CAF_TEST(what an overlay covers is named after the overlay and nothing else is) {
  source_map sut;
  sut.file = "f";
  sut.positions = {{"", {1, 1}}, {"a", {2, 3}}, {"a[0].b", {2, 12}}, {"a.b", {3, 1}}, {"ab", {4, 1}}};
  sut.lay_over("a", "--set");
  CAF_CHECK_EQUAL(to_string(sut.at("a[0].b", "x")), "--set: a[0].b: x");
  CAF_CHECK_EQUAL(to_string(sut.at("a.b", "x")), "--set: a.b: x");
  CAF_CHECK_EQUAL(to_string(sut.at("ab", "x")), "f:4:1: ab: x");
}

CAF_TEST(a store is shown without its user and password and options) {
  CAF_CHECK_EQUAL(redacted_store("sqlite:throng.db"), "sqlite:throng.db");
  CAF_CHECK_EQUAL(redacted_store("mongodb://host:1/db"), "mongodb://host:1/db");
  CAF_CHECK_EQUAL(redacted_store("mongodb://me:secret@a:1,b:2/db"), "mongodb://***@a:1,b:2/db");
  CAF_CHECK_EQUAL(redacted_store("mongodb+srv://me:se@cr/et@host/db?tlsCertificateKeyFilePassword=secret"),
                  "mongodb+srv://***@host/db");
  CAF_CHECK_EQUAL(redacted_store("none"), "none");
}
