// A definition and a message, divided by a line end: what compiles can be evaluated, gives a value that can be read or a type error, leaves
// nothing behind and gives the same again.
#include <string>

#include <boost/json/parse.hpp>

#include "analytics/decoder.hpp"
#include "analytics/expression.hpp"
#include "analytics/json_scanner.hpp"
#include "target.hpp"

using namespace throng;
using namespace throng::analytics;
using fuzz::must;

namespace {

void evaluate(const boost::json::value& definition, std::string_view message) {
  field_table fields;
  auto compiled = expression::compile(definition, "derive.x", fields, name_scope::message);
  if (!compiled) {
    must(!compiled.error().empty() && !compiled.error().front().sentence.empty(), "what is wrong is said");
    return;
  }
  decoder decode{config::pipeline{}, fields};
  event e;
  if (decode.decode(message, {}, e))
    return;
  std::string before;
  for (int i = 0; i < 2; ++i) {
    bool type_error = false;
    auto x = compiled->evaluate(e, type_error);
    must(e.stack.empty(), "no value stays on the stack");
    must(!type_error || x.kind() == value_kind::null, "a type error gives null");
    std::string json;
    append_json(json, x);
    must(valid_json(json), "a result is JSON");
    must(x.kind() != value_kind::text || valid_utf8(x.text()), "text is UTF-8");
    must(i == 0 || json == before, "the same again");
    before = json;
  }
}

void match_with(const boost::json::object& definition, std::string_view message) {
  field_table fields;
  auto compiled = match::compile(definition, "where", fields, name_scope::message);
  auto contrary = match::compile({{"$nor", boost::json::array{definition}}}, "where", fields, name_scope::message);
  must(compiled.has_value() == contrary.has_value(), "a condition and its contrary compile alike");
  if (!compiled)
    return;
  decoder decode{config::pipeline{}, fields};
  event e;
  if (decode.decode(message, {}, e))
    return;
  must(compiled->matches(e) != contrary->matches(e), "a condition and its contrary never both hold");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  auto text = fuzz::text_of(bytes, size);
  auto line = text.find('\n');
  if (line == std::string_view::npos)
    return 0;
  boost::json::error_code wrong;
  auto definition = boost::json::parse({text.data(), line}, wrong);
  if (wrong)
    return 0;
  auto message = text.substr(line + 1);
  evaluate(definition, message);
  if (const auto* object = definition.if_object())
    match_with(*object, message);
  return 0;
}
