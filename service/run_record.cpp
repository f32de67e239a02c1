#include "service/run_record.hpp"

#include <string>

#include <fmt/core.h>
#include <unistd.h>

#include "service/input_options.hpp"

namespace throng::service {

expected<void> record_run(storage::result_store& store, boost::json::object report) {
  auto ended = to_iso8601(wall_now());
  auto id = fmt::format("{}-{}", ended, getpid());
  report["id"] = id;
  report["ended"] = ended;
  return store.put_record("runs", id, report);
}

} // namespace throng::service
