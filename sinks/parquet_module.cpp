#include "sinks/parquet_module.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/writer.h>

namespace {

using throng::config::column_kind;
using throng::sinks::column;
using throng::sinks::column_table;

std::shared_ptr<arrow::DataType> type_of(column_kind kind) {
  switch (kind) {
  case column_kind::boolean:
    return arrow::boolean();
  case column_kind::integer:
    return arrow::int64();
  case column_kind::number:
    return arrow::float64();
  case column_kind::time:
    return arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
  case column_kind::text:
    return arrow::utf8();
  }
  return arrow::null();
}

template <class T>
std::shared_ptr<arrow::Buffer> borrow(const std::vector<T>& from) {
  return arrow::Buffer::Wrap(from);
}

/// Borrows the column's memory, which lies as Arrow's does.
std::shared_ptr<arrow::Array> array_of(const column& from, std::int64_t rows) {
  std::vector<std::shared_ptr<arrow::Buffer>> buffers{from.nulls > 0 ? borrow(from.valid) : nullptr};
  switch (from.kind) {
  case column_kind::boolean:
    buffers.push_back(borrow(from.bits));
    break;
  case column_kind::number:
    buffers.push_back(borrow(from.doubles));
    break;
  case column_kind::integer:
  case column_kind::time:
    buffers.push_back(borrow(from.numbers));
    break;
  case column_kind::text:
    buffers.push_back(borrow(from.ends));
    buffers.push_back(arrow::Buffer::Wrap(from.text.data(), from.text.size()));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(type_of(from.kind), rows, std::move(buffers), from.nulls));
}

/// Hands bytes on as they come.
class handed_on final : public arrow::io::OutputStream {
public:
  explicit handed_on(const std::function<bool(std::string_view)>& to)
      : to_(to) {}
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* bytes, std::int64_t size) override {
    at_ += size;
    return to_({static_cast<const char*>(bytes), static_cast<std::size_t>(size)})
               ? arrow::Status::OK()
               : arrow::Status::IOError("its bytes are not taken");
  }
  arrow::Result<std::int64_t> Tell() const override {
    return at_;
  }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override {
    return closed_;
  }

private:
  const std::function<bool(std::string_view)>& to_;
  std::int64_t at_ = 0;
  bool closed_ = false;
};

template <class F>
bool guarded(std::string& why, F what) {
  try {
    if (const arrow::Status done = what(); !done.ok()) {
      why = done.ToString();
      return false;
    }
    return true;
  } catch (const std::exception& e) { // parquet's own
    why = e.what();
    return false;
  }
}

class arrow_file final : public throng::sinks::parquet_file {
public:
  arrow::Status open(const column_table& shape, bool zstd, const std::function<bool(std::string_view)>& to) {
    std::vector<std::shared_ptr<arrow::Field>> fields;
    parquet::WriterProperties::Builder properties;
    for (const auto& each : shape.columns)
      fields.push_back(arrow::field(each.name, type_of(each.kind)));
    schema_ = arrow::schema(std::move(fields));
    properties.compression(zstd ? parquet::Compression::ZSTD : parquet::Compression::UNCOMPRESSED);
    properties.compression_level(1);
    // Offsets rise, so a dictionary of them would only be built and thrown away.
    properties.disable_dictionary("_offset");
    ARROW_ASSIGN_OR_RAISE(writer_,
                          parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(),
                                                           std::make_shared<handed_on>(to), properties.build()));
    return arrow::Status::OK();
  }

  bool append(const column_table& rows, std::string& why) override {
    return guarded(why, [&] {
      std::vector<std::shared_ptr<arrow::Array>> arrays;
      const auto count = static_cast<std::int64_t>(rows.rows);
      for (const auto& each : rows.columns)
        arrays.push_back(array_of(each, count));
      return writer_->WriteTable(*arrow::Table::Make(schema_, arrays, count), parquet::DEFAULT_MAX_ROW_GROUP_LENGTH);
    });
  }
  bool finish(std::string& why) override {
    return guarded(why, [&] { return writer_->Close(); });
  }

private:
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

} // namespace

extern "C" __attribute__((visibility("default"))) throng::sinks::parquet_file*
throng_open_parquet(const column_table* shape, bool zstd, const std::function<bool(std::string_view)>* to,
                    std::string* why) {
  auto made = std::make_unique<arrow_file>();
  return guarded(*why, [&] { return made->open(*shape, zstd, *to); }) ? made.release() : nullptr;
}
