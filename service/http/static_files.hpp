// A folder of files for browsers. All are read when the server starts, and only those are ever answered with: no path of a request
// reaches the file system.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "service/http/message.hpp"

namespace throng::service::http {

class static_files {
public:
  /// Reads the folder and its subfolders. `NAME.gz` beside NAME is NAME compressed, for clients that take it.
  /// unavailable: the folder or a file can't be read.
  static expected<static_files> read(const std::string& folder);

  /// @param name as in `assets/index.js`
  /// - Strict: scripts, styles and data only from here, no frames, no forms.
  /// - With an ETag; 304 where the client has it. What lies in `assets/` has its hash in its name and is kept for a year, all
  ///   else is asked for again every time.
  response answer(const request& asked, const std::string& name) const;

  bool has(const std::string& name) const {
    return files_.contains(name);
  }

private:
  struct file {
    std::string bytes;
    std::string compressed; ///< by gzip; empty: there is none
    std::string tag;        ///< with its quotes
  };
  std::map<std::string, file> files_;
};

/// By the name's ending; `application/octet-stream` for what browsers need not know.
std::string_view content_type_of(std::string_view name);

} // namespace throng::service::http
