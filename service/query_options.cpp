#include "service/query_options.hpp"

#include <tuple>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "service/input_options.hpp"

namespace throng::service {

expected<query::request> resolve(const query_options& options) {
  auto request = options.request;
  auto subject = query::parse_subject(options.subject);
  if (!subject)
    return tl::unexpected{subject.error()};
  request.subject = *subject;
  for (const auto& pair : options.group) {
    auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(error_kind::invalid, fmt::format("--group {}: must be NAME=VALUE, as in district=district-03", pair));
    request.group.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
  }
  for (auto [text, into, option] :
       {std::tuple{&options.from, &request.from, "--from"}, std::tuple{&options.to, &request.to, "--to"}}) {
    if (text->empty())
      continue;
    auto time = parse_time(*text, wall_now());
    if (!time)
      return fail(error_kind::invalid, fmt::format("{} {}: {}", option, *text, time.error().message));
    *into = *time;
  }
  if (!options.where.empty()) {
    boost::json::error_code code;
    auto value = boost::json::parse(options.where, code);
    if (code || !value.is_object())
      return fail(
          error_kind::invalid,
          fmt::format("--where {}: must be a JSON object, as in '{{\"events\": {{\"$gt\": 10}}}}'", options.where));
    request.where = value.as_object();
  }
  if (!options.rollup.empty()) {
    auto length = parse_duration(options.rollup);
    if (!length)
      return fail(error_kind::invalid, fmt::format("--rollup {}: {}", options.rollup, length.error().message));
    request.rollup = *length;
  }
  if (!options.gap.empty()) {
    auto gap = parse_duration(options.gap);
    if (!gap)
      return fail(error_kind::invalid, fmt::format("--gap {}: {}", options.gap, gap.error().message));
    request.gap = *gap;
  }
  return request;
}

} // namespace throng::service
