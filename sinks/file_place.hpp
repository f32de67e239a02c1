// Where a sink's files are: they appear whole or not at all, are listed, and removed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"

namespace throng::sinks {

/// A file on its way into a place. One that is not finished leaves nothing.
class growing_file {
public:
  virtual ~growing_file() = default;
  virtual expected<void> append(std::string_view bytes) = 0;
  /// Durable when it returns. Asks `still_wanted` when all but the last step is done, and again behind it: after its error nothing stands
  /// there. Over a file of that name.
  virtual expected<void> finish(const std::function<expected<void>()>& still_wanted) = 0;
};

/// Paths are relative to the place, with `/`.
class file_place {
public:
  virtual ~file_place() = default;
  virtual expected<std::unique_ptr<growing_file>> begin(const std::string& path) = 0;
  /// begin() to finish() of one whose bytes are there.
  expected<void> put(const std::string& path, std::string_view bytes,
                     const std::function<expected<void>()>& still_wanted);
  virtual expected<bool> has(const std::string& path) = 0;
  /// All files below a folder, those half-written too (their names begin with a dot), in the order of their paths.
  virtual expected<std::vector<std::string>> list(const std::string& folder) = 0;
  virtual expected<void> remove(const std::string& path) = 0;
};

/// A folder of this machine, made with the first file.
std::unique_ptr<file_place> make_folder(std::string path);

} // namespace throng::sinks
