#include "analytics/rekeyed_message.hpp"

#include <cassert>

namespace throng::analytics {

namespace {

constexpr std::uint8_t version = 1;
enum flags : std::uint8_t { has_event = 1, has_key = 2, is_idle = 4, is_begin = 8 };

} // namespace

std::string internal_topic(std::string_view pipeline) {
  return std::string{internal_topic_prefix}.append(pipeline);
}

std::string rekeyer_owner(std::string_view pipeline, std::string_view topic) {
  return std::string{pipeline}.append(":rekey:").append(topic);
}

std::string to_bytes(const rekeyed_message& x) {
  std::string bytes;
  byte_writer out{bytes};
  out.u8(version);
  auto flag = [](bool set, flags which) { return set ? static_cast<unsigned>(which) : 0U; };
  out.u8(static_cast<std::uint8_t>(flag(x.carried.has_value(), has_event) | flag(x.carried && x.carried->key, has_key) |
                                   flag(x.idle, is_idle) | flag(x.begins, is_begin)));
  out.u64(x.definition);
  out.text(x.topic);
  out.varint(static_cast<std::uint64_t>(x.partition));
  out.i64(x.place.offset);
  out.varint(x.place.index);
  out.i64(x.watermark.ms);
  if (x.carried) {
    out.i64(x.carried->time.ms);
    out.i64(x.carried->timestamp_ms);
    if (x.carried->key)
      out.text(*x.carried->key);
    out.text(x.carried->value);
    out.text(x.carried->added);
  }
  return bytes;
}

rekeyed_message from_bytes(std::string_view bytes) {
  byte_reader in{bytes};
  if (in.u8() != version)
    throw corrupt_state{"a re-keyed message of another version"};
  auto flags = in.u8();
  rekeyed_message x;
  x.definition = in.u64();
  x.topic = in.text();
  x.partition = static_cast<std::int32_t>(in.varint());
  x.place.offset = in.i64();
  x.place.index = static_cast<std::uint32_t>(in.varint());
  x.watermark = {in.i64()};
  x.idle = (flags & is_idle) != 0;
  x.begins = (flags & is_begin) != 0;
  if ((flags & has_event) != 0) {
    auto& event = x.carried.emplace();
    event.time = {in.i64()};
    event.timestamp_ms = in.i64();
    if ((flags & has_key) != 0)
      event.key = in.text();
    event.value = in.text();
    event.added = in.text();
  }
  if (!in.at_end())
    throw corrupt_state{"a re-keyed message that is too long"};
  return x;
}

void join_members(std::string_view object, std::string_view added, std::string& into) {
  auto end = object.rfind('}');
  assert(end != std::string_view::npos);
  into.assign(object.substr(0, end));
  if (!added.empty()) {
    auto last = into.find_last_not_of(" \t\r\n");
    if (into[last] != '{')
      into += ',';
    into += added;
  }
  into += '}';
}

} // namespace throng::analytics
