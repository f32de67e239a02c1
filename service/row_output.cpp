#include "service/row_output.hpp"

#include <cerrno>
#include <cstdio>

#include "config/s3_address.hpp"
#include "service/output.hpp"
#include "sinks/open_place.hpp"

namespace throng::service {

expected<row_output> row_output::open(const std::string& to, const std::string& name, transport::file_form form,
                                      bool force) {
  row_output made;
  if (to == "-")
    return made;
  if (config::is_s3(to)) {
    const auto path = name + (form == transport::file_form::csv ? ".csv" : ".ndjson");
    auto place = sinks::open_free_place(to, path, force);
    if (!place)
      return tl::unexpected(place.error());
    auto object = (*place)->begin(path);
    if (!object)
      return tl::unexpected(object.error());
    made.object_ = std::move(*object);
    return made;
  }
  auto file = transport::message_file_writer::create(to, name, force, form);
  if (!file)
    return tl::unexpected(file.error());
  made.file_ = std::move(*file);
  return made;
}

expected<void> row_output::append(std::string_view row) {
  if (file_)
    return file_->append({row});
  if (object_) {
    constexpr std::size_t most_waiting = 1U << 20U;
    waiting_ += row;
    waiting_ += '\n';
    return waiting_.size() < most_waiting ? expected<void>{} : pass_on();
  }
  if (std::fwrite(row.data(), 1, row.size(), stdout) != row.size() || std::fputc('\n', stdout) == EOF)
    return tl::unexpected(no_output(errno));
  return {};
}

expected<void> row_output::pass_on() {
  auto written = object_->append(waiting_);
  waiting_.clear();
  return written;
}

expected<void> row_output::finish() {
  if (object_) {
    auto done = pass_on();
    return done ? object_->finish([] { return expected<void>{}; }) : done;
  }
  if (file_)
    return file_->finish();
  const auto code = flush_output();
  return code == 0 ? expected<void>{} : tl::unexpected(no_output(code));
}

} // namespace throng::service
