#include "simulation/message_draft.hpp"

#include <algorithm>

#include "simulation/seq_hash.hpp"

namespace throng::simulation {

std::uint32_t key_of(const wake_frame& frame, std::uint32_t channel) {
  const auto count = static_cast<std::uint32_t>(frame.channels.size());
  return channel < count ? frame.channels[channel].key : channel - count;
}

event_writer& open_message(wake_frame& frame, std::uint32_t channel, topic where, timestamp device_time) {
  const auto key = frame.keys[key_of(frame, channel)].text.view();
  frame.open_channel = channel;
  frame.open_topic = where;
  frame.open_time = device_time;
  frame.open_at = static_cast<std::uint32_t>(frame.lane.bytes.size());
  frame.lane.bytes.append(key);
  frame.writer.begin();
  frame.writer.time("timestamp", device_time);
  frame.writer.natural("seq", frame.states[channel].next_seq);
  frame.writer.text(key_field(where), key);
  return frame.writer;
}

pending_emission& close_message(wake_frame& frame, timestamp emission) {
  frame.writer.end();
  auto& state = frame.states[frame.open_channel];
  const auto& key = frame.keys[key_of(frame, frame.open_channel)];
  const auto key_size = static_cast<std::uint32_t>(key.text.view().size());
  const auto size = static_cast<std::uint32_t>(frame.lane.bytes.size()) - frame.open_at;
  const auto partitions = static_cast<std::uint32_t>(frame.step.in->partitions());
  auto& made = frame.lane.emissions.emplace_back();
  made.time = std::max(frame.now, std::min(emission, frame.step.last_emission));
  made.seq = state.next_seq++;
  made.at = frame.open_at;
  made.key_size = key_size;
  made.value_size = size - key_size;
  made.run = static_cast<std::uint32_t>(frame.open_topic) * partitions + key.partition;
  made.ordinal = frame.head->ordinal++;
  made.channel = static_cast<std::uint16_t>(frame.open_channel);
  state.sum += hash_of_seq(made.seq);
  return made;
}

} // namespace throng::simulation
