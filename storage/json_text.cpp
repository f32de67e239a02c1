#include "storage/json_text.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

namespace throng::storage {

namespace {

namespace json = boost::json;

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    out.append(text, plain_from, i - plain_from);
    plain_from = i + 1;
    out.push_back('\\');
    switch (c) {
    case '"':
    case '\\':
      out.push_back(static_cast<char>(c));
      break;
    case '\n':
      out.push_back('n');
      break;
    case '\r':
      out.push_back('r');
      break;
    case '\t':
      out.push_back('t');
      break;
    default:
      out.append("u00").push_back(hex[c >> 4U]);
      out.push_back(hex[c & 15U]);
    }
  }
  out.append(text, plain_from, text.size() - plain_from);
  out.push_back('"');
}

template <class Number>
void append_number(std::string& out, Number x) {
  char digits[32];
  auto [end, ec] = std::to_chars(std::begin(digits), std::end(digits), x);
  (void)ec; // 32 bytes hold every 64-bit number in its shortest form
  out.append(digits, end);
}

void append_double(std::string& out, double x) {
  if (!std::isfinite(x)) {
    out.append("null");
    return;
  }
  auto from = out.size();
  append_number(out, x);
  if (out.find_first_of(".e", from) == std::string::npos)
    out.append(".0");
}

/// What boost::json::parser does, but for doubles.
class exact_handler {
public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value_stack stack;

  void begin(json::storage_ptr memory) {
    number_.clear();
    stack.reset(std::move(memory));
  }

  bool on_document_begin(json::error_code&) {
    return true;
  }
  bool on_document_end(json::error_code&) {
    return true;
  }
  bool on_object_begin(json::error_code&) {
    return true;
  }
  bool on_object_end(std::size_t n, json::error_code&) {
    stack.push_object(n);
    return true;
  }
  bool on_array_begin(json::error_code&) {
    return true;
  }
  bool on_array_end(std::size_t n, json::error_code&) {
    stack.push_array(n);
    return true;
  }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_key(json::string_view s, std::size_t, json::error_code&) {
    stack.push_key(s);
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, json::error_code&) {
    stack.push_chars(s);
    return true;
  }
  bool on_string(json::string_view s, std::size_t, json::error_code&) {
    stack.push_string(s);
    return true;
  }
  bool on_number_part(json::string_view s, json::error_code&) {
    number_.append(s.data(), s.size());
    return true;
  }
  bool on_int64(std::int64_t x, json::string_view, json::error_code&) {
    number_.clear();
    stack.push_int64(x);
    return true;
  }
  bool on_uint64(std::uint64_t x, json::string_view, json::error_code&) {
    number_.clear();
    stack.push_uint64(x);
    return true;
  }
  bool on_double(double, json::string_view last, json::error_code& ec) {
    number_.append(last.data(), last.size());
    double x = 0;
    auto read = std::from_chars(number_.data(), number_.data() + number_.size(), x);
    bool whole = read.ec == std::errc{} && read.ptr == number_.data() + number_.size();
    number_.clear();
    if (!whole) {
      ec = json::error::exponent_overflow;
      return false;
    }
    stack.push_double(x);
    return true;
  }
  bool on_bool(bool x, json::error_code&) {
    stack.push_bool(x);
    return true;
  }
  bool on_null(json::error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) {
    return true;
  }
  bool on_comment(json::string_view, json::error_code&) {
    return true;
  }

private:
  std::string number_;
};

} // namespace

void append_json_text(std::string& out, const json::object& x) {
  char separator = '{';
  for (const auto& [key, member] : x) {
    out.push_back(separator);
    append_text(out, {key.data(), key.size()});
    out.push_back(':');
    append_json_text(out, member);
    separator = ',';
  }
  out.append(x.empty() ? "{}" : "}");
}

void append_json_text(std::string& out, const json::value& x) {
  switch (x.kind()) {
  case json::kind::null:
    out.append("null");
    break;
  case json::kind::bool_:
    out.append(x.get_bool() ? "true" : "false");
    break;
  case json::kind::int64:
    append_number(out, x.get_int64());
    break;
  case json::kind::uint64:
    append_number(out, x.get_uint64());
    break;
  case json::kind::double_:
    append_double(out, x.get_double());
    break;
  case json::kind::string:
    append_text(out, {x.get_string().data(), x.get_string().size()});
    break;
  case json::kind::array: {
    char separator = '[';
    for (const auto& member : x.get_array()) {
      out.push_back(separator);
      append_json_text(out, member);
      separator = ',';
    }
    out.append(x.get_array().empty() ? "[]" : "]");
    break;
  }
  case json::kind::object:
    append_json_text(out, x.get_object());
    break;
  }
}

std::string to_json_text(const json::object& x) {
  std::string out;
  append_json_text(out, x);
  return out;
}

struct json_reader::implementation {
  json::basic_parser<exact_handler> parser{options()};

  static json::parse_options options() {
    json::parse_options made;
    made.max_depth = 256;
    made.allow_invalid_utf8 = true;
    return made;
  }
};

json_reader::json_reader()
    : impl_(std::make_unique<implementation>()) {}

json_reader::~json_reader() = default;

expected<json::object> json_reader::read(std::string_view text, json::storage_ptr memory) {
  auto& parser = impl_->parser;
  json::error_code ec;
  parser.reset();
  parser.handler().begin(std::move(memory));
  auto taken = parser.write_some(false, text.data(), text.size(), ec);
  if (ec || taken != text.size()) {
    auto reason = ec ? ec.message() : std::string("something follows the value");
    return fail(error_kind::corrupt, "a stored document is not readable JSON: " + reason);
  }
  auto root = parser.handler().stack.release();
  if (!root.is_object())
    return fail(error_kind::corrupt, "a stored document is not a JSON object");
  return std::move(root.get_object());
}

expected<json::object> parse_json_object(std::string_view text) {
  return json_reader{}.read(text);
}

} // namespace throng::storage
