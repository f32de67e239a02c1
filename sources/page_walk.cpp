#include "sources/page_walk.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <xxhash.h>

#include "config/percent_encoding.hpp"

namespace throng::sources {

namespace {

using config::paging_kind;

std::string filled(const std::string& text, const config::named_texts& params) {
  return config::fill_in(text, params).value_or(text); // config/ has made sure
}

config::named_texts filled(config::named_texts texts, const config::named_texts& params) {
  for (auto& [name, value] : texts)
    value = filled(value, params);
  return texts;
}

std::string hash_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts)
    all += fmt::format("{}:{};", text.size(), text);
  const auto hash = XXH3_128bits(all.data(), all.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// Of what decides which pages there are and what rows are taken from them. Not of secrets: a new key does not make a new source.
std::string request_hash(const config::ingest& of) {
  std::vector<std::string> texts{of.url,
                                 of.topic,
                                 of.id,
                                 of.rows.at,
                                 std::to_string(static_cast<int>(of.rows.as)),
                                 std::to_string(static_cast<int>(of.paging.by)),
                                 of.paging.parameter,
                                 of.paging.size_parameter,
                                 std::to_string(of.paging.size),
                                 std::to_string(of.paging.first),
                                 of.paging.at};
  for (const auto& [name, value] : of.query) {
    texts.push_back(name);
    texts.push_back(value);
  }
  return hash_of(texts);
}

std::int64_t number_at(const config::ingest_paging& paging, const page_place& at) {
  auto number = paging.first;
  std::from_chars(at.data(), at.data() + at.size(), number);
  return number;
}

void add_parameter(std::string& url, const std::string& name, const std::string& value) {
  url += url.find('?') == std::string::npos ? '?' : '&';
  url += config::percent_encoded(name) + '=' + config::percent_encoded(value);
}

/// A link without the parameter that holds the key: a place is remembered, the key is not.
std::string without_key(std::string url, const config::ingest_auth& auth) {
  if (auth.kind != config::ingest_auth::scheme::query)
    return url;
  const auto name = config::percent_encoded(auth.name) + "=";
  for (auto at = url.find(name, url.find('?')); at != std::string::npos; at = url.find(name, at)) {
    if (url[at - 1] != '?' && url[at - 1] != '&') {
      ++at;
      continue;
    }
    const auto end = url.find_first_of("&#", at);
    url.erase(at, end == std::string::npos ? end : end - at + (url[end] == '&' ? 1 : 0));
    if (url.back() == '&' || url.back() == '?')
      url.pop_back();
    at = std::min(at, url.size());
  }
  return url;
}

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string made;
  std::uint32_t held = 0;
  int bits = 0;
  for (const unsigned char c : bytes) {
    held = (held << 8U) | c;
    for (bits += 8; bits >= 6; bits -= 6)
      made += digits[(held >> static_cast<unsigned>(bits - 6)) & 63U];
  }
  if (bits > 0)
    made += digits[(held << static_cast<unsigned>(6 - bits)) & 63U];
  made.append((4 - made.size() % 4) % 4, '=');
  return made;
}

} // namespace

std::vector<source> sources_of(const config::ingest& how) {
  std::vector<source> made;
  for (const auto& each : how.for_each.empty() ? std::vector<config::named_texts>{{}} : how.for_each) {
    source one{how, how.name, {}};
    for (const auto& [name, value] : each) {
      const auto found = std::find_if(one.how.params.begin(), one.how.params.end(),
                                      [&wanted = name](const auto& param) { return param.first == wanted; });
      if (found == one.how.params.end())
        one.how.params.emplace_back(name, value);
      else
        found->second = value;
    }
    auto params = one.how.params;
    std::sort(params.begin(), params.end());
    for (const auto& [name, value] : params)
      one.id += fmt::format("/{}={}", config::percent_encoded(name), config::percent_encoded(value));
    one.how.url = filled(how.url, params);
    one.how.query = filled(how.query, params);
    one.how.headers = filled(how.headers, params);
    one.how.add = filled(how.add, params);
    one.how.for_each.clear();
    one.request = request_hash(one.how);
    made.push_back(std::move(one));
  }
  return made;
}

expected<http_request> request_of(const config::ingest& how, const page_place& at) {
  http_request made;
  const auto& paging = how.paging;
  if (paging.by == paging_kind::link && !at.empty()) {
    made.url = resolve_url(how.url, at);
    if (origin_of(made.url) != origin_of(how.url))
      return fail(error_kind::invalid,
                  fmt::format("the next page is said to be at {}, another place than {}: it is not asked there",
                              origin_of(made.url), origin_of(how.url)));
  } else {
    made.url = how.url;
    for (const auto& [name, value] : how.query)
      add_parameter(made.url, name, value);
    if (!paging.size_parameter.empty())
      add_parameter(made.url, paging.size_parameter, std::to_string(paging.size));
    if (paging.by == paging_kind::page || paging.by == paging_kind::offset)
      add_parameter(made.url, paging.parameter, std::to_string(number_at(paging, at)));
    if (paging.by == paging_kind::cursor && !at.empty())
      add_parameter(made.url, paging.parameter, at);
  }
  made.headers.emplace_back("Accept: application/json");
  for (const auto& [name, value] : how.headers)
    made.headers.push_back(fmt::format("{}: {}", name, value));
  switch (how.auth.kind) {
  case config::ingest_auth::scheme::none:
    break;
  case config::ingest_auth::scheme::bearer:
    made.headers.push_back("Authorization: Bearer " + how.auth.secret);
    break;
  case config::ingest_auth::scheme::basic:
    made.headers.push_back("Authorization: Basic " + base64(how.auth.name + ":" + how.auth.secret));
    break;
  case config::ingest_auth::scheme::header:
    made.headers.push_back(how.auth.name + ": " + how.auth.secret);
    break;
  case config::ingest_auth::scheme::query:
    // A link may have it already.
    if (const auto name = config::percent_encoded(how.auth.name) + "=";
        made.url.find('?' + name) == std::string::npos && made.url.find('&' + name) == std::string::npos)
      add_parameter(made.url, how.auth.name, how.auth.secret);
    break;
  }
  return made;
}

const char* to_string(walk_end why) {
  switch (why) {
  case walk_end::none:
    return "not at an end";
  case walk_end::single_page:
    return "the one page";
  case walk_end::empty_page:
    return "an empty page";
  case walk_end::short_page:
    return "a short page";
  case walk_end::no_next:
    return "no next page";
  case walk_end::repeated_page:
    return "a page that repeats the one before";
  case walk_end::page_limit:
    return "as many pages as were asked for";
  case walk_end::stopped:
    return "stopped";
  }
  return "";
}

page_step step_from(const config::ingest& how, const page_place& at, std::size_t rows, const std::string& next) {
  const auto& paging = how.paging;
  if (paging.by == paging_kind::none)
    return {at, walk_end::single_page};
  if (rows == 0)
    return {at, walk_end::empty_page};
  const bool numbered = paging.by == paging_kind::page || paging.by == paging_kind::offset;
  // A server that says where the next page is knows better than the number of rows does.
  if (numbered && paging.size > 0 && rows < static_cast<std::size_t>(paging.size))
    return {at, walk_end::short_page};
  if (numbered)
    return {
        std::to_string(number_at(paging, at) + (paging.by == paging_kind::page ? 1 : static_cast<std::int64_t>(rows))),
        walk_end::none};
  if (next.empty())
    return {at, walk_end::no_next};
  auto place = paging.by == paging_kind::link ? without_key(next, how.auth) : next;
  if (place == at)
    return {at, walk_end::repeated_page};
  return {std::move(place), walk_end::none};
}

} // namespace throng::sources
