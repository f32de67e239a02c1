#include "transport/topic_absence.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace throng::transport {

void topic_absence::note(const topic_partition& of, const error& why, time_point at) {
  if (stage_ != stage::missing) {
    stage_ = stage::missing;
    since_ = ask_at_ = at;
  }
  of_.insert_or_assign(of, why);
}

bool topic_absence::due(time_point at) {
  if (stage_ != stage::missing || at < ask_at_)
    return false;
  ask_at_ = at + between_asking;
  return true;
}

void topic_absence::answered(std::optional<bool> there, time_point at) {
  if (stage_ != stage::missing)
    return;
  if (!there) {
    since_ = at;
    return;
  }
  if (*there) {
    stage_ = stage::there;
    return;
  }
  if (!std::exchange(told_, true))
    spdlog::warn("{}: it is said not to be there (any more); asking for it again, for {} s",
                 of_.begin()->second.message, std::chrono::ceil<std::chrono::seconds>(limit_).count());
  if (at - since_ >= limit_)
    stage_ = stage::gone;
}

void topic_absence::reconnected() {
  stage_ = stage::reconnected;
}

void topic_absence::end() {
  stage_ = stage::none;
  told_ = false;
  of_.clear();
}

} // namespace throng::transport
