#include "sinks/row_fields.hpp"

#include "analytics/value.hpp"
#include "sinks/row_text.hpp"

namespace throng::sinks {

using analytics::json_number;
using analytics::json_scanner;
using analytics::json_string;

bool read_cell(json_scanner& in, cell& out) {
  const auto next = in.peek();
  if (next == '"') {
    json_string token;
    if (!in.take_string(token))
      return false;
    out = {token.raw, cell::what::text, token.escaped, false};
    return true;
  }
  if (next == '-' || (next >= '0' && next <= '9')) {
    json_number token;
    if (!in.take_number(token))
      return false;
    out = {token.text, cell::what::number, false, token.integral};
    return true;
  }
  const auto* begin = in.position();
  if (!in.skip_value(1))
    return false;
  const std::string_view raw{begin, static_cast<std::size_t>(in.position() - begin)};
  const auto is = next == 'n' ? cell::what::null : next == 't' || next == 'f' ? cell::what::flag : cell::what::nested;
  out = {raw, is, false, false};
  return true;
}

std::optional<std::int64_t> integer_of(const cell& value) {
  const auto made = analytics::number_value({value.raw, value.integral});
  return made.kind() == analytics::value_kind::integer ? std::optional{made.integer()} : std::nullopt;
}

std::optional<timestamp> time_of(const cell& value, iso8601_reader& reader) {
  if (value.escaped)
    return std::nullopt;
  auto time = reader(value.raw);
  return time && *time >= least_timestamp && *time <= greatest_timestamp ? time : std::nullopt;
}

std::size_t row_fields::named(const json_string& token, std::size_t turn, bool adding) {
  if (turn < usual_.size() && !token.escaped && usual_[turn].first == token.raw)
    return usual_[turn].second;
  auto name = token.raw;
  if (token.escaped) {
    unescaped_.clear();
    analytics::append_unescaped(unescaped_, token);
    name = unescaped_;
  }
  for (auto own : place_names)
    if (skip_places_ && name == own)
      return SIZE_MAX;
  key_.assign(name);
  auto found = by_name_.find(key_);
  if (found == by_name_.end() && !adding)
    return SIZE_MAX;
  const auto place = found != by_name_.end() ? found->second : add(key_);
  if (usual_.size() <= turn)
    usual_.resize(turn + 1);
  if (!token.escaped)
    usual_[turn] = {std::string{token.raw}, place};
  return place;
}

} // namespace throng::sinks
