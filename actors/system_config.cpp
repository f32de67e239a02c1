#include "actors/system_config.hpp"

#include "actors/analysis_messages.hpp"
#include "actors/world_messages.hpp"

namespace throng::actors {

system_config::system_config(std::size_t threads) {
  add_message_types<caf::id_block::throng_world>();
  add_message_types<caf::id_block::throng_analysis>();
  if (threads > 0)
    set("scheduler.max-threads", threads);
  // Without a bound, 100,000 actors on 2 threads fell from 1.9 million messages/s to 60,000: one busy actor keeps a
  // thread to itself while the others' mailboxes leave the cache.
  set("scheduler.max-throughput", std::size_t{100});
}

} // namespace throng::actors
