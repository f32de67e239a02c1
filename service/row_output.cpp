#include "service/row_output.hpp"

#include <cerrno>
#include <cstdio>

#include "service/output.hpp"

namespace throng::service {

expected<row_output> row_output::open(const std::string& to, const std::string& name, transport::file_form form,
                                      bool force) {
  row_output made;
  if (to == "-")
    return made;
  auto file = transport::message_file_writer::create(to, name, force, form);
  if (!file)
    return tl::unexpected(file.error());
  made.file_ = std::move(*file);
  return made;
}

expected<void> row_output::append(std::string_view row) {
  if (file_)
    return file_->append({row});
  if (std::fwrite(row.data(), 1, row.size(), stdout) != row.size() || std::fputc('\n', stdout) == EOF)
    return tl::unexpected(no_output(errno));
  return {};
}

expected<void> row_output::finish() {
  if (file_)
    return file_->finish();
  const auto code = flush_output();
  return code == 0 ? expected<void>{} : tl::unexpected(no_output(code));
}

} // namespace throng::service
