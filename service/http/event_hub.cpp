#include "service/http/event_hub.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace throng::service::http {

std::string event_reader::take() {
  std::scoped_lock lock{mutex_};
  std::string wire;
  if (lost_ > 0)
    wire += fmt::format("event: lost\ndata: {{\"events\":{}}}\n\n", std::exchange(lost_, 0));
  for (const auto& each : waiting_)
    wire += *each;
  waiting_.clear();
  again_ = 0;
  return wire;
}

void event_reader::on_news(std::function<void()> call) {
  std::scoped_lock lock{mutex_};
  call_ = std::move(call);
}

void event_reader::put(const std::shared_ptr<const std::string>& wire) {
  std::scoped_lock lock{mutex_};
  if (waiting_.size() == most_waiting + again_) {
    waiting_.pop_front();
    ++lost_;
  }
  waiting_.push_back(wire);
  if (waiting_.size() == 1 && call_)
    call_();
}

/// Only before anybody else knows the reader.
void event_reader::come_again(const std::shared_ptr<const std::string>& wire) {
  waiting_.push_back(wire);
  ++again_;
}

void event_hub::publish(const std::string& event, const std::string& data) {
  std::scoped_lock lock{mutex_};
  auto id = ++last_id_;
  auto wire = std::make_shared<const std::string>(fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, event, data));
  kept_.emplace_back(id, wire);
  if (kept_.size() > most_kept)
    kept_.pop_front();
  readers_.erase(std::remove_if(readers_.begin(), readers_.end(), [](const auto& each) { return each.expired(); }),
                 readers_.end());
  for (const auto& each : readers_)
    if (auto reader = each.lock())
      reader->put(wire);
}

std::shared_ptr<event_reader> event_hub::subscribe(std::optional<std::uint64_t> after) {
  std::scoped_lock lock{mutex_};
  auto reader = std::make_shared<event_reader>();
  if (after && *after > last_id_)
    after = 0; // of an earlier process, whose events nobody has any more: all that is kept is news
  if (after && !kept_.empty() && *after + 1 < kept_.front().first)
    reader->lost_ = kept_.front().first - 1 - *after;
  if (after)
    for (const auto& [id, wire] : kept_)
      if (id > *after)
        reader->come_again(wire);
  readers_.push_back(reader);
  return reader;
}

std::size_t event_hub::readers() {
  std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(
      std::count_if(readers_.begin(), readers_.end(), [](const auto& each) { return !each.expired(); }));
}

} // namespace throng::service::http
