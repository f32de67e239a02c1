// What `throng run` prints when it is done: for people. Scripts read --report.
#pragma once

#include <optional>

#include <boost/json/object.hpp>

#include "query/audit.hpp"
#include "query/score.hpp"

namespace throng::service {

/// To standard output. @param report as --report writes it @param score none where nothing was labelled
void print_summary(const boost::json::object& report, const query::audit_report& audit,
                   const std::optional<query::score_report>& score);

} // namespace throng::service
