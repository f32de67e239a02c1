#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/http_address.hpp"
#include "config/readers.hpp"
#include "config/s3_address.hpp"
#include "config/unique_names.hpp"

namespace throng::config {

namespace json = boost::json;

namespace {

/// What goes with a server, and not with files; and the other way round.
void read_server(const fields& from, sink& into) {
  from.read("authorization", into.authorization);
  from.read("ca_file", into.ca_file);
  from.read("timeout", into.timeout);
  if (is_http(into.to)) {
    if (const auto address = check_http(into.to); !address)
      from.report("to", address.error().message);
    if (into.format != sink_format::ndjson && into.format != sink_format::elasticsearch)
      from.report("format",
                  fmt::format("{} is of files; a server is sent ndjson or elasticsearch", from.shown("format")));
    if (into.compression != sink_compression::none)
      from.report("compression", "belongs to files, leave it out");
    return;
  }
  if (into.format == sink_format::elasticsearch)
    from.report("format", "\"elasticsearch\" is of a server: let `to` be http://HOST:PORT/INDEX or https");
  for (const auto* of_server : {"authorization", "ca_file", "timeout"})
    if (from.has(of_server))
      from.report(of_server, "belongs to a server, http://… or https://…, leave it out");
}

sink read_sink(const fields& from) {
  constexpr std::array<std::pair<std::string_view, sink_format>, 4> formats{
      {{"ndjson", sink_format::ndjson},
       {"csv", sink_format::csv},
       {"parquet", sink_format::parquet},
       {"elasticsearch", sink_format::elasticsearch}}};
  constexpr std::array<std::pair<std::string_view, sink_content>, 3> contents{
      {{"events", sink_content::events}, {"windows", sink_content::windows}, {"alerts", sink_content::alerts}}};
  constexpr std::array<std::pair<std::string_view, sink_compression>, 3> compressions{
      {{"none", sink_compression::none}, {"gzip", sink_compression::gzip}, {"zstd", sink_compression::zstd}}};
  constexpr std::array<std::pair<std::string_view, column_kind>, 5> kinds{{{"boolean", column_kind::boolean},
                                                                           {"integer", column_kind::integer},
                                                                           {"number", column_kind::number},
                                                                           {"text", column_kind::text},
                                                                           {"time", column_kind::time}}};
  sink made;
  from.read("name", made.name);
  from.read_word("of", contents, made.of);
  from.read("to", made.to);
  if (is_s3(made.to))
    if (const auto address = parse_s3(made.to); !address)
      from.report("to", address.error().message);
  from.read_word("format", formats, made.format);
  if (made.format == sink_format::parquet)
    made.compression = sink_compression::zstd;
  from.read_word("compression", compressions, made.compression);
  if (made.format == sink_format::parquet && made.compression == sink_compression::gzip)
    from.report("compression",
                "\"gzip\" is of text files; parquet's pages are compressed with \"zstd\" or not at all, \"none\"");
  read_server(from, made);
  from.read("every", made.every);
  from.read("rows", made.rows);
  from.read("megabytes", made.megabytes);
  if (from.has("columns") && made.format != sink_format::csv && made.format != sink_format::parquet)
    from.report("columns", "belongs to csv and parquet; others have each event as it came, leave it out");
  const auto columns = from.inner("columns");
  columns.for_each_member([&](const std::string& name, const json::value&, const std::string& path) {
    if (name.starts_with('_'))
      from.in().report_key(path, fmt::format("`{}`: names with _ in front are those that say where a message stood; "
                                             "choose another name",
                                             name.substr(0, 80)));
    column_kind kind = column_kind::text;
    columns.read_word(name, kinds, kind);
    made.columns.emplace_back(name, kind);
  });
  return made;
}

} // namespace

std::string rows_name(const pipeline& of, const sink& which) {
  return which.of == sink_content::events    ? of.source
         : which.of == sink_content::windows ? of.name + ".windows"
                                             : of.name + ".alerts";
}

void read_sinks(const fields& from, pipeline& into) {
  unique_names names{"sink"};
  from.for_each_element("sinks", [&](const fields& one, std::size_t) {
    into.sinks.push_back(read_sink(one));
    const auto& made = into.sinks.back();
    names.add(one, made.name);
    if (made.of == sink_content::events)
      return;
    if (made.of == sink_content::windows && into.windows.empty())
      one.report("of", "the pipeline has no windows");
    if (made.of == sink_content::alerts && into.detectors.empty() && into.rules.empty())
      one.report("of", "the pipeline has no detectors and no rules, so no alerts");
    // Where its internal topic ends is known only to the analysis whose tasks write it.
    if (!into.rekey.empty() || into.join)
      one.report("of",
                 fmt::format("{} of a pipeline with `rekey` or `join` are no sink's; give its windows a `to`, or read "
                             "analytics.alerts, and put the sink into a pipeline that reads that topic",
                             one.shown("of")));
  });
}

} // namespace throng::config
