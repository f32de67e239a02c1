#include "config/ingest.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/fields.hpp"
#include "config/readers.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

constexpr std::size_t most_sources = 256;

/// A text as it is, and what else may stand for one.
std::string text_of(const json::value& value) {
  if (value.is_string())
    return std::string{value.get_string()};
  if (value.is_double())
    return fmt::format("{}", value.get_double());
  return json::serialize(value);
}

void read_texts(const fields& from, const std::string& key, named_texts& into) {
  from.inner(key).for_each_member([&](const std::string& name, const json::value& value, const std::string&) {
    if (!value.is_structured() && !value.is_null())
      into.emplace_back(name, text_of(value));
  });
}

void put(named_texts& into, const std::string& name, const std::string& value) {
  auto found = std::find_if(into.begin(), into.end(), [&](const auto& each) { return each.first == name; });
  if (found == into.end())
    into.emplace_back(name, value);
  else
    found->second = value;
}

named_texts over(named_texts base, const named_texts& upper) {
  for (const auto& [name, value] : upper)
    put(base, name, value);
  return base;
}

void read_for_each(const fields& from, ingest& into) {
  const auto* given = from.find("for_each");
  if (given == nullptr)
    return;
  if (given->is_array()) {
    from.for_each_element("for_each", [&](const fields& one, std::size_t) {
      named_texts each;
      one.for_each_member([&](const std::string& name, const json::value& value, const std::string&) {
        put(each, name, text_of(value));
      });
      into.for_each.push_back(std::move(each));
    });
  } else {
    std::vector<named_texts> made{{}};
    from.inner("for_each").for_each_member([&](const std::string& name, const json::value& list, const std::string&) {
      if (!list.is_array() || made.size() > most_sources)
        return;
      std::vector<named_texts> longer;
      for (const auto& each : made)
        for (const auto& value : list.get_array()) {
          longer.push_back(each);
          put(longer.back(), name, text_of(value));
        }
      made = std::move(longer);
    });
    into.for_each = std::move(made);
  }
  if (into.for_each.size() > most_sources)
    from.report("for_each",
                fmt::format("gives {} sources; at most {} are read at once", into.for_each.size(), most_sources));
  for (std::size_t i = 0; i < into.for_each.size(); ++i)
    if (std::find(into.for_each.begin() + static_cast<std::ptrdiff_t>(i) + 1, into.for_each.end(), into.for_each[i]) !=
        into.for_each.end()) {
      from.report("for_each", "names the same source twice");
      break;
    }
}

void read_auth(const fields& from, ingest_auth& into) {
  if (!from.has("auth"))
    return;
  const auto auth = from.inner("auth");
  int given = 0;
  auth.for_each_member([&](const std::string& name, const json::value&, const std::string&) {
    ++given;
    const auto one = auth.inner(name);
    if (name == "bearer") {
      into.kind = ingest_auth::scheme::bearer;
      auth.read(name, into.secret);
    } else if (name == "basic") {
      into.kind = ingest_auth::scheme::basic;
      one.read("user", into.name);
      one.read("password", into.secret);
    } else {
      into.kind = name == "header" ? ingest_auth::scheme::header : ingest_auth::scheme::query;
      one.read("name", into.name);
      one.read("key", into.secret);
    }
  });
  if (given > 1)
    from.report("auth", "has several ways to say who asks; give one of bearer, basic, header, query");
}

void read_paging(const fields& from, ingest_paging& into) {
  if (!from.has("paging"))
    return;
  const auto paging = from.inner("paging");
  std::string by;
  paging.read("by", by);
  constexpr std::array<std::pair<std::string_view, paging_kind>, 4> kinds{{{"page", paging_kind::page},
                                                                           {"offset", paging_kind::offset},
                                                                           {"cursor", paging_kind::cursor},
                                                                           {"link", paging_kind::link}}};
  for (const auto& [name, kind] : kinds)
    if (by == name)
      into.by = kind;
  const bool numbered = into.by == paging_kind::page || into.by == paging_kind::offset;
  into.parameter = by;
  into.first = into.by == paging_kind::offset ? 0 : 1;
  paging.read("parameter", into.parameter);
  paging.read("size_parameter", into.size_parameter);
  paging.read("size", into.size);
  paging.read("first", into.first);
  paging.read("at", into.at);
  if (into.by == paging_kind::cursor && into.at.empty())
    paging.report("by", "a cursor needs `at`: where the reply has it");
  if (numbered && paging.has("at"))
    paging.report("at", fmt::format("belongs to cursor and link; with {} leave it out", by));
  if (!numbered && paging.has("first"))
    paging.report("first", "belongs to page and offset; leave it out");
  if (into.by == paging_kind::link && paging.has("parameter"))
    paging.report("parameter", "the link itself says which page; leave it out");
  if (!into.size_parameter.empty() && into.size == 0)
    paging.report("size_parameter", "needs `size`: how many rows a page is to have");
}

void read_rows(const fields& from, ingest_rows& into) {
  const auto rows = from.inner("rows");
  rows.read("at", into.at);
  std::string as;
  rows.read("as", as);
  into.as = as == "columns"  ? ingest_rows::shape::columns
            : as == "arrays" ? ingest_rows::shape::arrays
                             : ingest_rows::shape::objects;
  rows.read("names", into.names);
  if ((into.as == ingest_rows::shape::arrays) != !into.names.empty())
    rows.report("names", into.names.empty() ? "arrays need the names of their elements"
                                            : "belongs to \"as\": \"arrays\"; leave it out");
}

/// Each `{name}` must be one of the params, for every source.
void check_names(const fields& from, const ingest& of) {
  auto sources = of.for_each.empty() ? std::vector<named_texts>{{}} : of.for_each;
  std::vector<std::string> known;
  for (const auto& [name, value] : over(of.params, sources.front()))
    known.push_back(name);
  auto check = [&](const std::string& path, const std::string& text) {
    for (const auto& each : sources)
      if (auto made = fill_in(text, over(of.params, each)); !made) {
        auto nearest = nearest_name(made.error(), known);
        from.in().report(path, fmt::format("{{{}}} is none of params{}; write {{{{ for a brace", made.error(),
                                           nearest.empty() ? "" : fmt::format("; did you mean {{{}}}?", nearest)));
        return;
      }
  };
  check("url", of.url);
  for (const auto& [name, value] : of.query)
    check(member_path("query", name), value);
  for (const auto& [name, value] : of.headers)
    check(member_path("headers", name), value);
  for (const auto& [name, value] : of.add)
    check(member_path("add", name), value);
}

/// A header is a line: its name and value may not begin another one.
void check_headers(const fields& from, const ingest& of) {
  for (const auto& [name, value] : of.headers)
    if (name.find_first_of("\r\n: ") != std::string::npos || value.find_first_of("\r\n") != std::string::npos)
      from.in().report(member_path("headers", name),
                       "a header's name has no colon or space, and neither has a line's end");
  if (of.auth.secret.find_first_of("\r\n") != std::string::npos)
    from.report("auth", "the secret has a line's end in it; is that of the file it came from?");
}

} // namespace

tl::expected<std::string, std::string> fill_in(const std::string& text, const named_texts& values) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      made += text[i];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '{') {
      made += text[i++];
      continue;
    }
    const auto end = text.find('}', i);
    const auto name = text.substr(i + 1, end == std::string::npos ? end : end - i - 1);
    const auto found = std::find_if(values.begin(), values.end(), [&](const auto& each) { return each.first == name; });
    if (end == std::string::npos || found == values.end())
      return tl::unexpected{name};
    made += found->second;
    i = end;
  }
  return made;
}

ingest read_ingest(document& in) {
  fields from{in, in.root, {}};
  ingest result;
  from.read("name", result.name);
  from.read("description", result.description);
  from.read("url", result.url);
  read_texts(from, "params", result.params);
  read_texts(from, "query", result.query);
  read_texts(from, "headers", result.headers);
  read_texts(from, "add", result.add);
  read_for_each(from, result);
  read_auth(from, result.auth);
  from.read("ca_file", result.ca_file);
  read_paging(from, result.paging);
  read_rows(from, result.rows);
  from.read("id", result.id);
  from.read("topic", result.topic);
  from.read("key", result.key);
  read_unit(from, result.timestamp, result.timestamp_unit);
  from.read("where", result.where);
  auto expressions = [&](const char* key, auto& into) {
    from.inner(key).for_each_member(
        [&](const std::string& name, const json::value& value, const std::string&) { into.emplace_back(name, value); });
  };
  expressions("derive", result.derive);
  expressions("project", result.project);
  std::string rate;
  from.read("rate", rate);
  if (!rate.empty()) {
    auto an_hour = parse_rate_per_hour(rate);
    if (an_hour && *an_hour > 0)
      result.an_hour = *an_hour;
    else
      from.report("rate", fmt::format("{} is no rate above 0; allowed: 3/s, 20/min, 5/h, 2/d", from.shown("rate")));
  }
  from.read("every", result.every);
  std::string again;
  from.read("again", again);
  result.again_from_first = again == "first";
  from.read("remember", result.remember);
  from.read("pages", result.pages);
  const auto retry = from.inner("retry");
  retry.read("tries", result.retry.tries);
  retry.read("backoff", result.retry.backoff);
  retry.read("longest", result.retry.longest);
  const auto limits = from.inner("limits");
  limits.read("connect", result.limits.connect);
  limits.read("timeout", result.limits.timeout);
  limits.read("bytes", result.limits.bytes);
  limits.read("redirects", result.limits.redirects);
  check_names(from, result);
  check_headers(from, result);
  return result;
}

} // namespace throng::config
