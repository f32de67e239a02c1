// Partitions that the brokers have said are not there, and how far their return has come: asked for again and again, there again and gone on with,
// or believed to be gone. Time comes from the caller, who also asks, and holds back meanwhile what is to be sent (producer) or read (kafka_reader).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "config/error.hpp"
#include "transport/message.hpp"

namespace throng::transport {

class topic_absence {
public:
  using time_point = std::chrono::steady_clock::time_point;
  enum class stage {
    none,        ///< nothing is missed
    missing,     ///< asked for
    gone,        ///< said not to be there for the whole limit
    there,       ///< all that was missed is there
    reconnected, ///< and a new client can go on
  };

  /// How often what is missed is asked for, and how long each time.
  static constexpr std::chrono::milliseconds between_asking{500};

  /// Stands for all partitions of a topic.
  static constexpr std::int32_t whole_topic = -1;

  /// @param limit how long a partition may be said not to be there until that is believed
  explicit topic_absence(std::chrono::milliseconds limit)
      : limit_{limit} {}

  stage now() const {
    return stage_;
  }

  /// It was said (again) of this partition. One that was there is asked for from the beginning.
  void note(const topic_partition& of, const error& why, time_point at);

  /// What is missed, and the error of each.
  const std::map<topic_partition, error>& of() const {
    return of_;
  }

  /// Whether it is time to ask; the next time is counted from then.
  bool due(time_point at);
  /// Whether the brokers know all of it, of which the first no is told; none: where nobody answers, nobody has said that they do not, and the limit begins anew.
  void answered(std::optional<bool> there, time_point at);

  /// Whether it was told that something is missed: not where the first question found it.
  bool was_told() const {
    return told_;
  }

  /// A new client has taken the place of the one that had given messages up.
  void reconnected();
  /// It is over, well or not.
  void end();

private:
  const std::chrono::milliseconds limit_;
  stage stage_ = stage::none;
  bool told_ = false;
  std::map<topic_partition, error> of_;
  time_point since_;
  time_point ask_at_;
};

} // namespace throng::transport
