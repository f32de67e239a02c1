// What it means that libcurl came back without a reply: in words without the URL, which may hold a key, and whether asking again would help.
#pragma once

#include <string>

#include <curl/curl.h>

#include "sources/http_message.hpp"

namespace throng::sources {

/// Asking again would end the same way.
inline bool is_final(CURLcode code) {
  switch (code) {
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_URL_MALFORMAT:
  case CURLE_NOT_BUILT_IN:
  case CURLE_FILESIZE_EXCEEDED:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_TOO_MANY_REDIRECTS:
    return true;
  default:
    return false;
  }
}

/// @param ca_file that the server's certificate was held against
inline http_failure failure_of(CURLcode code, const std::string& ca_file) {
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    return {"the server's certificate is not one to trust: it is of another host, has expired, or its authority is not "
            "known (ca_file names one)",
            true};
  if (code == CURLE_SSL_CACERT_BADFILE)
    return {"ca_file " + ca_file + " can't be read as certificates", true};
  // libcurl's own text may hold the URL; its name of the error does not.
  return {curl_easy_strerror(code), is_final(code)};
}

} // namespace throng::sources
