// Owners of libcurl's handles.
#pragma once

#include <memory>

#include <curl/curl.h>

#include "config/error.hpp"

namespace throng::sources {

struct free_curl {
  void operator()(CURL* x) const {
    curl_easy_cleanup(x);
  }
  void operator()(curl_slist* x) const {
    curl_slist_free_all(x);
  }
};

using curl_handle = std::unique_ptr<CURL, free_curl>;
using curl_list = std::unique_ptr<curl_slist, free_curl>;

/// The library is set up with the first. internal: it can't be.
inline expected<curl_handle> make_curl_handle() {
  static const auto ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  curl_handle made{ready == CURLE_OK ? curl_easy_init() : nullptr};
  if (!made)
    return fail(error_kind::internal, "libcurl can't be set up");
  return made;
}

} // namespace throng::sources
