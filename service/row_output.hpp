// Where exported rows go: standard output, or a file of a folder that appears under its name when it is complete.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/error.hpp"
#include "transport/message_file.hpp"

namespace throng::service {

class row_output {
public:
  /// @param to a folder; - is standard output @param name of the file, without the form's ending
  /// invalid: there is such a file, and `force` is not given
  static expected<row_output> open(const std::string& to, const std::string& name, transport::file_form form,
                                   bool force);

  /// A row, without its line's end; a \n follows it.
  expected<void> append(std::string_view row);
  expected<void> finish();

private:
  std::unique_ptr<transport::message_file_writer> file_; ///< null: standard output
};

} // namespace throng::service
