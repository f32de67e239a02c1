#include "sinks/parquet_module.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
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
    buffers.push_back(arrow::Buffer::FromString(from.text));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(type_of(from.kind), rows, std::move(buffers), from.nulls));
}

arrow::Result<std::string> write(const column_table& table, bool zstd) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  const auto rows = static_cast<std::int64_t>(table.rows);
  for (const auto& each : table.columns) {
    fields.push_back(arrow::field(each.name, type_of(each.kind)));
    arrays.push_back(array_of(each, rows));
  }
  const auto made = arrow::Table::Make(arrow::schema(std::move(fields)), arrays, rows);
  parquet::WriterProperties::Builder properties;
  properties.compression(zstd ? parquet::Compression::ZSTD : parquet::Compression::UNCOMPRESSED);
  properties.compression_level(1);
  // Offsets rise, so a dictionary of them would only be built and thrown away.
  properties.disable_dictionary("_offset");
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  ARROW_RETURN_NOT_OK(parquet::arrow::WriteTable(*made, arrow::default_memory_pool(), out,
                                                 parquet::DEFAULT_MAX_ROW_GROUP_LENGTH, properties.build()));
  ARROW_ASSIGN_OR_RAISE(auto bytes, out->Finish());
  return bytes->ToString();
}

} // namespace

extern "C" __attribute__((visibility("default"))) bool throng_write_parquet(const column_table* table, bool zstd,
                                                                            std::string* out) {
  try {
    auto written = write(*table, zstd);
    *out = written.ok() ? std::move(*written) : written.status().ToString();
    return written.ok();
  } catch (const std::exception& e) { // parquet's own
    *out = e.what();
    return false;
  }
}
