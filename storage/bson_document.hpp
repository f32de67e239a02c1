// A BSON document of one's own, and single fields of one, written and read. What the fields mean is its users'.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bson/bson.h>

namespace throng::storage {

/// A bson_t of one's own.
class bson_document {
public:
  bson_document() {
    bson_init(&bson_);
  }
  bson_document(const bson_document&) = delete;
  bson_document& operator=(const bson_document&) = delete;
  ~bson_document() {
    bson_destroy(&bson_);
  }
  operator bson_t*() {
    return &bson_;
  }
  bson_t* operator->() {
    return &bson_;
  }

private:
  bson_t bson_;
};

void append_text(bson_t* to, const char* key, std::string_view text);
void append_bytes(bson_t* to, const char* key, std::string_view bytes);
/// BSON knows signed integers only: the same 64 bits.
void append_unsigned(bson_t* to, const char* key, std::uint64_t x);

/// Empty, or 0, where there is no such field or it is of another type.
std::string text_at(const bson_t* in, const char* key);
std::string bytes_at(const bson_t* in, const char* key);
std::int64_t integer_at(const bson_t* in, const char* key);
/// What append_unsigned wrote.
std::uint64_t unsigned_at(const bson_t* in, const char* key);

} // namespace throng::storage
