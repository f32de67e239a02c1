#include "actors/stream_sink.hpp"

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

namespace throng::actors {

namespace {

class null_sink : public message_sink {
public:
  void listen(std::size_t, listener) override {
    // Always has room, never fails.
  }
  expected<std::size_t> take(std::size_t, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    return messages.size();
  }
  expected<void> finish() override {
    return {};
  }
};

class stream_sink : public message_sink {
public:
  explicit stream_sink(std::FILE* out)
      : out_(out) {}

  void listen(std::size_t, listener) override {
    // A write that fails is told by take().
  }
  expected<std::size_t> take(std::size_t, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    for (const auto& message : messages)
      if (std::fwrite(message.value.data(), 1, message.value.size(), out_) != message.value.size() ||
          std::fputc('\n', out_) == EOF)
        return failure();
    return messages.size();
  }
  expected<void> finish() override {
    if (std::fflush(out_) != 0)
      return failure();
    return {};
  }

private:
  static tl::unexpected<error> failure() {
    return fail(error_kind::unavailable, std::string{"cannot write to standard output: "} + std::strerror(errno));
  }
  std::FILE* out_;
};

class file_sink : public message_sink {
public:
  explicit file_sink(std::vector<std::unique_ptr<transport::message_file_writer>> files)
      : files_(std::move(files))
      , in_use_(files_.size()) {}

  void listen(std::size_t, listener) override {
    // A write that fails is told by take().
  }
  expected<std::size_t> take(std::size_t run, std::span<const transport::outgoing> messages,
                             const std::shared_ptr<const void>&) override {
    std::vector<std::string_view> values;
    values.reserve(messages.size());
    for (const auto& message : messages)
      values.push_back(message.value);
    const std::lock_guard lock{in_use_[run]}; // nobody else wants it but flush()
    if (auto written = files_[run]->append(values); !written)
      return tl::unexpected{written.error()};
    return messages.size();
  }
  expected<void> flush() override {
    for (std::size_t run = 0; run < files_.size(); ++run) {
      const std::lock_guard lock{in_use_[run]};
      if (files_[run] != nullptr)
        if (auto done = files_[run]->flush(); !done)
          return done;
    }
    return {};
  }
  expected<void> finish() override {
    for (auto& file : files_)
      if (file != nullptr)
        if (auto done = file->finish(); !done)
          return done;
    return {};
  }

private:
  std::vector<std::unique_ptr<transport::message_file_writer>> files_; ///< by run; null for topics not written
  std::vector<std::mutex> in_use_;                                     ///< by run
};

} // namespace

std::shared_ptr<message_sink> make_null_sink() {
  return std::make_shared<null_sink>();
}

std::shared_ptr<message_sink> make_stream_sink(std::FILE* out) {
  return std::make_shared<stream_sink>(out);
}

expected<std::shared_ptr<message_sink>> make_file_sink(const simulation::world& world, const std::string& folder,
                                                       bool force) {
  std::vector<std::unique_ptr<transport::message_file_writer>> files(simulation::topic_count);
  const auto& prefix = world.scenario().settings.topics.prefix;
  for (auto topic : world.topics()) {
    auto file = transport::message_file_writer::create(folder, prefix + std::string{simulation::name(topic)}, force);
    if (!file)
      return tl::unexpected{file.error()};
    files[static_cast<std::size_t>(topic)] = std::move(*file);
  }
  return std::make_shared<file_sink>(std::move(files));
}

expected<std::shared_ptr<message_sink>>
make_resumed_file_sink(const simulation::world& world, const std::string& folder, std::vector<std::int64_t>& ends) {
  std::vector<std::unique_ptr<transport::message_file_writer>> files(simulation::topic_count);
  ends.assign(simulation::topic_count, 0);
  const auto& prefix = world.scenario().settings.topics.prefix;
  for (auto topic : world.topics()) {
    auto file = transport::message_file_writer::resume(folder, prefix + std::string{simulation::name(topic)});
    if (!file)
      return tl::unexpected{file.error()};
    const auto run = static_cast<std::size_t>(topic);
    ends[run] = static_cast<std::int64_t>((*file)->lines_before());
    files[run] = std::move(*file);
  }
  return std::make_shared<file_sink>(std::move(files));
}

} // namespace throng::actors
