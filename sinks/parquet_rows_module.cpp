#include "sinks/parquet_rows_module.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

namespace {

using throng::sinks::value_taker;

/// Rows that are held at once.
constexpr std::int64_t rows_at_once = 8'192;

/// Of a unit of time, how many make a millisecond (positive), or how many milliseconds it is (negative).
std::int64_t milliseconds_of(std::int64_t x, arrow::TimeUnit::type unit) {
  constexpr std::int64_t thousand = 1'000;
  const auto down = [&](std::int64_t by) { return x / by - (x % by < 0 ? 1 : 0); };
  switch (unit) {
  case arrow::TimeUnit::SECOND:
    return x * thousand;
  case arrow::TimeUnit::MILLI:
    return x;
  case arrow::TimeUnit::MICRO:
    return down(thousand);
  case arrow::TimeUnit::NANO:
    return down(thousand * thousand);
  }
  return x;
}

template <class Number>
void put_number(Number x, value_taker& to) {
  if constexpr (std::is_floating_point_v<Number>)
    if (!std::isfinite(x))
      return to.null();
  std::array<char, 64> text{};
  const auto [end, failed] = std::to_chars(text.data(), text.data() + text.size(), x);
  to.number({text.data(), static_cast<std::size_t>(end - text.data())});
}

void put(const arrow::Array& from, std::int64_t i, value_taker& to);

template <class List>
void put_list(const arrow::Array& of, std::int64_t i, value_taker& to) {
  const auto& from = static_cast<const List&>(of);
  to.open_list();
  for (std::int64_t j = 0; j < from.value_length(i); ++j)
    put(*from.values(), from.value_offset(i) + j, to);
  to.close_list();
}

template <class Type>
auto at(const arrow::Array& from, std::int64_t i) {
  return static_cast<const arrow::NumericArray<Type>&>(from).Value(i);
}

template <class Texts>
std::string_view bytes_at(const arrow::Array& from, std::int64_t i) {
  return static_cast<const Texts&>(from).GetView(i);
}

void put(const arrow::Array& from, std::int64_t i, value_taker& to) {
  constexpr std::int64_t day = 86'400'000;
  if (from.IsNull(i))
    return to.null();
  switch (from.type_id()) {
  case arrow::Type::BOOL:
    return to.flag(static_cast<const arrow::BooleanArray&>(from).Value(i));
  case arrow::Type::INT8:
    return put_number(int{at<arrow::Int8Type>(from, i)}, to);
  case arrow::Type::INT16:
    return put_number(at<arrow::Int16Type>(from, i), to);
  case arrow::Type::INT32:
    return put_number(at<arrow::Int32Type>(from, i), to);
  case arrow::Type::INT64:
    return put_number(at<arrow::Int64Type>(from, i), to);
  case arrow::Type::UINT8:
    return put_number(unsigned{at<arrow::UInt8Type>(from, i)}, to);
  case arrow::Type::UINT16:
    return put_number(at<arrow::UInt16Type>(from, i), to);
  case arrow::Type::UINT32:
    return put_number(at<arrow::UInt32Type>(from, i), to);
  case arrow::Type::UINT64:
    return put_number(at<arrow::UInt64Type>(from, i), to);
  case arrow::Type::FLOAT:
    return put_number(at<arrow::FloatType>(from, i), to);
  case arrow::Type::DOUBLE:
    return put_number(at<arrow::DoubleType>(from, i), to);
  case arrow::Type::DECIMAL128:
    return to.number(static_cast<const arrow::Decimal128Array&>(from).FormatValue(i));
  case arrow::Type::STRING:
    return to.text(bytes_at<arrow::StringArray>(from, i));
  case arrow::Type::LARGE_STRING:
    return to.text(bytes_at<arrow::LargeStringArray>(from, i));
  case arrow::Type::BINARY:
    return to.text(bytes_at<arrow::BinaryArray>(from, i));
  case arrow::Type::LARGE_BINARY:
    return to.text(bytes_at<arrow::LargeBinaryArray>(from, i));
  case arrow::Type::DATE32:
    return to.time(day * at<arrow::Date32Type>(from, i));
  case arrow::Type::DATE64:
    return to.time(at<arrow::Date64Type>(from, i));
  case arrow::Type::TIMESTAMP:
    return to.time(milliseconds_of(at<arrow::TimestampType>(from, i),
                                   static_cast<const arrow::TimestampType&>(*from.type()).unit()));
  case arrow::Type::DICTIONARY: {
    const auto& coded = static_cast<const arrow::DictionaryArray&>(from);
    return put(*coded.dictionary(), coded.GetValueIndex(i), to);
  }
  case arrow::Type::LIST:
    return put_list<arrow::ListArray>(from, i, to);
  case arrow::Type::LARGE_LIST:
    return put_list<arrow::LargeListArray>(from, i, to);
  case arrow::Type::STRUCT: {
    const auto& parts = static_cast<const arrow::StructArray&>(from);
    to.open_object();
    for (int j = 0; j < parts.num_fields(); ++j) {
      to.name(parts.type()->field(j)->name());
      put(*parts.field(j), i, to);
    }
    return to.close_object();
  }
  default:
    return to.null(); // what check() lets through besides has no values
  }
}

/// Why a column can't be a field of a message, if it can't.
arrow::Status check(const arrow::Field& column, const arrow::DataType& type) {
  switch (type.id()) {
  case arrow::Type::NA:
  case arrow::Type::BOOL:
  case arrow::Type::INT8:
  case arrow::Type::INT16:
  case arrow::Type::INT32:
  case arrow::Type::INT64:
  case arrow::Type::UINT8:
  case arrow::Type::UINT16:
  case arrow::Type::UINT32:
  case arrow::Type::UINT64:
  case arrow::Type::FLOAT:
  case arrow::Type::DOUBLE:
  case arrow::Type::DECIMAL128:
  case arrow::Type::STRING:
  case arrow::Type::LARGE_STRING:
  case arrow::Type::BINARY:
  case arrow::Type::LARGE_BINARY:
  case arrow::Type::DATE32:
  case arrow::Type::DATE64:
  case arrow::Type::TIMESTAMP:
    return arrow::Status::OK();
  case arrow::Type::DICTIONARY:
    return check(column, *static_cast<const arrow::DictionaryType&>(type).value_type());
  case arrow::Type::LIST:
  case arrow::Type::LARGE_LIST:
  case arrow::Type::STRUCT:
    for (const auto& part : type.fields())
      ARROW_RETURN_NOT_OK(check(column, *part->type()));
    return arrow::Status::OK();
  default:
    return arrow::Status::Invalid("the column ", column.name(), " is ", type.ToString(),
                                  ", which no field of a message can be; leave it out");
  }
}

template <class F>
bool guarded(std::string& why, F what) {
  try {
    const arrow::Status done = what();
    if (!done.ok())
      why = done.message();
    return done.ok();
  } catch (const std::exception& e) { // parquet's own
    why = e.what();
    return false;
  }
}

class arrow_rows final : public throng::sinks::parquet_row_reader {
public:
  arrow::Status open(const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
    parquet::ArrowReaderProperties how;
    how.set_batch_size(rows_at_once);
    how.set_pre_buffer(false); // or a whole group of rows stands in memory
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(std::move(file)));
    ARROW_RETURN_NOT_OK(builder.properties(how)->Build(&file_));
    ARROW_ASSIGN_OR_RAISE(batches_, file_->GetRecordBatchReader());
    for (const auto& each : batches_->schema()->fields())
      ARROW_RETURN_NOT_OK(check(*each, *each->type()));
    return arrow::Status::OK();
  }

  std::vector<std::string> columns() const override {
    return batches_->schema()->field_names();
  }

  bool next(std::string& why) override {
    for (++at_; batch_ == nullptr || at_ == batch_->num_rows(); at_ = 0) {
      if (!guarded(why, [&] { return batches_->ReadNext(&batch_); }) || batch_ == nullptr)
        return false;
    }
    return true;
  }

  void value(std::size_t column, value_taker& to) const override {
    put(*batch_->column(static_cast<int>(column)), at_, to);
  }

private:
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::int64_t at_ = -1;
};

} // namespace

extern "C" __attribute__((visibility("default"))) throng::sinks::parquet_row_reader*
throng_read_parquet(const char* path, std::string* why) {
  auto made = std::make_unique<arrow_rows>();
  return guarded(*why, [&] { return made->open(path); }) ? made.release() : nullptr;
}
