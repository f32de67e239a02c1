// Where exported rows go: standard output, or a file of a folder or of S3 that appears under its name when it is complete.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "sinks/file_place.hpp"
#include "transport/message_file.hpp"

namespace throng::service {

class row_output {
public:
  /// @param to a folder or s3://…; - is standard output @param name of the file, without the form's ending
  /// invalid: there is such a file, and `force` is not given
  static expected<row_output> open(const std::string& to, const std::string& name, transport::file_form form,
                                   bool force);

  /// A row, without its line's end; a \n follows it.
  expected<void> append(std::string_view row);
  expected<void> finish();

private:
  expected<void> pass_on();

  // None of them: standard output.
  std::unique_ptr<transport::message_file_writer> file_;
  std::unique_ptr<sinks::growing_file> object_; ///< of S3
  std::string waiting_;                         ///< for that: rows are small
};

} // namespace throng::service
