// Standard output, where results go, and why it could not be written.
#pragma once

#include "config/error.hpp"

namespace throng::service {

/// Writes out what is buffered. 0, or the errno of the first write that failed, this one's or an earlier one's.
int flush_output();

/// unavailable: what a write that failed with this errno is told as.
error no_output(int code);

/// Whether something could not be written because whoever read it reads no more.
bool reader_is_gone();

} // namespace throng::service
