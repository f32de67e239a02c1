// Where `throng replay` sends messages: topics of a cluster, files, standard output, or nowhere.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "service/replay_source.hpp"

namespace throng::service {

class replay_sink {
public:
  virtual ~replay_sink() = default;
  virtual expected<void> send(std::span<const replayed> messages) = 0;
  /// Of a topic: behind the last message that is known to be durable, by partition.
  virtual std::map<std::int32_t, std::int64_t> ends() const {
    return {};
  }
  /// All of it is durable.
  virtual expected<void> finish() {
    return {};
  }
};

/// @param to kafka, stdout, null or file:DIR
/// @param topic of messages that name none, without the prefix
/// invalid: another `to`, or the embedded cluster, which lives only inside `throng run`; conflict: a file is there.
expected<std::unique_ptr<replay_sink>> make_replay_sink(const std::string& to, const std::string& topic,
                                                        const config::settings& settings, bool force);

} // namespace throng::service
