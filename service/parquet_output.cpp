#include "service/parquet_output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "analytics/flat_document.hpp"
#include "query/csv_table.hpp"
#include "sinks/column_learner.hpp"
#include "sinks/column_table.hpp"
#include "sinks/file_place.hpp"
#include "sinks/open_place.hpp"
#include "sinks/parquet.hpp"

namespace throng::service {

namespace {

/// A group of rows, held at once. Readers skip groups by their statistics, so it is not all of them.
constexpr std::size_t group_rows = 100'000;
constexpr std::size_t group_bytes = 32U << 20U;

/// Lines that are written once and then read once, in a file without a name.
class spool {
public:
  static expected<spool> open() {
    std::error_code none;
    auto path = (std::filesystem::temp_directory_path(none) / "throng-rows-XXXXXX").string();
    spool made;
    if (const auto descriptor = ::mkstemp(path.data()); descriptor >= 0) {
      ::unlink(path.c_str());
      made.file_.reset(::fdopen(descriptor, "w+"));
      if (!made.file_)
        ::close(descriptor);
    }
    if (!made.file_)
      return fail(error_kind::unavailable, fmt::format("{}: {}; rows wait there, $TMPDIR chooses another folder", path,
                                                       std::generic_category().message(errno)));
    return made;
  }

  expected<void> append(std::string_view line) {
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() && std::fputc('\n', file_.get()) != EOF)
      return {};
    return failed();
  }
  expected<void> rewind() {
    return std::fflush(file_.get()) == 0 && std::fseek(file_.get(), 0, SEEK_SET) == 0 ? expected<void>{} : failed();
  }
  /// Empty at the end. Stands until the next.
  expected<std::string_view> next() {
    const auto size = ::getline(&line_.text, &line_.room, file_.get());
    if (size > 0)
      return std::string_view{line_.text, static_cast<std::size_t>(size - 1)};
    return std::ferror(file_.get()) != 0 ? expected<std::string_view>{tl::unexpected{failed().error()}}
                                         : std::string_view{};
  }

private:
  static expected<void> failed() {
    return fail(errno == ENOSPC ? error_kind::exhausted : error_kind::unavailable,
                fmt::format("the temporary file of rows: {}; $TMPDIR chooses another folder",
                            std::generic_category().message(errno)));
  }

  struct closing {
    void operator()(std::FILE* file) const {
      std::fclose(file);
    }
  };
  /// As getline() grows it.
  struct line {
    char* text = nullptr;
    std::size_t room = 0;
    line() = default;
    line(line&& other) noexcept
        : text(std::exchange(other.text, nullptr))
        , room(std::exchange(other.room, 0)) {}
    line& operator=(line&& other) noexcept {
      std::swap(text, other.text);
      std::swap(room, other.room);
      return *this;
    }
    ~line() {
      std::free(text); // NOLINT(cppcoreguidelines-no-malloc)
    }
  };
  std::unique_ptr<std::FILE, closing> file_;
  line line_;
};

bool full(const analytics::sink_rows& rows) {
  return rows.size() >= group_rows || rows.bytes() >= group_bytes;
}

} // namespace

struct parquet_output::implementation {
  std::string path;
  std::unique_ptr<sinks::file_place> place;
  spool waiting;
  query::column_names names; ///< in the order that CSV has
  sinks::column_learner types;
  std::string line;
  analytics::sink_rows rows; ///< not looked at yet

  expected<void> settle() {
    types.learn(rows);
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (auto written = waiting.append(*rows[i].value); !written)
        return written;
    rows = {};
    return {};
  }

  sinks::table_options columns() const {
    std::map<std::string, config::column_kind> kinds;
    for (auto& [name, kind] : types.columns())
      kinds.emplace(name, kind);
    sinks::table_options made;
    made.places = false;
    for (const auto& name : names.all())
      if (const auto kind = kinds.find(name); kind != kinds.end())
        made.columns.emplace_back(name, kind->second);
    return made;
  }
};

parquet_output::parquet_output(std::unique_ptr<implementation> made)
    : impl_(std::move(made)) {}
parquet_output::parquet_output(parquet_output&&) noexcept = default;
parquet_output& parquet_output::operator=(parquet_output&&) noexcept = default;
parquet_output::~parquet_output() = default;

expected<parquet_output> parquet_output::open(const std::string& to, const std::string& name,
                                              std::vector<std::string> time_fields, bool force) {
  if (to == "-")
    return fail(error_kind::invalid,
                "--format parquet: needs a folder, --to DIR; standard output takes csv and ndjson");
  if (auto checked = sinks::check_parquet(); !checked)
    return tl::unexpected{checked.error()};
  const auto path = name + ".parquet";
  auto place = sinks::open_free_place(to, path, force);
  if (!place)
    return tl::unexpected{place.error()};
  auto waiting = spool::open();
  if (!waiting)
    return tl::unexpected{waiting.error()};
  return parquet_output{std::unique_ptr<implementation>{new implementation{
      path, std::move(*place), std::move(*waiting), {}, sinks::column_learner{std::move(time_fields), false}, {}, {}}}};
}

expected<void> parquet_output::append(const query::flat_document& row) {
  auto& line = impl_->line;
  impl_->names.learn(row);
  line.clear();
  analytics::append_json_text(line, row);
  impl_->rows.add({0, -1, {}, line});
  return full(impl_->rows) ? impl_->settle() : expected<void>{};
}

expected<void> parquet_output::finish(const std::function<expected<void>(std::uint64_t)>& packed) {
  auto done = impl_->settle();
  if (done)
    done = impl_->waiting.rewind();
  if (!done)
    return done;
  const auto columns = impl_->columns();
  auto file = impl_->place->begin(impl_->path);
  if (!file)
    return tl::unexpected{file.error()};
  auto writer = sinks::parquet_writer::open(sinks::make_table({}, columns), config::sink_compression::zstd,
                                            [&](std::string_view bytes) { return (*file)->append(bytes); });
  if (!writer)
    return tl::unexpected{writer.error()};
  std::uint64_t written = 0;
  for (;;) {
    analytics::sink_rows group;
    while (!full(group)) {
      const auto line = impl_->waiting.next();
      if (!line)
        return tl::unexpected{line.error()};
      if (line->empty())
        break;
      group.add({0, -1, {}, *line});
    }
    if (group.empty())
      break;
    done = writer->append(sinks::make_table(group, columns));
    written += group.size();
    if (done)
      done = packed(written);
    if (!done)
      return done;
  }
  done = writer->finish();
  return done ? (*file)->finish([] { return expected<void>{}; }) : done;
}

} // namespace throng::service
