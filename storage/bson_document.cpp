#include "storage/bson_document.hpp"

namespace throng::storage {

void append_text(bson_t* to, const char* key, std::string_view text) {
  bson_append_utf8(to, key, -1, text.data(), static_cast<int>(text.size()));
}

void append_bytes(bson_t* to, const char* key, std::string_view bytes) {
  bson_append_binary(to, key, -1, BSON_SUBTYPE_BINARY, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                     static_cast<std::uint32_t>(bytes.size()));
}

void append_unsigned(bson_t* to, const char* key, std::uint64_t x) {
  bson_append_int64(to, key, -1, static_cast<std::int64_t>(x));
}

std::string text_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, in, key) || !BSON_ITER_HOLDS_UTF8(&at))
    return {};
  std::uint32_t size = 0;
  const char* text = bson_iter_utf8(&at, &size);
  return {text, size};
}

std::string bytes_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, in, key) || !BSON_ITER_HOLDS_BINARY(&at))
    return {};
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&at, nullptr, &size, &bytes);
  return {reinterpret_cast<const char*>(bytes), size};
}

std::int64_t integer_at(const bson_t* in, const char* key) {
  bson_iter_t at;
  return bson_iter_init_find(&at, in, key) ? bson_iter_as_int64(&at) : 0;
}

std::uint64_t unsigned_at(const bson_t* in, const char* key) {
  return static_cast<std::uint64_t>(integer_at(in, key));
}

} // namespace throng::storage
