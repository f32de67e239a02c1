#include "actors/system_config.hpp"

#include <chrono>

#include <caf/io/middleman.hpp>

#include "actors/analysis_messages.hpp"
#include "actors/worker_messages.hpp"

namespace throng::actors {

system_config::system_config(std::size_t threads, network with) {
  add_message_types<caf::id_block::throng_world>();
  add_message_types<caf::id_block::throng_analysis>();
  add_message_types<caf::id_block::throng_worker>();
  if (threads > 0)
    set("scheduler.max-threads", threads);
  // Without a bound, 100,000 actors on 2 threads fell from 1.9 million messages/s to 60,000: one busy actor keeps a
  // thread to itself while the others' mailboxes leave the cache.
  set("scheduler.max-throughput", std::size_t{100});
  if (with == network::workers) {
    load<caf::io::middleman>();
    // A process that is gone shows at once, one that is frozen or unplugged by its silence alone. Long enough for a machine that has
    // more to do than it can.
    set("middleman.heartbeat-interval", caf::timespan{std::chrono::milliseconds{500}});
    set("middleman.connection-timeout", caf::timespan{std::chrono::seconds{6}});
  }
}

} // namespace throng::actors
