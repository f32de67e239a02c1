#include "transport/record_file.hpp"

#include <utility>

#include <fmt/format.h>

#include "config/murmur2.hpp"
#include "transport/line_reader.hpp"

namespace throng::transport {

namespace {

/// A record holds its message in base64: more than any message that a broker takes.
constexpr std::size_t longest_line = 256U << 20U;

} // namespace

record_file_writer::record_file_writer(std::unique_ptr<message_file_writer> file, std::int32_t partitions)
    : file_(std::move(file))
    , next_(static_cast<std::size_t>(partitions), 0) {
  file_->keep();
}

expected<std::unique_ptr<record_file_writer>>
record_file_writer::create(const std::string& folder, const std::string& topic, std::int32_t partitions, bool force) {
  auto file = message_file_writer::create(folder, topic, force, file_form::records);
  if (!file)
    return tl::unexpected(file.error());
  return std::unique_ptr<record_file_writer>{new record_file_writer{std::move(*file), partitions}};
}

expected<std::unique_ptr<record_file_writer>>
record_file_writer::resume(const std::string& folder, const std::string& topic, std::int32_t partitions) {
  auto file = message_file_writer::resume(folder, topic, file_form::records);
  if (!file)
    return tl::unexpected(file.error());
  std::unique_ptr<record_file_writer> made{new record_file_writer{std::move(*file), partitions}};
  if (auto found = made->find_offsets(); !found)
    return tl::unexpected(found.error());
  return made;
}

expected<void> record_file_writer::find_offsets() {
  if (file_->lines_before() == 0)
    return {};
  auto source = open_byte_source(file_->hidden_path());
  if (!source)
    return tl::unexpected(source.error());
  line_reader lines{std::move(*source), longest_line};
  for (std::uint64_t at = 1;; ++at) {
    const auto line = lines.next();
    if (!line)
      return tl::unexpected(line.error());
    if (!*line)
      return {};
    const auto read = parse_record(**line);
    if (!read)
      return fail(read.error().kind, fmt::format("{}:{}: {}", file_->hidden_path(), at, read.error().message));
    const auto partition = static_cast<std::size_t>(read->partition);
    if (partition < next_.size()) // one of more partitions than there are now gets nothing more
      next_[partition] = read->offset + 1;
  }
}

expected<void> record_file_writer::append(record&& what) {
  what.partition = what.key ? partition_of(*what.key, static_cast<std::int32_t>(next_.size())) : 0;
  what.offset = next_[static_cast<std::size_t>(what.partition)]++;
  return file_->append({record_line(what)});
}

expected<void> record_file_writer::flush() {
  return file_->flush();
}

expected<void> record_file_writer::finish() {
  return file_->finish();
}

} // namespace throng::transport
