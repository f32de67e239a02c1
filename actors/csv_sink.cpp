#include "actors/csv_sink.hpp"

#include <atomic>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "simulation/message_fields.hpp"
#include "transport/csv_row.hpp"
#include "transport/message_file.hpp"

namespace throng::actors {

namespace {

struct table {
  std::unique_ptr<transport::message_file_writer> file;
  transport::csv_rows rows;
};

class csv_sink : public message_sink {
public:
  explicit csv_sink(std::vector<std::optional<table>> tables)
      : tables_(std::move(tables)) {}

  void listen(std::size_t, listener) override {
    // A write that fails is told by take().
  }
  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    auto& [file, rows] = *tables_[run];
    for (const auto& message : messages) {
      auto row = rows.row(message.value);
      if (row.data() == nullptr) {
        ++left_out_;
        continue;
      }
      auto& line = lines_[run];
      line.assign(row).push_back('\r'); // the writer adds the newline
      if (auto written = file->append({line}); !written)
        return tl::unexpected{written.error()};
    }
    return messages.size();
  }
  expected<void> finish() override {
    for (auto& each : tables_)
      if (each)
        if (auto done = each->file->finish(); !done)
          return done;
    if (left_out_ > 0)
      spdlog::info("{} malformed messages are no rows of a table and were left out", left_out_.load());
    return {};
  }

private:
  std::vector<std::optional<table>> tables_; ///< by run; none for topics not written
  /// By run, which come from threads of their own; reused.
  std::vector<std::string> lines_ = std::vector<std::string>(simulation::topic_count);
  std::atomic<std::size_t> left_out_ = 0;
};

} // namespace

expected<std::shared_ptr<message_sink>> make_csv_sink(const simulation::world& world, const std::string& folder,
                                                      bool force) {
  std::vector<std::optional<table>> tables(simulation::topic_count);
  const auto& prefix = world.scenario().settings.topics.prefix;
  for (auto topic : world.topics()) {
    auto file = transport::message_file_writer::create(folder, prefix + std::string{simulation::name(topic)}, force,
                                                       transport::file_form::csv);
    if (!file)
      return tl::unexpected{file.error()};
    table made{std::move(*file), transport::csv_rows{simulation::message_fields(topic)}};
    const auto header = made.rows.header() + "\r";
    if (auto written = made.file->append({header}); !written)
      return tl::unexpected{written.error()};
    tables[static_cast<std::size_t>(topic)] = std::move(made);
  }
  return std::make_shared<csv_sink>(std::move(tables));
}

} // namespace throng::actors
