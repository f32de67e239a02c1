#include "transport/message_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace throng::transport {

namespace {

/// Written at once when so much has come together.
constexpr std::size_t buffer_bytes = 1U << 20U;

error write_error(const std::string& path, int code) {
  const auto full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  const auto denied = code == EACCES || code == EPERM || code == EROFS;
  return {full     ? error_kind::exhausted
          : denied ? error_kind::denied
                   : error_kind::unavailable,
          fmt::format("{}: {}", path, full ? "no space is left for it" : std::strerror(code)), false};
}

std::string ending_of(file_form form) {
  return form == file_form::csv ? ".csv" : form == file_form::records ? ".records.ndjson" : ".ndjson";
}

} // namespace

struct message_file_writer::implementation {
  std::string path;
  std::string temporary;
  bool force = false;
  bool keeps = false; ///< the hidden file, also unfinished
  std::uint64_t lines_before = 0;
  int fd = -1;
  std::string buffer;

  ~implementation() {
    if (fd >= 0)
      ::close(fd);
    if (!temporary.empty() && !keeps)
      ::unlink(temporary.c_str());
  }

  /// The hidden file, for nobody else.
  expected<void> open_temporary() {
    fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
      return tl::unexpected(write_error(path, errno));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      temporary.clear(); // it is the other's
      return fail(error_kind::conflict, fmt::format("{}: another program is writing it at this moment", path));
    }
    buffer.reserve(buffer_bytes);
    return {};
  }

  /// Counts whole lines and puts the end behind the last.
  expected<void> find_end() {
    std::string some(buffer_bytes, '\0');
    off_t at = 0;
    off_t end = 0;
    for (;;) {
      const auto size = ::read(fd, some.data(), some.size());
      if (size < 0 && errno == EINTR)
        continue;
      if (size < 0)
        return tl::unexpected(write_error(path, errno));
      if (size == 0)
        break;
      for (ssize_t i = 0; i < size; ++i)
        if (some[static_cast<std::size_t>(i)] == '\n') {
          ++lines_before;
          end = at + i + 1;
        }
      at += size;
    }
    if (::ftruncate(fd, end) != 0 || ::lseek(fd, end, SEEK_SET) < 0)
      return tl::unexpected(write_error(path, errno));
    return {};
  }

  expected<void> write_out() {
    std::string_view rest{buffer};
    while (!rest.empty()) {
      const auto written = ::write(fd, rest.data(), rest.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return tl::unexpected(write_error(path, errno));
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer.clear();
    return {};
  }
};

message_file_writer::message_file_writer()
    : impl_{std::make_unique<implementation>()} {}

message_file_writer::~message_file_writer() = default;

expected<std::unique_ptr<message_file_writer>>
message_file_writer::create(const std::string& folder, const std::string& topic, bool force, file_form form) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    return tl::unexpected(write_error(folder, failed.value()));
  std::unique_ptr<message_file_writer> made{new message_file_writer};
  auto& impl = *made->impl_;
  const auto ending = ending_of(form);
  impl.path = (fs::path{folder} / (topic + ending)).string();
  impl.force = force;
  // A reader would not know which of several forms is meant, so each of them is in the way.
  std::vector<std::string> in_the_way{ending};
  if (form != file_form::csv)
    in_the_way = {".ndjson",         ".ndjson.gz",         ".ndjson.zst",
                  ".records.ndjson", ".records.ndjson.gz", ".records.ndjson.zst"};
  if (!force)
    for (const auto& suffix : in_the_way)
      if (const auto there = fs::path{folder} / (topic + suffix); fs::exists(there, failed))
        return fail(error_kind::conflict,
                    fmt::format("{} is there already: give --force to replace it", there.string()));
  impl.temporary = (fs::path{folder} / fmt::format(".{}{}.partial", topic, ending)).string();
  if (auto opened = impl.open_temporary(); !opened)
    return tl::unexpected(opened.error());
  if (::ftruncate(impl.fd, 0) != 0) // what somebody was killed over
    return tl::unexpected(write_error(impl.path, errno));
  return made;
}

expected<std::unique_ptr<message_file_writer>> message_file_writer::resume(const std::string& folder,
                                                                           const std::string& topic, file_form form) {
  namespace fs = std::filesystem;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed)
    return tl::unexpected(write_error(folder, failed.value()));
  std::unique_ptr<message_file_writer> made{new message_file_writer};
  auto& impl = *made->impl_;
  const auto ending = ending_of(form);
  impl.path = (fs::path{folder} / (topic + ending)).string();
  impl.temporary = (fs::path{folder} / fmt::format(".{}{}.partial", topic, ending)).string();
  impl.force = impl.keeps = true;
  if (!fs::exists(impl.temporary, failed) && fs::exists(impl.path, failed) &&
      ::rename(impl.path.c_str(), impl.temporary.c_str()) != 0)
    return tl::unexpected(write_error(impl.path, errno));
  if (auto opened = impl.open_temporary().and_then([&] { return impl.find_end(); }); !opened)
    return tl::unexpected(opened.error());
  return made;
}

const std::string& message_file_writer::hidden_path() const {
  return impl_->temporary;
}

void message_file_writer::keep() {
  impl_->keeps = true;
}

expected<void> message_file_writer::flush() {
  return impl_->write_out();
}

std::uint64_t message_file_writer::lines_before() const {
  return impl_->lines_before;
}

expected<void> message_file_writer::append(const std::vector<std::string_view>& values) {
  for (const auto value : values) {
    if (impl_->buffer.size() + value.size() + 1 > buffer_bytes)
      if (auto written = impl_->write_out(); !written)
        return written;
    impl_->buffer += value;
    impl_->buffer += '\n';
  }
  return {};
}

expected<void> message_file_writer::finish() {
  auto& impl = *impl_;
  if (auto written = impl.write_out(); !written)
    return written;
  // Some file systems say only now that they are full.
  if (::fsync(impl.fd) != 0)
    return tl::unexpected(write_error(impl.path, errno));
  const auto closed = ::close(std::exchange(impl.fd, -1));
  if (closed != 0)
    return tl::unexpected(write_error(impl.path, errno));
  if (impl.force) {
    if (::rename(impl.temporary.c_str(), impl.path.c_str()) != 0)
      return tl::unexpected(write_error(impl.path, errno));
    impl.temporary.clear();
    return {};
  }
  // link() refuses what rename() would replace: somebody else may have written the name meanwhile.
  if (::link(impl.temporary.c_str(), impl.path.c_str()) != 0) {
    if (errno == EEXIST)
      return fail(error_kind::conflict, fmt::format("{} is there already: give --force to replace it", impl.path));
    if (::rename(impl.temporary.c_str(), impl.path.c_str()) != 0) // no hard links here
      return tl::unexpected(write_error(impl.path, errno));
    impl.temporary.clear();
  }
  impl.keeps = false; // it has its name, and the hidden one goes
  return {};
}

} // namespace throng::transport
