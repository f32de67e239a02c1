#include "analytics/json_element.hpp"

namespace throng::analytics {

value take_element(json_scanner& in, std::string& made) {
  switch (in.peek()) {
  case '"': {
    json_string token;
    in.take_string(token);
    if (!token.escaped)
      return value::of(token.raw);
    made.clear();
    append_unescaped(made, token);
    return value::of(std::string_view{made});
  }
  case '[':
  case '{': {
    bool array = in.peek() == '[';
    const char* first = in.position();
    in.skip_value(1);
    std::string_view text{first, static_cast<std::size_t>(in.position() - first)};
    return array ? value::array(text) : value::object(text);
  }
  case 't':
  case 'f':
  case 'n': {
    value literal;
    in.take_literal(literal);
    return literal;
  }
  default: {
    json_number token;
    in.take_number(token);
    return number_value(token);
  }
  }
}

} // namespace throng::analytics
