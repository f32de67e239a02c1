// The one function of the module that knows Apache Arrow's S3. Both sides are built together.
#pragma once

#include "config/error.hpp"
#include "config/s3_address.hpp"
#include "sinks/file_place.hpp"

namespace throng::sinks {

inline constexpr const char* s3_module_file = "throng_s3.so";
inline constexpr const char* s3_module_function = "throng_open_s3";

/// Who asks. Never shown.
struct s3_credentials {
  std::string key;
  std::string secret;
  std::string token; ///< of a session; empty: none
};

/// Null: `why` is why not. The caller deletes it.
using s3_opener = file_place*(const config::s3_address* where, const s3_credentials* who, error* why);

/// Once, behind the last place and its files: Arrow can neither do it by itself at a process's end nor begin again.
inline constexpr const char* s3_module_end = "throng_end_s3";
using s3_end = void();

} // namespace throng::sinks
