// How anything in Throng says that something expected went wrong. A broken invariant is an exception instead: it
// crashes its actor, and the supervisor decides.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace throng {

/// What a caller can do about it.
enum class error_kind {
  invalid,     ///< what the user gave is wrong: configuration, an option, a file's content
  not_found,   ///< a file, topic, pipeline or document that is not there
  conflict,    ///< it belongs to something else: another identity, another writer, a partition count that differs
  fenced,      ///< a greater generation owns it now
  unavailable, ///< a server or file that does not answer now, but may again
  timed_out,
  denied,    ///< authentication or authorisation
  corrupt,   ///< a checksum that fails, a file that is not what it should be
  exhausted, ///< disk, memory or another bound is used up
  internal,  ///< a defect of ours
};

/// An expected failure.
struct error {
  error_kind kind = error_kind::internal;
  /// One sentence that names the place, the value and what to do. Never holds a secret.
  std::string message;
  /// Whether the same call may succeed later without anybody's doing.
  bool retryable = false;
};

template <class T>
using expected = tl::expected<T, error>;

/// For `return fail(error_kind::not_found, "...")`.
inline tl::unexpected<error> fail(error_kind kind, std::string message, bool retryable = false) {
  return tl::unexpected<error>(error{kind, std::move(message), retryable});
}

} // namespace throng
