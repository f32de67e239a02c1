// What libmongoc or a MongoDB server says went wrong, as an error of ours. The one place that knows their codes.
#pragma once

#include <cstdint>
#include <string>

#include <mongoc/mongoc.h>

#include "config/error.hpp"

namespace throng::storage {

inline constexpr std::uint32_t duplicate_key_code = 11000;
inline constexpr std::uint32_t write_concern_failed_code = 64;

/// @param place hosts and database, without user and password
error mongo_error(const bson_error_t& what, const std::string& place);

/// The same for what comes within a reply, such as an entry of `writeErrors`: a server's code and message.
error mongo_server_error(std::uint32_t code, const std::string& message, const std::string& place);

} // namespace throng::storage
