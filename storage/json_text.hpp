// JSON text that reads back as the very same value. Boost.JSON 1.81 does neither half of that: it parses about one in ten shortest-form
// doubles to a neighbour, and 1e400 to infinity. Here every double is written in its shortest form and read by std::from_chars.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include "config/error.hpp"

namespace throng::storage {

/// Appends `x` without white space. An integer stays one: a double without a fraction is written with `.0`. A double that is not finite
/// becomes null, which is the only value JSON has for it.
void append_json_text(std::string& out, const boost::json::value& x);
void append_json_text(std::string& out, const boost::json::object& x);
std::string to_json_text(const boost::json::object& x);

/// Reads one text after the other with the same buffers.
class json_reader {
public:
  json_reader();
  ~json_reader();

  /// corrupt: not a JSON object, nested deeper than 256, or followed by something else. Bytes that are not UTF-8 are taken as they are.
  /// @param memory what the object and its members are made of
  expected<boost::json::object> read(std::string_view text, boost::json::storage_ptr memory = {});

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

/// As json_reader::read, of one text.
expected<boost::json::object> parse_json_object(std::string_view text);

} // namespace throng::storage
