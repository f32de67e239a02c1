// Who is told of alerts besides the store and the topic analytics.alerts: the log, and webhooks. Each alert is told once a process, by its id, at least as severe as
// asked for, and not where people have muted such alerts; what became of it is counted.
#pragma once

#include <memory>

#include <boost/json/object.hpp>

#include "actors/analysis_plan.hpp"
#include "config/settings.hpp"
#include "storage/result_store.hpp"

namespace throng::service {

class notifiers {
public:
  /// invalid: a URL that can't be.
  /// @param mutes whose mutes are heeded; borrowed. A mute, and its end, take effect within a second
  static expected<std::unique_ptr<notifiers>> start(const config::notify_settings& settings,
                                                    storage::result_store& mutes);
  ~notifiers();

  /// The same sink, which tells of alerts that it has taken. Must not outlive this. @param inner may be empty
  actors::side_message_sink around(actors::side_message_sink inner);

  /// Waits a while for webhooks. @returns `{"log": n, "muted": n, "repeated": n, "webhooks": [{"delivered","retried","failed","dropped"}]}`, and
  /// nothing where nobody is told
  boost::json::object finish();

private:
  notifiers();
  struct implementation;
  std::unique_ptr<implementation> impl_;
};

} // namespace throng::service
