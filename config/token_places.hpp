// Where the tokens of a JSON text stand, and what of it is comment: what Boost.JSON's parser does not tell. Leaves it to the
// parser whether the text is JSON.
#pragma once

#include <utility>

#include "config/source_map.hpp"

namespace throng::config {

/// Follows the text a byte ahead of the parser: where the current token begins, and what is comment. The parser gets
/// blanks for comments (its own handling of those that are split over two chunks is faulty in 1.81).
class token_places {
public:
  /// Takes the next byte; returns what the parser shall see of it.
  char take(char c) {
    advance(c);
    switch (state_) {
    case state::plain:
      return plain(c);
    case state::slash:
      if (c == '/')
        state_ = state::line_comment;
      else if (c == '*')
        state_ = state::block_comment;
      else
        state_ = state::plain; // the lone slash was no JSON
      return state_ == state::plain ? '/' : ' ';
    case state::line_comment:
      if (c == '\n')
        state_ = state::plain;
      return ' ';
    case state::block_comment:
      if (c == '*')
        state_ = state::block_star;
      return ' ';
    case state::block_star:
      if (c == '/')
        state_ = state::plain;
      else if (c != '*')
        state_ = state::block_comment;
      return ' ';
    case state::escape:
      state_ = state::string;
      return c;
    case state::string:
      if (c == '\\')
        state_ = state::escape;
      else if (c == '"')
        state_ = state::plain;
      return c;
    }
    return c;
  }

  source_map::position here() const {
    return here_;
  }
  source_map::position token() const {
    return token_;
  }
  /// Where the last comment begins.
  source_map::position comment() const {
    return comment_;
  }
  bool in_text() const {
    return state_ == state::string || state_ == state::escape;
  }
  bool in_block_comment() const {
    return state_ == state::block_comment || state_ == state::block_star;
  }
  /// The text ended: a slash that waited for its second byte is no comment.
  bool lone_slash() const {
    return state_ == state::slash;
  }

private:
  enum class state { plain, slash, line_comment, block_comment, block_star, string, escape };

  char plain(char c) {
    auto was_in_word = std::exchange(in_word_, false);
    switch (c) {
    case '"':
      state_ = state::string;
      token_ = here_;
      break;
    case '{':
    case '[':
      token_ = here_;
      break;
    case '/':
      state_ = state::slash;
      comment_ = here_; // not token_: a number that ends here is reported with the next byte
      return ' ';
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case ':':
    case '}':
    case ']':
      break;
    default:
      in_word_ = true;
      if (!was_in_word)
        token_ = here_;
    }
    return c;
  }

  void advance(char c) {
    if (next_line_) {
      ++here_.line;
      here_.column = 0;
    }
    next_line_ = c == '\n';
    // Columns count characters: a UTF-8 continuation byte is none.
    if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U)
      ++here_.column;
  }

  state state_ = state::plain;
  source_map::position here_{1, 0};
  source_map::position token_{1, 1};
  source_map::position comment_;
  bool next_line_ = false;
  bool in_word_ = false;
};

} // namespace throng::config
