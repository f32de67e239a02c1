#include "transport/key_field.hpp"

#include <cstddef>
#include <vector>

#include "config/json_shape.hpp"
#include "transport/json_handler.hpp"

namespace throng::transport {

namespace {

namespace json = boost::json;

/// Follows the path while the parser goes through the message.
class path_follower : public json_handler<path_follower> {
public:
  explicit path_follower(std::string_view path) {
    while (!path.empty()) {
      const auto dot = path.find('.');
      names_.emplace_back(path.substr(0, dot));
      path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
  }

  bool has_path() const {
    return !names_.empty();
  }
  void reset() {
    depth_ = 0;
    matched_ = 0;
    value_is_next_ = false;
    collecting_ = false;
    found_ = false;
    forget_name();
  }
  std::optional<std::string_view> found() const {
    return found_ ? std::optional<std::string_view>{value_} : std::nullopt;
  }

  void opened(bool object) {
    // An object on the path: its names may match the next one. matched_ counts names whose values are open.
    if (object && value_is_next_ && matched_ + 1 < names_.size())
      ++matched_;
    value_is_next_ = false;
    ++depth_;
  }
  void closed() {
    --depth_;
    if (depth_ <= matched_ && matched_ > 0)
      --matched_;
  }
  void named(const std::string& name) {
    if (depth_ == matched_ + 1 && name == names_[matched_]) {
      value_is_next_ = true;
      found_ = false; // an earlier one of the same name no longer counts
    }
  }
  void part(std::string_view text) {
    if (!is_key())
      return;
    if (!collecting_)
      value_.clear();
    collecting_ = true;
    value_.append(text);
  }
  void scalar() {
    end_value(true);
  }
  void literal(std::string_view) {
    end_value(false);
  }

private:
  bool is_key() const {
    return value_is_next_ && matched_ + 1 == names_.size();
  }
  void end_value(bool usable) {
    found_ = is_key() ? usable : found_;
    value_is_next_ = false;
    collecting_ = false;
  }

  std::vector<std::string> names_;
  std::size_t depth_ = 0;      ///< objects and arrays that are open
  std::size_t matched_ = 0;    ///< names of the path whose objects are open, outermost first
  bool value_is_next_ = false; ///< the value of names_[matched_] is what comes
  bool collecting_ = false;
  bool found_ = false;
  std::string value_;
};

json::parse_options depth_of_messages() {
  json::parse_options options;
  options.max_depth = 64; // as the decoder's (semantics.md 2)
  return options;
}

} // namespace

struct key_field::implementation {
  explicit implementation(std::string_view path)
      : parser{depth_of_messages(), path}
      , shapes{{std::string{path}}} {}
  json::basic_parser<path_follower> parser;
  json_shapes shapes; ///< what nearly all messages are read by
};

key_field::key_field(std::string_view path)
    : impl_{std::make_unique<implementation>(path)} {}
key_field::~key_field() = default;
key_field::key_field(key_field&&) noexcept = default;
key_field& key_field::operator=(key_field&&) noexcept = default;

std::optional<std::string_view> key_field::of(std::string_view text) {
  auto& parser = impl_->parser;
  if (!parser.handler().has_path())
    return std::nullopt;
  if (impl_->shapes.read(text)) {
    const auto& key = impl_->shapes.at(0);
    if (key.is == json_scalar::kind::missing || key.is == json_scalar::kind::literal)
      return std::nullopt;
    return key.text;
  }
  parser.reset();
  parser.handler().reset();
  json::error_code failed;
  const auto used = parser.write_some(false, text.data(), text.size(), failed);
  if (failed || used != text.size())
    return std::nullopt;
  impl_->shapes.learn(text);
  return parser.handler().found();
}

} // namespace throng::transport
