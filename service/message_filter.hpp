// Which messages of a topic are wanted: by key, and by what their value says as a JSON object. What `throng peek` and the API ask alike.
#pragma once

#include <memory>
#include <string>

#include "config/error.hpp"
#include "query/document_fields.hpp"
#include "transport/record_line.hpp"

namespace throng::service {

class message_filter {
public:
  /// @param key empty: any
  /// @param where MongoDB's match operators as JSON text; empty: any
  /// invalid: it is none
  static expected<message_filter> make(std::string key, const std::string& where);

  bool wants(const transport::record& message) const;

private:
  std::string key_;
  std::unique_ptr<query::filter> where_;
};

} // namespace throng::service
