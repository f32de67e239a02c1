// The place that a user has named: a folder, or a bucket's part in S3.
#pragma once

#include <memory>
#include <string>

#include "config/error.hpp"
#include "sinks/file_place.hpp"

namespace throng::sinks {

/// Of `s3://…` who asks comes from the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION. Nothing is asked yet.
/// invalid: an address that can't be, no credentials, or a program that was built without S3
expected<std::unique_ptr<file_place>> open_place(const std::string& to);

/// For one file of it. conflict: it is there, and `force` is not given
expected<std::unique_ptr<file_place>> open_free_place(const std::string& to, const std::string& file, bool force);

/// At a program's end, when all places are gone: none can be opened any more.
void end_places();

} // namespace throng::sinks
