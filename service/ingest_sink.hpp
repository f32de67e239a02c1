// Where `throng ingest` sends rows, and what of them is there: a topic of a cluster, or files, standard output, or nowhere for a look.
#pragma once

#include <memory>
#include <string>

#include "config/settings.hpp"
#include "sources/source_run.hpp"

namespace throng::service {

class ingest_sink : public sources::row_sink {
public:
  /// All is durable; a file appears.
  virtual expected<void> finish() = 0;
};

/// @param to kafka, stdout, null or file:DIR
/// Errors as make_replay_sink's.
expected<std::unique_ptr<ingest_sink>> make_ingest_sink(const std::string& to, const std::string& topic,
                                                        const config::settings& settings, bool force);

} // namespace throng::service
