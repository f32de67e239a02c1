#include "service/logging.hpp"

#include <cstdio>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/core.h>
#include <spdlog/pattern_formatter.h>

#include "service/input_options.hpp"

namespace throng::service {

namespace {

std::string as_json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string{text});
}

/// `%*`: the message as a JSON string, so that quotes and newlines in it can't break the line.
class json_message : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& msg, const std::tm&, spdlog::memory_buf_t& out) override {
    auto text = as_json_text({msg.payload.data(), msg.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<json_message>();
  }
};

bool json_lines = false; ///< written once, before anything runs beside

} // namespace

bool log_is_json() {
  return json_lines;
}

void say(const std::string& line, const char* level) {
  auto text = line;
  if (json_lines)
    text =
        fmt::format(R"({{"time":"{}","level":"{}","message":{}}})", to_iso8601(wall_now()), level, as_json_text(line));
  std::fputs((text + "\n").c_str(), stderr);
}

void set_up_logging(const global_options& options) {
  auto logger = spdlog::stderr_color_mt("throng"); // coloured on terminals only
  logger->set_level(options.quiet ? spdlog::level::err : spdlog::level::from_str(options.log_level));
  json_lines = options.log_format == "json";
  if (json_lines) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<json_message>('*').set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
    logger->set_formatter(std::move(formatter));
  } else {
    logger->set_pattern("%H:%M:%S.%e %^%l%$ %v");
  }
  spdlog::set_default_logger(std::move(logger));
}

} // namespace throng::service
