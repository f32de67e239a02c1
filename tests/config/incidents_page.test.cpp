// docs/reference/scenario.md against the schema: every kind of incident stands there, with the schema's duration, sentence and figures.
#define CAF_SUITE config.incidents_page

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <caf/test/unit_test.hpp>

#include "config/load.hpp"
#include "config/scenario.hpp"

using namespace throng;
using namespace throng::config;

namespace {

/// Cells are divided by ` | `, which no sentence holds.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  auto at = std::size_t{2};
  for (auto end = line.find(" |", at); end != std::string::npos; at = end + 3, end = line.find(" |", at))
    cells.push_back(line.substr(at, end - at));
  return cells;
}

/// The rows of the tables of incidents by kind: those whose first cell is `DOMAIN.KIND`.
std::map<std::string, std::vector<std::string>> rows_of_page() {
  std::ifstream page{PAGE};
  std::map<std::string, std::vector<std::string>> rows;
  bool among_incidents = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("## "))
      among_incidents = line == "## Incidents";
    if (!among_incidents || !line.starts_with("| `"))
      continue;
    auto cells = cells_of(line);
    if (cells.size() == 5)
      rows[cells[0].substr(1, cells[0].size() - 2)] = cells;
  }
  return rows;
}

} // namespace

CAF_TEST(every kind of incident of the schema stands on the page with what the schema says of it) {
  const auto text = scenario_schema();
  const auto schema = boost::json::parse(boost::json::string_view{text.data(), text.size()});
  const auto& in_schema = schema.at("definitions").at("incident_kinds").at("properties").as_object();
  const auto rows = rows_of_page();
  for (const auto& kind : incident_kinds()) {
    const auto row = rows.find(kind.name);
    if (row == rows.end()) {
      CAF_ERROR(kind.name << " is not on the page");
      continue;
    }
    CAF_CHECK_EQUAL(row->second[1], format_duration(kind.default_duration));
    CAF_CHECK_EQUAL(row->second[2], kind.malicious ? "yes" : "no");
    CAF_CHECK_EQUAL(row->second[3], kind.sentence);
    CAF_CHECK_EQUAL(row->second[4], std::string{in_schema.at(kind.name).at("figures").as_string()});
  }
  CAF_CHECK_EQUAL(rows.size(), incident_kinds().size());
  CAF_CHECK_EQUAL(in_schema.size(), incident_kinds().size());
}
