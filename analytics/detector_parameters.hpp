// Reads a detector's parameters out of its `detect` entry, and collects what is
// wrong with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "analytics/detector.hpp"

namespace throng::analytics {

class detector_parameters {
public:
  /// Finds parameters that `doc` does not name.
  detector_parameters(const boost::json::object& given, const detector_doc& doc, std::string path);

  /// A whole number within [least, most].
  std::int64_t whole(std::string_view name, std::int64_t least, std::int64_t most);
  /// A finite number greater than `above`.
  double real(std::string_view name, double above);
  /// The same, or null for none.
  std::optional<double> real_or_none(std::string_view name, double above);
  /// A finite number between the two, neither included.
  double real_between(std::string_view name, double above, double below);
  /// A duration such as `30m`, at least `least`.
  milliseconds duration(std::string_view name, milliseconds least);
  /// A text.
  std::string text(std::string_view name);
  /// A list of texts.
  std::vector<std::string> texts(std::string_view name);
  config::severity severity(std::string_view name);

  /// Something is wrong with the parameter, or with several together.
  void wrong(std::string_view name, std::string sentence);
  findings take_findings() {
    return std::move(findings_);
  }

private:
  /// What is given, or else the documented default.
  boost::json::value of(std::string_view name) const;

  const boost::json::object& given_;
  const detector_doc& doc_;
  std::string path_;
  findings findings_;
};

} // namespace throng::analytics
