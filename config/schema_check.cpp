// The one file that includes valijson: it takes twelve seconds to compile.
#include "config/schema_check.hpp"

#include <charconv>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "config/schema_explain.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

/// What valijson says of one value. Its contexts are `<root>`, `[key]`, `[index]`.
struct complaints {
  std::vector<std::string> context;
  bool pattern_failed = false;
  std::string last; ///< in valijson's words
};

bool is_within(const std::string& path, const std::string& outer) {
  return path.compare(0, outer.size(), outer) == 0;
}

/// Walks from the root to where a complaint points, and explains what is there.
void explain(document& in, const schema_explainer& explainer, const json::object& schema, const complaints& about) {
  const json::value* value = &in.root;
  auto schemas = explainer.expand(schema, *value);
  std::string path;
  for (std::size_t i = 1; i < about.context.size(); ++i) {
    auto step = about.context[i].substr(1, about.context[i].size() - 2);
    if (const auto* array = value->if_array()) {
      std::size_t index = 0;
      std::from_chars(step.data(), step.data() + step.size(), index);
      if (index >= array->size())
        return;
      value = &(*array)[index];
      schemas = explainer.of_element(schemas, *value);
      path = element_path(path, index);
    } else {
      const auto* object = value->if_object();
      value = object ? object->if_contains(step) : nullptr;
      if (!value)
        return;
      schemas = explainer.of_member(schemas, step, *value);
      path = member_path(path, step);
    }
  }
  explainer.explain(in, path, *value, schemas, about.pattern_failed);
  // Complaints about a parent mostly repeat those about its members, which come first. One that nothing explains is
  // shown as it is rather than lost.
  for (const auto& problem : in.found)
    if (is_within(problem.path, path))
      return;
  in.report(path, fmt::format("{} is not allowed: {}", in.shown(path, *value), about.last));
}

} // namespace

void check_schema(document& in, const json::value& schema) {
  valijson::Schema compiled;
  valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
  valijson::adapters::BoostJsonAdapter schema_adapter{schema};
  parser.populateSchema(schema_adapter, compiled);

  valijson::Validator validator;
  valijson::ValidationResults results;
  valijson::adapters::BoostJsonAdapter target{in.root};
  if (validator.validate(compiled, target, &results))
    return;

  // The deepest first: what they explain, their parents need not repeat.
  std::map<std::pair<std::ptrdiff_t, std::string>, complaints> by_place;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    std::string place;
    for (const auto& step : error.context)
      place += step;
    auto& about = by_place[{-static_cast<std::ptrdiff_t>(error.context.size()), place}];
    about.context = error.context;
    about.pattern_failed |= error.description.rfind("Failed to match regex", 0) == 0;
    about.last = error.description;
  }
  schema_explainer explainer{schema.get_object()};
  for (const auto& [place, about] : by_place)
    explain(in, explainer, schema.get_object(), about);
}

} // namespace throng::config
