#include "config/json_shape.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "config/json_bytes.hpp"

namespace throng {

namespace {

constexpr std::size_t most_shapes = 8;
/// A topic whose messages have no shape, or ever new ones, is tried again at growing distances.
constexpr std::uint32_t longest_rest = 4'096;
/// So many digits are a 64-bit number.
constexpr std::ptrdiff_t most_digits = 18;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::uint64_t word_at(const char* p) {
  std::uint64_t word = 0;
  std::memcpy(&word, p, sizeof word);
  return word;
}

/// Eight characters at once, in the order of their addresses from the low end.
constexpr bool by_words = std::endian::native == std::endian::little;

/// A number of at most 7 digits before the point and as many behind it, which is what nearly all are, ends within so many bytes.
constexpr std::ptrdiff_t short_number = 1 + 8 + 1 + 8;

/// How many digits come first; `digits`: the word without their '0's. A digit's sum has no carry, so the first mark is right.
unsigned leading_digits(std::uint64_t digits) {
  const auto marks = ((digits + 0x7676767676767676U) | digits) & 0x8080808080808080U;
  return marks == 0 ? 8 : static_cast<unsigned>(std::countr_zero(marks)) / 8;
}

constexpr std::uint64_t zeros = 0x3030303030303030U;

/// The number that the first n digits are: neighbours are put together in pairs, pairs in fours, fours in one (Lamport, "Multiple byte
/// processing with full-word instructions", CACM 18, 1975). @pre 0 < n <= 8
std::uint64_t number_of(std::uint64_t digits, unsigned n) {
  digits <<= 64 - 8 * n;
  digits = digits * 10 + (digits >> 8U);
  return ((digits & 0x000000ff000000ffU) * 0x000f424000000064U +
          ((digits >> 16U) & 0x000000ff000000ffU) * 0x0000271000000001U) >>
         32U;
}

/// Takes a text's closing quote, having passed what it holds. Null: an escape, a control character, no UTF-8, or no end.
const char* end_of_text(const char* p, const char* end) {
  for (;;) {
    p = skip_plain_text(p, end);
    if (p == end)
      return nullptr;
    if (*p == '"')
      return p;
    const auto length = static_cast<unsigned char>(*p) >= 0x80 ? utf8_length(p, end) : 0;
    if (length == 0)
      return nullptr;
    p += length;
  }
}

/// Passes a number without exponent, and puts its digits together. Null: it is none. @pre a character that is no digit follows in
/// the same text
const char* read_number(const char* p, const char* end, json_scalar& into) {
  const char* first = p;
  p += *p == '-' ? 1 : 0;
  const char* whole = p;
  if (by_words && end - first > short_number) {
    static constexpr std::uint64_t powers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
    const auto word = word_at(p) ^ zeros;
    const auto n = leading_digits(word);
    if (n > 0 && n < 8 && (*p != '0' || n == 1)) {
      p += n;
      unsigned m = 0;
      std::uint64_t fraction = 0;
      if (*p == '.') {
        fraction = word_at(++p) ^ zeros;
        m = leading_digits(fraction);
        p += m;
      }
      if ((*p | 0x20) != 'e' && m < 8 && (m > 0 || p[-1] != '.')) {
        into.text = {first, static_cast<std::size_t>(p - first)};
        into.is = m > 0 ? json_scalar::kind::real : json_scalar::kind::integer;
        into.digits = static_cast<std::int64_t>(number_of(word, n) * powers[m] + (m > 0 ? number_of(fraction, m) : 0));
        into.count = static_cast<std::uint8_t>(n + m);
        into.places = static_cast<std::uint8_t>(m);
        return p;
      }
    }
    p = whole;
  }
  std::uint64_t digits = 0; // wraps where there are too many, and is of no use then
  while (is_digit(*p))
    digits = digits * 10 + static_cast<std::uint64_t>(*p++ - '0');
  auto count = p - whole;
  if (count == 0 || (*whole == '0' && count > 1))
    return nullptr;
  std::ptrdiff_t places = 0;
  if (*p == '.') {
    const char* fraction = ++p;
    while (is_digit(*p))
      digits = digits * 10 + static_cast<std::uint64_t>(*p++ - '0');
    places = p - fraction;
    if (places == 0)
      return nullptr;
    count += places;
  }
  if ((*p | 0x20) == 'e')
    return nullptr;
  into.text = {first, static_cast<std::size_t>(p - first)};
  into.is = places > 0 ? json_scalar::kind::real : json_scalar::kind::integer;
  into.digits = count <= most_digits ? static_cast<std::int64_t>(digits) : 0;
  into.count = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(count, 255));
  into.places = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(places, 255));
  return p;
}

/// The same without looking at what it is worth.
const char* skip_number(const char* p, const char* end) {
  p += *p == '-' ? 1 : 0;
  const char* whole = p;
  if (by_words && end - p >= short_number) {
    const auto n = leading_digits(word_at(p) ^ zeros);
    if (n > 0 && n < 8 && (*p != '0' || n == 1)) {
      p += n;
      unsigned m = 1;
      if (*p == '.') {
        m = leading_digits(word_at(++p) ^ zeros);
        p += m;
      }
      if (m > 0 && m < 8 && (*p | 0x20) != 'e')
        return p;
    }
    p = whole;
  }
  while (is_digit(*p))
    ++p;
  if (p == whole || (*whole == '0' && p - whole > 1))
    return nullptr;
  if (*p == '.') {
    const char* fraction = ++p;
    while (is_digit(*p))
      ++p;
    if (p == fraction)
      return nullptr;
  }
  return (*p | 0x20) == 'e' ? nullptr : p;
}

const char* read_literal(const char* p, const char* end, json_scalar& into) {
  for (const std::string_view word : {"true", "false", "null"})
    if (std::string_view{p, static_cast<std::size_t>(end - p)}.starts_with(word)) {
      into.text = {p, word.size()};
      into.is = json_scalar::kind::literal;
      return p + word.size();
    }
  return nullptr;
}

} // namespace

/// Walks through a message that is JSON and notes what stands between its values.
class json_shapes::learner {
public:
  learner(const std::vector<names>& paths, std::string_view message)
      : paths_{paths}
      , message_{message} {}

  /// None: it has no shape.
  std::optional<shape> learn() {
    skip_space();
    if (at_ == message_.size() || message_[at_] != '{' || !object())
      return std::nullopt;
    made_.tail = message_.substr(from_);
    for (std::uint32_t path = 0; path < paths_.size(); ++path)
      if (std::none_of(made_.pieces.begin(), made_.pieces.end(),
                       [&](const piece& x) { return x.wanted == static_cast<std::int32_t>(path); }))
        made_.absent.push_back(path);
    return std::move(made_);
  }

private:
  void skip_space() {
    at_ = std::min(message_.find_first_not_of(" \t\r\n", at_), message_.size());
  }

  bool object() {
    if (wanted() >= 0)
      return false; // as a whole
    names seen;
    ++at_;
    for (skip_space(); message_[at_] != '}'; skip_space()) {
      if (message_[at_] == ',') {
        ++at_;
        skip_space();
      }
      const auto* name_begin = message_.data() + at_ + 1;
      const auto* name_end = end_of_text(name_begin, message_.data() + message_.size());
      if (name_end == nullptr)
        return false;
      seen.emplace_back(name_begin, name_end);
      if (std::find(seen.begin(), std::prev(seen.end()), seen.back()) != std::prev(seen.end()))
        return false;
      at_ += seen.back().size() + 2;
      skip_space();
      ++at_; // the colon
      skip_space();
      path_.push_back(seen.back());
      if (!value())
        return false;
      path_.pop_back();
    }
    ++at_;
    return true;
  }

  bool value() {
    const auto* begin = message_.data() + at_;
    const auto* end = message_.data() + message_.size();
    const char* behind = nullptr;
    json_scalar ignored;
    switch (*begin) {
    case '{':
      return object();
    case '[':
      return false;
    case '"':
      behind = end_of_text(begin + 1, end);
      behind = behind == nullptr ? nullptr : behind + 1;
      break;
    case 't':
    case 'f':
    case 'n':
      behind = read_literal(begin, end, ignored);
      break;
    default:
      behind = skip_number(begin, end);
    }
    if (behind == nullptr)
      return false;
    note_piece();
    at_ = from_ = static_cast<std::size_t>(behind - message_.data());
    return true;
  }

  void note_piece() {
    const auto literal = message_.substr(from_, at_ - from_);
    piece added;
    added.first_word = static_cast<std::uint32_t>(made_.words.size());
    added.size = static_cast<std::uint32_t>(literal.size());
    added.wanted = wanted();
    made_.words.resize(made_.words.size() + (literal.size() + 7) / 8, 0);
    std::memcpy(made_.words.data() + added.first_word, literal.data(), literal.size());
    const auto odd = literal.size() % 8;
    std::array<unsigned char, 8> mask{};
    std::fill_n(mask.begin(), odd == 0 ? 8 : odd, static_cast<unsigned char>(0xff));
    std::memcpy(&added.last_mask, mask.data(), mask.size());
    made_.pieces.push_back(added);
  }

  std::int32_t wanted() const {
    const auto found = std::find(paths_.begin(), paths_.end(), path_);
    return found == paths_.end() ? -1 : static_cast<std::int32_t>(found - paths_.begin());
  }

  const std::vector<names>& paths_;
  std::string_view message_;
  shape made_;
  names path_;
  std::size_t at_ = 0;
  std::size_t from_ = 0; ///< of the piece at hand
};

json_shapes::json_shapes(const std::vector<std::string>& paths)
    : values_(paths.size()) {
  for (std::string_view path : paths) {
    auto& split = paths_.emplace_back();
    for (;;) {
      const auto dot = path.find('.');
      split.emplace_back(path.substr(0, dot));
      if (dot == std::string_view::npos)
        break;
      path.remove_prefix(dot + 1);
    }
  }
}

bool json_shapes::read(std::string_view message) {
  for (std::size_t i = 0; i < known_.size(); ++i)
    if (has(known_[i], message)) {
      if (i > 0)
        std::swap(known_[0], known_[i]);
      return true;
    }
  return false;
}

bool json_shapes::has(const shape& form, std::string_view message) {
  // The tail ends an object, so its last character is no digit: numbers end before it.
  if (message.empty() || message.back() != form.tail.back())
    return false;
  const char* p = message.data();
  const char* end = p + message.size();
  for (auto path : form.absent)
    values_[path].is = json_scalar::kind::missing;
  json_scalar ignored;
  for (const auto& before : form.pieces) {
    // Names are compared by words: a call of memcmp each would cost as much as all the rest.
    const std::size_t words = (std::size_t{before.size} + 7) / 8;
    if (end - p <= static_cast<std::ptrdiff_t>(words * 8)) {
      if (static_cast<std::size_t>(end - p) <= before.size ||
          std::memcmp(p, form.words.data() + before.first_word, before.size) != 0)
        return false;
    } else {
      const auto* wanted = form.words.data() + before.first_word;
      std::uint64_t differs = 0;
      for (std::size_t i = 0; i + 1 < words; ++i)
        differs |= word_at(p + i * 8) ^ wanted[i];
      if (words > 0)
        differs |= (word_at(p + (words - 1) * 8) ^ wanted[words - 1]) & before.last_mask;
      if (differs != 0)
        return false;
    }
    p += before.size;
    auto& into = before.wanted < 0 ? ignored : values_[static_cast<std::size_t>(before.wanted)];
    if (*p == '"') {
      const auto* first = p + 1;
      p = end_of_text(first, end);
      if (p == nullptr)
        return false;
      into.text = {first, static_cast<std::size_t>(p - first)};
      into.is = json_scalar::kind::text;
      ++p;
    } else if (*p == '-' || is_digit(*p)) {
      p = before.wanted < 0 ? skip_number(p, end) : read_number(p, end, into);
    } else {
      p = read_literal(p, end, into);
    }
    if (p == nullptr)
      return false;
  }
  return std::string_view{p, static_cast<std::size_t>(end - p)} == form.tail;
}

void json_shapes::learn(std::string_view message) {
  if (rest_ > 0) {
    --rest_;
    return;
  }
  auto learnt = learner{paths_, message}.learn();
  const auto full = known_.size() == most_shapes;
  if (!learnt || full) {
    rest_ = next_rest_;
    next_rest_ = std::min(next_rest_ * 2, longest_rest);
  }
  if (!learnt)
    return;
  if (full)
    known_.pop_back();
  known_.insert(known_.begin(), std::move(*learnt));
}

} // namespace throng
