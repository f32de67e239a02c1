#include "analytics/flat_document.hpp"

#include "analytics/json_scanner.hpp"
#include "analytics/json_text.hpp"

namespace throng::analytics {

namespace json = boost::json;

namespace {

void flatten_into(flat_document& out, const std::string& prefix, const json::object& members) {
  for (const auto& [key, member] : members) {
    auto name = prefix + std::string(key);
    if (member.is_object() && !member.get_object().empty())
      flatten_into(out, name + ".", member.get_object());
    else
      out.emplace_back(std::move(name), &member);
  }
}

} // namespace

flat_document flatten(const json::object& document) {
  flat_document out;
  flatten_into(out, "", document);
  return out;
}

void append_json_text(std::string& out, const flat_document& document) {
  char separator = '{';
  for (const auto& [name, value] : document) {
    out += separator;
    append_json_string(out, name);
    out += ':';
    append_json_text(out, *value);
    separator = ',';
  }
  out += document.empty() ? "{}" : "}";
}

} // namespace throng::analytics
