#include "service/run_log.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/value_from.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <xxhash.h>

#include "service/input_options.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

/// A store takes chunks of 8 MiB at most.
constexpr std::size_t chunk_bytes = 8U << 20U;

std::string input_id(const std::string& run, std::uint64_t n) {
  return fmt::format("{}/{:06}", run, n);
}

std::string chunk_id(const std::string& snapshot, std::size_t part, std::size_t chunk) {
  return fmt::format("world/{}/{:03}/{:05}", snapshot, part, chunk);
}

tl::unexpected<error> unreadable(const std::string& run) {
  return fail(error_kind::corrupt, fmt::format("what the store keeps of the run {} can't be read", run));
}

std::string text_of(const json::object& of, std::string_view key) {
  const auto* value = of.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

json::object parts_of(const json::object& of) {
  json::object parts;
  for (const auto* key : {"populations", "incidents", "trouble"})
    if (const auto* value = of.if_contains(key))
      parts[key] = *value;
  return parts;
}

template <class T>
std::vector<T> numbers_of(const json::object& of, std::string_view key) {
  std::vector<T> numbers;
  if (const auto* value = of.if_contains(key); value != nullptr && value->is_array())
    for (const auto& each : value->get_array())
      numbers.push_back(each.to_number<T>());
  return numbers;
}

std::string checksum(const actors::world_snapshot& of) {
  XXH64_state_t* hash = XXH64_createState();
  XXH64_reset(hash, 0);
  for (const auto& part : of.parts)
    XXH64_update(hash, part.data(), part.size());
  const auto sum = XXH64_digest(hash);
  XXH64_freeState(hash);
  return std::to_string(sum);
}

expected<std::optional<actors::world_snapshot>> read_snapshot(storage::result_store& store,
                                                              const json::object& header) {
  const auto at = parse_iso8601(text_of(header, "at"));
  if (!at)
    return std::nullopt;
  actors::world_snapshot made{*at, numbers_of<std::uint64_t>(header, "handed_over"), {}};
  const auto sizes = numbers_of<std::uint64_t>(header, "sizes");
  for (std::size_t part = 0; part < sizes.size(); ++part) {
    std::string bytes;
    for (std::size_t chunk = 0; bytes.size() < sizes[part]; ++chunk) {
      auto found = store.chunk(chunk_id(text_of(header, "id"), part, chunk));
      if (!found)
        return tl::unexpected{found.error()};
      if (!*found || (*found)->empty())
        return std::nullopt;
      bytes += **found;
    }
    made.parts.push_back(std::move(bytes));
  }
  if (checksum(made) != text_of(header, "xxh64"))
    return std::nullopt;
  return made;
}

/// Runs by their id, from the inputs.
expected<std::vector<kept_run>> kept_runs(storage::result_store& store) {
  auto records = store.records("inputs");
  if (!records)
    return tl::unexpected{records.error()};
  std::vector<kept_run> runs;
  for (const auto& record : *records) {
    const auto run = text_of(record, "run");
    const auto at = parse_iso8601(text_of(record, "at"));
    if (run.empty() || !at)
      continue; // another kind of input
    if (text_of(record, "what") == "begin") {
      kept_run next;
      next.begin.run = run;
      next.begin.to = text_of(record, "to");
      if (const auto* identity = record.if_contains("identity"); identity != nullptr && identity->is_object())
        next.begin.identity = identity->get_object();
      next.begin.ends = numbers_of<std::int64_t>(record, "ends");
      next.begin.parts = parts_of(record);
      runs.push_back(std::move(next));
      continue;
    }
    if (runs.empty() || runs.back().begin.run != run)
      return unreadable(run);
    const auto* request = record.if_contains("request");
    runs.back().inputs.push_back(
        {*at, text_of(record, "what"), request != nullptr ? *request : json::value{}, parts_of(record)});
  }
  auto ended = store.records("runs");
  if (!ended)
    return tl::unexpected{ended.error()};
  for (auto& run : runs)
    for (const auto& record : *ended)
      if (text_of(record, "id") == run.begin.run)
        if (const auto* complete = record.if_contains("complete"))
          run.complete = *complete == json::value(true);
  return runs;
}

} // namespace

std::string new_run_id() {
  return fmt::format("{}-{}", to_iso8601(wall_now()), getpid());
}

run_log::run_log(storage::result_store* store, std::string run)
    : store_(store)
    , run_(std::move(run)) {
  record_["id"] = run_;
}

expected<void> run_log::put_record() const {
  return store_ == nullptr ? expected<void>{} : store_->put_record("runs", run_, record_);
}

expected<void> run_log::begin(const std::string& command, const run_begin& begin) {
  if (store_ == nullptr)
    return {};
  record_["command"] = command;
  record_["began"] = to_iso8601(wall_now());
  if (const auto* name = begin.identity.if_contains("name"))
    record_["scenario"] = *name;
  if (const auto* seed = begin.identity.if_contains("seed"))
    record_["seed"] = *seed;
  json::object input{
      {"id", input_id(run_, 0)}, {"run", run_}, {"n", 0}, {"at", begin.identity.at("start")}, {"what", "begin"}};
  input["identity"] = begin.identity;
  input["to"] = begin.to;
  input["ends"] = json::value_from(begin.ends);
  for (const auto& part : begin.parts)
    input[part.key()] = part.value();
  inputs_ = 1;
  return store_->put_record("inputs", input_id(run_, 0), input).and_then([this] { return put_record(); });
}

expected<void> run_log::go_on(timestamp from) {
  auto inputs = store_->records("inputs");
  if (!inputs)
    return tl::unexpected{inputs.error()};
  inputs_ = static_cast<std::uint64_t>(
      std::count_if(inputs->begin(), inputs->end(), [&](const auto& each) { return text_of(each, "run") == run_; }));
  auto snapshots = store_->records("snapshots");
  if (!snapshots)
    return tl::unexpected{snapshots.error()};
  for (const auto& each : *snapshots)
    if (text_of(each, "run") == run_)
      snapshots_ = std::max(snapshots_, each.at("n").to_number<std::uint64_t>() + 1);
  auto runs = store_->records("runs");
  if (!runs)
    return tl::unexpected{runs.error()};
  for (auto& each : *runs)
    if (text_of(each, "id") == run_)
      record_ = std::move(each);
  record_.erase("ended");
  return note(from, "resume", nullptr);
}

expected<void> run_log::note(timestamp at, const std::string& what, const json::value& request) {
  json::object change{{"what", what}, {"request", request}, {"wall", to_iso8601(wall_now())}};
  change["at"] = at == timestamp{} ? json::value{} : json::value(to_iso8601(at));
  if (!record_.contains("changes"))
    record_["changes"] = json::array{};
  record_["changes"].as_array().emplace_back(std::move(change));
  return put_record();
}

expected<void> run_log::add(const run_input& input) {
  if (store_ == nullptr)
    return {};
  const auto n = inputs_++;
  json::object record{{"id", input_id(run_, n)},    {"run", run_},        {"n", n},
                      {"at", to_iso8601(input.at)}, {"what", input.what}, {"request", input.request}};
  for (const auto& part : input.parts)
    record[part.key()] = part.value();
  return store_->put_record("inputs", input_id(run_, n), record).and_then([&] {
    return note(input.at, input.what, input.request);
  });
}

expected<void> run_log::add(const actors::world_snapshot& snapshot) {
  if (store_ == nullptr)
    return {};
  const auto n = snapshots_++;
  const auto id = input_id(run_, n);
  json::array sizes;
  for (std::size_t part = 0; part < snapshot.parts.size(); ++part) {
    const auto& bytes = snapshot.parts[part];
    sizes.emplace_back(bytes.size());
    for (std::size_t chunk = 0; chunk * chunk_bytes < bytes.size(); ++chunk)
      if (auto put = store_->put_chunk(chunk_id(id, part, chunk),
                                       std::string_view{bytes}.substr(chunk * chunk_bytes, chunk_bytes));
          !put)
        return put;
  }
  json::object header{
      {"id", id}, {"run", run_}, {"n", n}, {"at", to_iso8601(snapshot.at)}, {"sizes", std::move(sizes)}};
  header["handed_over"] = json::value_from(snapshot.handed_over);
  header["xxh64"] = checksum(snapshot);
  if (auto put = store_->put_record("snapshots", id, header); !put)
    return put;
  if (n < kept_snapshots)
    return {};
  // A header whose chunks are gone is no snapshot; headers are small.
  auto old = store_->chunk_ids(fmt::format("world/{}/", input_id(run_, n - kept_snapshots)));
  if (!old)
    return tl::unexpected{old.error()};
  return store_->remove_chunks(*old);
}

json::object run_log::facts() const {
  return record_;
}

expected<std::optional<kept_run>> last_run(storage::result_store& store, const std::string& scenario,
                                           const std::string& to) {
  auto runs = kept_runs(store);
  if (!runs)
    return tl::unexpected{runs.error()};
  for (auto run = runs->rbegin(); run != runs->rend(); ++run)
    if (run->begin.to == to && text_of(run->begin.identity, "name") == scenario)
      return std::move(*run);
  return std::nullopt;
}

expected<kept_run> run_named(storage::result_store& store, const std::string& name) {
  auto runs = kept_runs(store);
  if (!runs)
    return tl::unexpected{runs.error()};
  std::vector<std::string> names;
  for (auto& run : *runs) {
    if (run.begin.run == name)
      return std::move(run);
    names.push_back(run.begin.run);
  }
  return fail(error_kind::not_found, names.empty() ? fmt::format("there is no run {} in the store, nor any other", name)
                                                   : fmt::format("there is no run {} in the store; there are: {}", name,
                                                                 fmt::join(names, ", ")));
}

expected<std::vector<actors::world_snapshot>> snapshots_of(storage::result_store& store, const std::string& run) {
  auto headers = store.records("snapshots");
  if (!headers)
    return tl::unexpected{headers.error()};
  std::vector<actors::world_snapshot> found;
  for (auto header = headers->rbegin(); header != headers->rend() && found.size() < run_log::kept_snapshots; ++header) {
    if (text_of(*header, "run") != run)
      continue;
    auto one = read_snapshot(store, *header);
    if (!one)
      return tl::unexpected{one.error()};
    if (*one)
      found.push_back(std::move(**one));
  }
  return found;
}

} // namespace throng::service
