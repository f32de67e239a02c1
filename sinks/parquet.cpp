#include "sinks/parquet.hpp"

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "sinks/loaded_module.hpp"
#include "sinks/parquet_module.hpp"

namespace throng::sinks {

namespace {

const expected<void*>& loaded() {
  static const auto found =
      load_function(of_arrow(parquet_module_file), parquet_module_function, "format parquet", "take ndjson or csv");
  return found;
}

parquet_opener* opener() {
  return reinterpret_cast<parquet_opener*>(*loaded());
}

} // namespace

expected<void> check_parquet() {
  if (const auto& found = loaded(); !found)
    return tl::unexpected{found.error()};
  return {};
}

struct parquet_writer::implementation {
  taker to;
  expected<void> taken; ///< what `to` said at last
  std::function<bool(std::string_view)> forward;
  std::unique_ptr<parquet_file> file;

  error why(const std::string& said) const {
    return taken ? error{error_kind::internal, fmt::format("Arrow does not write the table: {}", said), false}
                 : taken.error();
  }
};

parquet_writer::parquet_writer(std::unique_ptr<implementation> made)
    : impl_(std::move(made)) {}
parquet_writer::parquet_writer(parquet_writer&&) noexcept = default;
parquet_writer& parquet_writer::operator=(parquet_writer&&) noexcept = default;
parquet_writer::~parquet_writer() = default;

expected<parquet_writer> parquet_writer::open(const column_table& shape, config::sink_compression how, taker to) {
  if (auto checked = check_parquet(); !checked)
    return tl::unexpected{checked.error()};
  auto made = std::make_unique<implementation>();
  made->to = std::move(to);
  made->forward = [state = made.get()](std::string_view bytes) {
    state->taken = state->to(bytes);
    return state->taken.has_value();
  };
  std::string why;
  made->file.reset(opener()(&shape, how == config::sink_compression::zstd, &made->forward, &why));
  if (!made->file)
    return tl::unexpected{made->why(why)};
  return parquet_writer{std::move(made)};
}

expected<void> parquet_writer::append(const column_table& rows) {
  if (std::string why; !impl_->file->append(rows, why))
    return tl::unexpected{impl_->why(why)};
  return {};
}

expected<void> parquet_writer::finish() {
  if (std::string why; !impl_->file->finish(why))
    return tl::unexpected{impl_->why(why)};
  return {};
}

expected<std::string> to_parquet(const column_table& table, config::sink_compression how) {
  std::string made;
  auto writer = parquet_writer::open(table, how, [&](std::string_view bytes) -> expected<void> {
    made += bytes;
    return {};
  });
  if (!writer)
    return tl::unexpected{writer.error()};
  auto done = writer->append(table);
  if (done)
    done = writer->finish();
  if (!done)
    return tl::unexpected{done.error()};
  return made;
}

} // namespace throng::sinks
