// The bytes of a message's key field, as its Kafka key would be: which partition a line of a file belongs to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace throng::transport {

/// Not for several threads.
class key_field {
public:
  /// @param path dotted, through objects; empty: no message has a key
  explicit key_field(std::string_view path);
  ~key_field();
  key_field(key_field&&) noexcept;
  key_field& operator=(key_field&&) noexcept;

  /// A string's bytes without escapes, a number's own text; valid until the next call. None: the text is not JSON (no
  /// deeper than 64), or what stands there is neither. Of repeated names the last counts.
  std::optional<std::string_view> of(std::string_view json);

private:
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::transport
