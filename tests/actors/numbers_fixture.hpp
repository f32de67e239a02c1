// An analysis over two partitions of numbers, and what it must store in the end.
#pragma once

#include "analysis_fixture.hpp"

namespace throng::actors::test {

inline const transport::topic_partition n0{"numbers", 0};
inline const transport::topic_partition n1{"numbers", 1};

struct numbers_fixture : analysis_fixture {
  numbers_fixture() {
    topics->fill("numbers", 0, 95);
    topics->fill("numbers", 1, 42);
  }
  std::string stored(const std::string& id) const {
    return store.results()[id];
  }
  std::map<std::string, std::string> wanted() const {
    auto all = tally_results("tally", 0, 95);
    all.merge(tally_results("tally", 1, 42));
    return all;
  }
};

} // namespace throng::actors::test
