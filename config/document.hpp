// A document on its way to a checked value: its tree, where everything in it came from, and what is wrong with it.
#pragma once

#include <map>
#include <string>

#include <boost/json/value.hpp>

#include "config/problem.hpp"
#include "config/source_map.hpp"

namespace throng::config {

struct document {
  boost::json::value root;
  source_map source;
  /// Texts in which the environment was put, as the file has them: messages show these, never the secret.
  std::map<std::string, std::string> substituted;
  problems found;

  /// Something is wrong at `path`. Of several at one path the first is kept: the later ones mostly follow from it.
  void report(const std::string& path, std::string sentence);
  /// The same at the key of a member that should not be there.
  void report_key(const std::string& path, std::string sentence);

  /// The value at `path` as a message may show it: short, and without secrets.
  std::string shown(const std::string& path, const boost::json::value& value) const;

  /// All problems in the order in which they stand in the file; those of overlays come last.
  problems sorted() const;

private:
  bool reported(const std::string& path) const;
};

} // namespace throng::config
