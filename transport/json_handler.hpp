// What every reader of single fields has to answer Boost.JSON's parser, in the six words that such a reader thinks in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/basic_parser_impl.hpp>

namespace throng::transport {

/// A handler of boost::json::basic_parser. Numbers come as their own text, strings without their quotes and escapes.
/// @tparam Reader has `void opened(bool object)`, `void closed()`, `void named(std::string& name)`, which may take the name away, `void
/// part(std::string_view)` of a text or number, `void scalar()` at its end, and `void literal(std::string_view)` of true, false and null
template <class Reader>
class json_handler {
public:
  using error_code = boost::json::error_code;
  using view = boost::json::string_view;

  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(error_code&) {
    return true;
  }
  bool on_document_end(error_code&) {
    return true;
  }
  bool on_object_begin(error_code&) {
    return self().opened(true), true;
  }
  bool on_object_end(std::size_t, error_code&) {
    return self().closed(), true;
  }
  bool on_array_begin(error_code&) {
    return self().opened(false), true;
  }
  bool on_array_end(std::size_t, error_code&) {
    return self().closed(), true;
  }
  bool on_key_part(view part, std::size_t, error_code&) {
    name_.append(part.data(), part.size());
    return true;
  }
  bool on_key(view part, std::size_t, error_code&) {
    name_.append(part.data(), part.size());
    self().named(name_);
    name_.clear();
    return true;
  }
  bool on_string_part(view part, std::size_t, error_code&) {
    return more(part);
  }
  bool on_string(view part, std::size_t, error_code&) {
    return last(part);
  }
  bool on_number_part(view part, error_code&) {
    return more(part);
  }
  bool on_int64(std::int64_t, view part, error_code&) {
    return last(part);
  }
  bool on_uint64(std::uint64_t, view part, error_code&) {
    return last(part);
  }
  bool on_double(double, view part, error_code&) {
    return last(part);
  }
  bool on_bool(bool value, error_code&) {
    return self().literal(value ? "true" : "false"), true;
  }
  bool on_null(error_code&) {
    return self().literal("null"), true;
  }
  bool on_comment_part(view, error_code&) {
    return true;
  }
  bool on_comment(view, error_code&) {
    return true;
  }

protected:
  /// A message that was given up in the middle of a name must leave nothing for the next.
  void forget_name() {
    name_.clear();
  }

private:
  Reader& self() {
    return static_cast<Reader&>(*this);
  }
  bool more(view part) {
    return self().part({part.data(), part.size()}), true;
  }
  bool last(view part) {
    more(part);
    return self().scalar(), true;
  }

  std::string name_;
};

} // namespace throng::transport
