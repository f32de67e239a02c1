#include "analytics/cell_value.hpp"

#include "analytics/json_scanner.hpp"

namespace throng::analytics {

value scalar_of(std::string_view text) {
  json_scanner in{text};
  value found;
  auto first = text.empty() ? ' ' : text.front();
  if (first == '-' || (first >= '0' && first <= '9')) {
    json_number token;
    if (in.take_number(token) && in.take_end() && token.text.size() == text.size())
      found = number_value(token);
  } else if (text == "true" || text == "false") {
    found = value::of(text == "true");
  }
  return found;
}

value cell_value(const csv_cell& from) {
  const std::string_view text{from.text};
  if (from.quoted)
    return value::of(text);
  if (text.empty())
    return value::null();
  auto scalar = scalar_of(text);
  return scalar.is_nothing() ? value::of(text) : scalar;
}

} // namespace throng::analytics
