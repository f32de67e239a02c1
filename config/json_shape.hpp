// Nearly all messages of a topic have one form: the same names in the same order, and only the values differ. A shape is that form, learnt
// from a message that was read the long way. A message that has it is read by comparing what stands between the values, and is as
// surely JSON, with no name twice, as if it had been parsed. Leaves to the caller what has another form.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace throng {

/// A value that is no object and no array, as it stands in the message.
struct json_scalar {
  enum class kind : std::uint8_t { missing, text, integer, real, literal };
  std::string_view text; ///< between the quotes, without escapes; a number's or literal's own text
  /// A number without its sign and point, where it has at most 18 digits, and how many of them stand behind the point.
  std::int64_t digits = 0;
  std::uint8_t count = 0;
  std::uint8_t places = 0;
  kind is = kind::missing;
};

/// The shapes of one topic's messages, a few at most. Not for several threads.
///
/// Objects within objects are part of a shape. A message with an array, an escape, an exponent or a repeated name has none.
class json_shapes {
public:
  /// @param paths dotted, through objects: what is wanted of a message
  explicit json_shapes(const std::vector<std::string>& paths);

  /// True if the message has a known shape: then at() gives its values, which borrow from it.
  bool read(std::string_view message);
  /// By the place of the path; missing where the message has no such value.
  const json_scalar& at(std::size_t path) const {
    return values_[path];
  }

  /// Learns the shape of a message that read() did not know, if it has one. @pre it is JSON, no deeper than 64
  void learn(std::string_view message);

private:
  using names = std::vector<std::string>;
  /// What stands before a value, in words of 8 bytes filled up with zeros, and whose value it is.
  struct piece {
    std::uint32_t first_word = 0;
    std::uint32_t size = 0;
    std::uint64_t last_mask = 0; ///< of the bytes of the last word that count
    std::int32_t wanted = -1;    ///< place of the path
  };
  struct shape {
    std::vector<piece> pieces;
    std::vector<std::uint64_t> words;
    std::string tail;                  ///< behind the last value
    std::vector<std::uint32_t> absent; ///< wanted paths that it does not have
  };
  class learner;

  bool has(const shape& form, std::string_view message);

  std::vector<names> paths_;
  std::vector<json_scalar> values_;
  std::vector<shape> known_; ///< the one that fitted last in front
  std::uint32_t rest_ = 0;   ///< so many more are not learnt from
  std::uint32_t next_rest_ = 1;
};

} // namespace throng
