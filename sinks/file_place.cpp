#include "sinks/file_place.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace throng::sinks {

namespace {

namespace fs = std::filesystem;

error said(const fs::path& where, const std::error_code& why) {
  // A disk gets room again, a share comes back; nobody is given rights, and no file becomes a folder, while we wait.
  const auto retry = why == std::errc::no_space_on_device || why == std::errc::io_error ||
                     why == std::errc::too_many_files_open || why.value() == EDQUOT || why.value() == ESTALE;
  const auto kind = why == std::errc::permission_denied || why == std::errc::read_only_file_system ? error_kind::denied
                    : why == std::errc::no_space_on_device ? error_kind::exhausted
                                                           : error_kind::unavailable;
  return {kind, fmt::format("{}: {}", where.string(), why.message()), retry};
}
error said_by_errno(const fs::path& where) {
  return said(where, std::error_code{errno, std::generic_category()});
}

class descriptor {
public:
  descriptor(const fs::path& path, int flags)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {} // NOLINT(cppcoreguidelines-pro-type-vararg)
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const {
    return number_;
  }

private:
  int number_;
};

/// So that names in it outlive the machine's fall.
expected<void> sync_folder(const fs::path& path) {
  descriptor folder{path, O_RDONLY | O_DIRECTORY};
  if (folder.number() < 0 || ::fsync(folder.number()) != 0)
    return tl::unexpected{said_by_errno(path)};
  return {};
}

class file_of_folder final : public growing_file {
public:
  file_of_folder(fs::path target, fs::path half)
      : target_(std::move(target))
      , half_(std::move(half))
      , file_(half_, O_WRONLY | O_CREAT | O_TRUNC)
      , unfinished_(file_.number() >= 0) {}
  ~file_of_folder() override {
    if (unfinished_)
      ::unlink(half_.c_str());
  }
  file_of_folder(const file_of_folder&) = delete;
  file_of_folder& operator=(const file_of_folder&) = delete;

  bool is_open() const {
    return file_.number() >= 0;
  }

  expected<void> append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto written = ::write(file_.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return tl::unexpected{said_by_errno(half_)};
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  expected<void> finish(const std::function<expected<void>()>& still_wanted) override {
    if (::fsync(file_.number()) != 0)
      return tl::unexpected{said_by_errno(half_)};
    if (auto wanted = still_wanted(); !wanted)
      return wanted;
    if (std::rename(half_.c_str(), target_.c_str()) != 0)
      return tl::unexpected{said_by_errno(target_)};
    unfinished_ = false;
    auto done = sync_folder(target_.parent_path());
    if (done)
      done = still_wanted();
    if (!done && !done.error().retryable)
      ::unlink(target_.c_str());
    return done;
  }

private:
  fs::path target_;
  fs::path half_;
  descriptor file_;
  bool unfinished_;
};

class folder final : public file_place {
public:
  explicit folder(fs::path path)
      : root_(std::move(path)) {}

  expected<std::unique_ptr<growing_file>> begin(const std::string& path) override {
    const auto target = root_ / path;
    if (auto made = make_folders(target.parent_path()); !made)
      return tl::unexpected{made.error()};
    const auto half = target.parent_path() / ("." + target.filename().string() + ".part");
    auto made = std::make_unique<file_of_folder>(target, half);
    if (!made->is_open())
      return tl::unexpected{said_by_errno(half)};
    return made;
  }

  expected<bool> has(const std::string& path) override {
    std::error_code why;
    const auto there = fs::exists(root_ / path, why);
    if (why)
      return tl::unexpected{said(root_ / path, why)};
    return there;
  }

  expected<std::vector<std::string>> list(const std::string& below) override {
    std::vector<std::string> found;
    std::error_code why;
    const auto begin = root_ / below;
    fs::recursive_directory_iterator at{begin, why};
    for (; !why && at != fs::recursive_directory_iterator{}; at.increment(why))
      if (std::error_code gone; at->is_regular_file(gone))
        found.push_back(at->path().lexically_relative(root_).generic_string());
    if (why && why != std::errc::no_such_file_or_directory)
      return tl::unexpected{said(begin, why)};
    std::sort(found.begin(), found.end());
    return found;
  }

  expected<void> remove(const std::string& path) override {
    const auto target = root_ / path;
    if (::unlink(target.c_str()) != 0 && errno != ENOENT)
      return tl::unexpected{said_by_errno(target)};
    return sync_folder(target.parent_path());
  }

private:
  /// Durably, from the first that is missing on.
  static expected<void> make_folders(const fs::path& path) {
    if (std::error_code ignored; path.empty() || fs::is_directory(path, ignored))
      return {};
    if (auto above = make_folders(path.parent_path()); !above)
      return above;
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
      return tl::unexpected{said_by_errno(path)};
    return sync_folder(path.has_parent_path() ? path.parent_path() : fs::path{"."});
  }

  fs::path root_;
};

} // namespace

expected<void> file_place::put(const std::string& path, std::string_view bytes,
                               const std::function<expected<void>()>& still_wanted) {
  auto file = begin(path);
  if (!file)
    return tl::unexpected{file.error()};
  if (auto written = (*file)->append(bytes); !written)
    return written;
  return (*file)->finish(still_wanted);
}

std::unique_ptr<file_place> make_folder(std::string path) {
  return std::make_unique<folder>(fs::path{std::move(path)}.lexically_normal());
}

} // namespace throng::sinks
