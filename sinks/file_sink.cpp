#include "sinks/file_sink.hpp"

#include <utility>

#include <fmt/format.h>

#include "sinks/column_table.hpp"
#include "sinks/parquet.hpp"
#include "sinks/sink_file.hpp"
#include "sinks/text_formats.hpp"

namespace throng::sinks {

file_sink::file_sink(config::sink what, std::vector<std::string> time_fields, std::unique_ptr<file_place> place)
    : what_(std::move(what))
    , time_fields_(std::move(time_fields))
    , place_(std::move(place)) {}

std::string file_sink::extension() const {
  if (what_.format == config::sink_format::parquet)
    return ".parquet";
  const auto* packed = what_.compression == config::sink_compression::gzip   ? ".gz"
                       : what_.compression == config::sink_compression::zstd ? ".zst"
                                                                             : "";
  return (what_.format == config::sink_format::csv ? std::string{".csv"} : std::string{".ndjson"}) + packed;
}

expected<std::string> file_sink::encode(const analytics::sink_rows& rows) const {
  if (what_.format == config::sink_format::ndjson)
    return compress(to_ndjson(rows), what_.compression);
  const auto table = make_table(rows, {time_fields_, what_.columns});
  if (what_.format == config::sink_format::parquet)
    return to_parquet(table, what_.compression);
  return compress(to_csv(table), what_.compression);
}

expected<void> file_sink::put(const analytics::sink_rows& rows, const std::function<expected<void>()>& still_ours) {
  const auto bytes = encode(rows);
  if (!bytes)
    return tl::unexpected{bytes.error()};
  const sink_file named{rows.name, rows.partition, rows.first_offset(), rows.last_offset(), rows.generation};
  return place_->put(hour_folder(rows.name, rows.hour) + "/" + file_name(named) + extension(), *bytes, still_ours);
}

expected<void> file_sink::take_over(const std::string& name, std::int32_t partition, const storage::claimed& claim) {
  const auto found = place_->list(name);
  if (!found)
    return tl::unexpected{found.error()};
  for (const auto& path : *found) {
    const auto last = std::string_view{path}.substr(path.rfind('/') + 1);
    const auto half = last.starts_with('.');
    const auto file = parse_file_name(last.substr(half ? 1 : 0));
    if (!file || file->topic != name || file->partition != partition)
      continue;
    // A generation that nobody has given: the folder is another store's.
    if (file->generation >= claim.generation)
      return fail(
          error_kind::conflict,
          fmt::format("sink {}: {} holds {}, which the store knows nothing of; give the sink another folder, or "
                      "remove that file and those beside it",
                      what_.name, what_.to, path));
    if (half || overtaken(*file, claim.begins))
      if (auto removed = place_->remove(path); !removed)
        return removed;
  }
  return {};
}

} // namespace throng::sinks
