#include "storage/mongo_error.hpp"

#include <string_view>

#include <fmt/format.h>

namespace throng::storage {

namespace {

error_kind kind_of_server_code(std::uint32_t code, bool& retryable) {
  // Codes: the server's error_codes.yml.
  switch (code) {
  case 13: // Unauthorized
  case 18: // AuthenticationFailed
    return error_kind::denied;
  case 50: // MaxTimeMSExpired
  case write_concern_failed_code:
  case 202: // NetworkInterfaceExceededTimeLimit
    retryable = true;
    return error_kind::timed_out;
  case 6:     // HostUnreachable
  case 7:     // HostNotFound
  case 89:    // NetworkTimeout
  case 91:    // ShutdownInProgress
  case 189:   // PrimarySteppedDown
  case 262:   // ExceededTimeLimit
  case 9001:  // SocketException
  case 10107: // NotWritablePrimary
  case 11600: // InterruptedAtShutdown
  case 11602: // InterruptedDueToReplStateChange
  case 13435: // NotPrimaryNoSecondaryOk
  case 13436: // NotPrimaryOrSecondary
    retryable = true;
    return error_kind::unavailable;
  case 14031: // OutOfDiskSpace
    return error_kind::exhausted;
  case 10334: // BSONObjectTooLarge
    return error_kind::invalid;
  case 85: // IndexOptionsConflict
  case 86: // IndexKeySpecsConflict
    return error_kind::conflict;
  default:
    return error_kind::internal;
  }
}

/// What to do about it, behind what was said; empty where we know nothing better.
std::string_view advice(std::uint32_t code, std::string_view said) {
  const auto tells = [&](std::string_view what) { return said.find(what) != std::string_view::npos; };
  if (code == 13)
    return "; the URI has no user that may do this: mongodb://USER:PASSWORD@HOST, with the role readWrite on the "
           "database";
  if (tells("uthentication"))
    return "; user or password is wrong: look at those of the URI, and at authSource, the database that knows the user";
  if (code == 85 || code == 86)
    return "; Throng does not change an index that is there: drop or rename it";
  if (tells("certificate verify failed"))
    return "; the server's certificate is not signed by a CA that is known here, has expired or is for another host: "
           "tlsCAFile=FILE in the URI names its CA";
  if (tells("No suitable servers") && tells("Failed to read"))
    return "; the server may want TLS here: tls=true in the URI";
  return {};
}

} // namespace

error mongo_error(const bson_error_t& what, const std::string& place) {
  auto say = [&](error_kind kind, bool retryable) {
    return error{kind, fmt::format("{}: {}{}", place, what.message, advice(0, what.message)), retryable};
  };
  switch (what.domain) {
  case MONGOC_ERROR_SERVER:
  case MONGOC_ERROR_WRITE_CONCERN:
    return mongo_server_error(what.code, what.message, place);
  case MONGOC_ERROR_SERVER_SELECTION:
    // It also ends here when every attempt to log in was turned down.
    if (std::string_view(what.message).find("uthentication") != std::string_view::npos)
      return say(error_kind::denied, false);
    return say(error_kind::unavailable, true);
  case MONGOC_ERROR_STREAM:
    return say(error_kind::unavailable, true);
  case MONGOC_ERROR_CLIENT:
    if (what.code == MONGOC_ERROR_CLIENT_AUTHENTICATE)
      return say(error_kind::denied, false);
    return say(error_kind::internal, false);
  case MONGOC_ERROR_BSON:
    return say(error_kind::invalid, false);
  default:
    return say(error_kind::internal, false);
  }
}

error mongo_server_error(std::uint32_t code, const std::string& message, const std::string& place) {
  bool retryable = false;
  auto kind = kind_of_server_code(code, retryable);
  return {kind, fmt::format("{}: {} (code {}){}", place, message, code, advice(code, message)), retryable};
}

} // namespace throng::storage
