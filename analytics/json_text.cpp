#include "analytics/json_text.hpp"

#include <algorithm>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/json_scanner.hpp"
#include "analytics/value.hpp"

namespace throng::analytics {

namespace {

void append(std::string& out, const boost::json::value& x, bool sorted) {
  switch (x.kind()) {
  case boost::json::kind::null:
    out += "null";
    return;
  case boost::json::kind::bool_:
    out += x.get_bool() ? "true" : "false";
    return;
  case boost::json::kind::int64:
    out += std::to_string(x.get_int64());
    return;
  case boost::json::kind::uint64:
    out += std::to_string(x.get_uint64());
    return;
  case boost::json::kind::double_:
    append_json(out, value::of(x.get_double()));
    return;
  case boost::json::kind::string:
    append_json_string(out, {x.get_string().data(), x.get_string().size()});
    return;
  case boost::json::kind::array: {
    char before = '[';
    for (const auto& element : x.get_array()) {
      out += before;
      append(out, element, sorted);
      before = ',';
    }
    out += x.get_array().empty() ? "[]" : "]";
    return;
  }
  case boost::json::kind::object: {
    std::vector<const boost::json::key_value_pair*> fields;
    for (const auto& field : x.get_object())
      fields.push_back(&field);
    if (sorted)
      std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) { return a->key() < b->key(); });
    char before = '{';
    for (const auto* field : fields) {
      out += before;
      append_json_string(out, {field->key().data(), field->key().size()});
      out += ':';
      append(out, field->value(), sorted);
      before = ',';
    }
    out += fields.empty() ? "{}" : "}";
    return;
  }
  }
}

} // namespace

void append_json_text(std::string& out, const boost::json::value& x) {
  append(out, x, false);
}

void append_canonical_json(std::string& out, const boost::json::value& x) {
  append(out, x, true);
}

} // namespace throng::analytics
