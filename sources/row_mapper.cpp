#include "sources/row_mapper.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include "analytics/compiled_pipeline.hpp"
#include "analytics/decoder.hpp"
#include "analytics/json_element.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/path_tree.hpp"
#include "analytics/pipeline_plan.hpp"

namespace throng::sources {

namespace {

/// The stages that a row goes through, as those of a pipeline.
config::pipeline pipeline_of(const config::ingest& how) {
  config::pipeline made;
  made.name = how.name;
  made.source = how.topic;
  made.key = how.key;
  made.timestamp = how.timestamp;
  made.timestamp_unit = how.timestamp_unit;
  // A forecast's time may lie far ahead.
  made.max_ahead = milliseconds{greatest_timestamp.ms};
  made.where = how.where;
  made.derive = how.derive;
  made.to = how.topic;
  made.project = how.project;
  return made;
}

/// At the end of the object, but for those that it has.
std::string with_added(std::string row, const config::named_texts& add) {
  std::string collected;
  const auto before = row;
  for (const auto& [name, text] : add) {
    if (analytics::find_path(before, name, collected))
      continue;
    row.pop_back();
    if (row.find_first_not_of(" \t\r\n", 1) != std::string::npos)
      row += ',';
    analytics::append_json_string(row, name);
    row += ':';
    analytics::append_json_string(row, text);
    row += '}';
  }
  return row;
}

} // namespace

struct row_mapper::implementation {
  implementation(config::ingest given, std::shared_ptr<const analytics::pipeline_plan> compiled)
      : how(std::move(given))
      , plan(std::move(compiled))
      , decode(plan->definition(), plan->compiled().fields) {}

  /// A text or number as it is, anything else by its hash.
  std::string id_of(const std::string& row) const {
    std::string collected;
    std::string made;
    const auto found = how.id.empty() ? std::nullopt : analytics::find_path(row, how.id, collected);
    if (found && found->size() <= 200) {
      analytics::json_scanner in{*found};
      const auto x = analytics::take_element(in, made);
      if (x.kind() == analytics::value_kind::text)
        return std::string{x.text()};
      if (x.is_number())
        return std::string{*found};
    }
    const auto hash = XXH3_128bits(row.data(), row.size());
    return fmt::format("#{:016x}{:016x}", hash.high64, hash.low64);
  }

  config::ingest how;
  std::shared_ptr<const analytics::pipeline_plan> plan;
  analytics::decoder decode;
  analytics::event event;
};

row_mapper::row_mapper(std::unique_ptr<implementation> impl)
    : impl_(std::move(impl)) {}

row_mapper::~row_mapper() = default;

tl::expected<std::unique_ptr<row_mapper>, analytics::findings> row_mapper::make(const config::ingest& how) {
  auto plan = analytics::pipeline_plan::compile(pipeline_of(how));
  if (!plan)
    return tl::unexpected{plan.error()};
  return std::unique_ptr<row_mapper>{new row_mapper{std::make_unique<implementation>(how, std::move(*plan))}};
}

std::variant<mapped_row, left_out_row> row_mapper::map(const std::string& row, timestamp received) {
  auto& self = *impl_;
  const auto& compiled = self.plan->compiled();
  const auto id = self.id_of(row);
  const auto message = with_added(row, self.how.add);
  auto& e = self.event;
  if (auto dead = self.decode.decode(message, {0, received.ms}, e))
    return left_out_row{id, fmt::format("{}: {}", analytics::to_string(dead->reason), dead->detail)};
  if (compiled.where && !compiled.where->matches(e))
    return left_out_row{id, {}};
  for (const auto& derived : compiled.derive) {
    bool ignored = false; // it is null then, as in a pipeline
    e.slots[derived.into] = derived.from.evaluate(e, ignored);
  }
  mapped_row made{id, e.key, {}, e.time};
  analytics::write_event(*compiled.output, e, message, made.value);
  return made;
}

} // namespace throng::sources
