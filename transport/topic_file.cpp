#include "transport/topic_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <xxhash.h>

#include "config/murmur2.hpp"
#include "transport/record_line.hpp"

namespace throng::transport {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_head_bytes = 64U << 10U;
constexpr std::string_view hash_mark = "#xxh128=";

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

expected<std::string> hash_of_head(const std::string& path, std::uint64_t length) {
  std::string head(length, '\0');
  std::ifstream in{path, std::ios::binary};
  in.read(head.data(), static_cast<std::streamsize>(length));
  if (!in)
    return fail(error_kind::unavailable, fmt::format("{}: its first {} bytes can't be read", path, length));
  const auto hash = XXH3_128bits(head.data(), head.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

std::string identity_of(const std::string& path, const std::string& hash, std::uint64_t length) {
  return fmt::format("file:{}{}{},{}", path, hash_mark, hash, length);
}

} // namespace

expected<topic_file> topic_file::find(const std::string& folder, std::string topic, std::string key_field,
                                      std::size_t longest_message, std::int32_t partitions) {
  topic_file file;
  for (const auto* form : {".ndjson", ".records.ndjson"})
    for (const auto* packing : {"", ".gz", ".zst"}) {
      const auto path = fs::path{folder} / (topic + form + packing);
      std::error_code ignored;
      if (!fs::exists(path, ignored))
        continue;
      if (!file.path_.empty())
        return fail(error_kind::conflict,
                    fmt::format("{} and {} are both there: which is topic \"{}\"?", file.path_, path.string(), topic));
      file.path_ = fs::absolute(path).lexically_normal().string();
      file.records_ = std::string_view{form} != ".ndjson";
    }
  if (file.path_.empty())
    return fail(error_kind::not_found, fmt::format("there is no {} (nor with .gz, .zst, or as .records.ndjson)",
                                                   (fs::path{folder} / (topic + ".ndjson")).string()));
  std::error_code unknown;
  file.size_ = fs::file_size(file.path_, unknown);
  if (unknown || file.size_ == 0)
    file.size_ = UINT64_MAX; // a pipe, for one
  file.topic_ = std::move(topic);
  file.key_field_ = std::move(key_field);
  file.longest_ = longest_message;
  file.partitions_ = partitions;
  if (file.records_)
    return checked_records(std::move(file));
  if (const auto opened = open_byte_source(file.path_); !opened)
    return tl::unexpected(opened.error());
  return file;
}

expected<topic_file> topic_file::checked_records(topic_file file) {
  auto from = file.begin();
  if (!from)
    return tl::unexpected(from.error());
  for (;;) {
    const auto message = from->next();
    if (!message)
      return tl::unexpected(message.error());
    if (!*message)
      break;
  }
  file.partitions_ = static_cast<std::int32_t>(from->next_.size());
  return file;
}

expected<topic_file::cursor> topic_file::begin() const {
  auto source = open_byte_source(path_, size_);
  if (!source)
    return tl::unexpected(source.error());
  return cursor{*this, line_reader{std::move(*source), longest_line()},
                std::vector<std::int64_t>(static_cast<std::size_t>(partitions_), 0)};
}

expected<std::string> topic_file::identity() const {
  std::error_code failed;
  const auto size = fs::file_size(path_, failed);
  if (failed)
    return fail(error_kind::unavailable, fmt::format("{}: {}", path_, failed.message()));
  const auto length = std::min<std::uint64_t>(size, most_head_bytes);
  const auto hash = hash_of_head(path_, length);
  if (!hash)
    return tl::unexpected(hash.error());
  return identity_of(path_, *hash, length);
}

bool topic_file::has_identity(const std::string& earlier) const {
  const auto comma = earlier.rfind(',');
  if (comma == std::string::npos)
    return false;
  std::uint64_t length = 0;
  const auto* end = earlier.data() + earlier.size();
  const auto [parsed, code] = std::from_chars(earlier.data() + comma + 1, end, length);
  if (code != std::errc{} || parsed != end || length > most_head_bytes)
    return false;
  const auto hash = hash_of_head(path_, length);
  return hash && identity_of(path_, *hash, length) == earlier;
}

topic_file::cursor::cursor(const topic_file& file, line_reader reader, std::vector<std::int64_t> next)
    : file_{&file}
    , reader_{std::move(reader)}
    , key_{file.key_field_}
    , next_{std::move(next)} {}

expected<topic_file::cursor> topic_file::cursor::at(const topic_file& file, std::uint64_t position,
                                                    std::int32_t partition, std::int64_t offset) {
  auto source = open_byte_source(file.path_, file.size_);
  if (!source)
    return tl::unexpected(source.error());
  auto reader = line_reader::at(std::move(*source), file.longest_line(), position);
  if (!reader)
    return tl::unexpected(reader.error());
  std::vector<std::int64_t> next(static_cast<std::size_t>(file.partitions_), unknown);
  next[static_cast<std::size_t>(partition)] = offset;
  cursor placed{file, std::move(*reader), std::move(next)};
  placed.from_start_ = false;
  return placed;
}

void topic_file::cursor::learn(const cursor& other) {
  for (std::size_t i = 0; i < next_.size(); ++i)
    next_[i] = std::max(next_[i], other.next_[i]);
}

expected<std::optional<file_message>> topic_file::cursor::next() {
  for (;;) {
    const auto line = reader_.next();
    if (!line)
      return tl::unexpected(line.error());
    if (!*line)
      return std::nullopt;
    ++line_;
    if (!is_blank(**line))
      return file_->records_ ? unpack(**line) : split(**line);
  }
}

expected<std::optional<file_message>> topic_file::cursor::split(std::string_view line) {
  file_message message;
  message.value = line;
  if (line.size() <= file_->longest_)
    message.key = key_.of(line);
  message.partition = message.key ? partition_of(*message.key, file_->partitions_) : 0;
  auto& next = next_[static_cast<std::size_t>(message.partition)];
  message.offset = next;
  if (next != unknown)
    ++next;
  return message;
}

expected<std::optional<file_message>> topic_file::cursor::unpack(std::string_view line) {
  const auto wrong = [this](const std::string& what) {
    return fail(error_kind::corrupt, from_start_ ? fmt::format("{}:{}: {}", file_->path_, line_, what)
                                                 : fmt::format("{}: {}", file_->path_, what));
  };
  auto parsed = parse_record(line);
  if (!parsed)
    return wrong(parsed.error().message);
  const auto partition = static_cast<std::size_t>(parsed->partition);
  if (partition >= next_.size())
    next_.resize(partition + 1, from_start_ ? 0 : unknown);
  auto& next = next_[partition];
  if (next != unknown && parsed->offset < next)
    return wrong(fmt::format("offset {} of partition {} comes after offset {}", parsed->offset, partition, next - 1));
  if (next != unknown)
    next = parsed->offset + 1;
  record_key_ = std::move(parsed->key);
  record_value_ = std::move(parsed->value);
  return file_message{parsed->partition, parsed->offset, parsed->timestamp_ms, record_key_, record_value_};
}

} // namespace throng::transport
