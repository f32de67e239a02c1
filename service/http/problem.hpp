// Errors as problem+json (RFC 9457), with the sentences that the command line says.
#pragma once

#include <string>

#include "config/error.hpp"
#include "config/problem.hpp"
#include "service/http/message.hpp"

namespace throng::service::http {

/// The status that goes with what a caller can do about it.
unsigned status_of(error_kind kind);

/// `Not Found` and so on.
std::string_view reason(unsigned status);

response problem(unsigned status, const std::string& sentence);
response problem(const error& what);
/// 422; the member `problems` has each with its path.
response problem(const config::problems& what);

} // namespace throng::service::http
