#include "actors/supervision.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <caf/actor_clock.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

namespace throng::actors {

restart_intensity::restart_intensity(restart_limit limit)
    : limit_(limit) {}

bool restart_intensity::may_restart(wall_time now) {
  while (!recent_.empty() && recent_.front() <= now - limit_.within)
    recent_.pop_front();
  if (recent_.size() >= limit_.restarts)
    return false;
  recent_.push_back(now);
  return true;
}

wall_duration restart_backoff::before(std::size_t nth) const {
  auto wait = first;
  for (; nth > 1 && wait < greatest; --nth)
    wait *= 2;
  return std::min(wait, greatest);
}

bool is_failure(const caf::error& reason) {
  return reason && reason != caf::exit_reason::normal && reason != caf::exit_reason::user_shutdown;
}

std::string text_of(const caf::error& reason) {
  if (reason == caf::sec::runtime_error && reason.context().match_elements<std::string>())
    return reason.context().get_as<std::string>(0);
  return caf::to_string(reason);
}

void keep_exception_text(caf::scheduled_actor& self) {
  self.set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
    } catch (...) {
      return caf::make_error(caf::sec::runtime_error, std::string{"an exception of an unknown type"});
    }
  });
}

one_for_one::one_for_one(caf::scheduled_actor& self, callbacks on)
    : self_(self)
    , on_(std::move(on)) {
  self_.set_down_handler([this](caf::down_msg& message) { down(message); });
}

void one_for_one::start(child_spec spec) {
  assert(position(spec.name) == children_.end());
  auto limit = spec.limit;
  auto& added = children_.emplace_back(child{std::move(spec), restart_intensity{limit}, 0, {}, nullptr});
  launch(added);
}

void one_for_one::restart(const std::string& name) {
  if (auto which = position(name); which != children_.end() && !which->handle) {
    ++restarts_;
    launch(*which);
  }
}

void one_for_one::forget(const std::string& name) {
  if (auto which = position(name); which != children_.end()) {
    if (which->handle)
      self_.demonitor(which->handle);
    children_.erase(which);
  }
}

void one_for_one::stop_all(caf::exit_reason reason) {
  while (!children_.empty()) {
    auto handle = children_.back().handle;
    forget(children_.back().spec.name);
    if (handle)
      caf::anon_send<caf::message_priority::high>(handle, caf::exit_msg{self_.address(), reason});
  }
}

caf::actor one_for_one::find(std::string_view name) const {
  for (const auto& x : children_)
    if (x.spec.name == name)
      return x.handle;
  return nullptr;
}

std::uint64_t one_for_one::restarts() const {
  return restarts_;
}

void one_for_one::launch(child& which) {
  which.handle = which.spec.start();
  self_.monitor(which.handle);
}

void one_for_one::down(const caf::down_msg& message) {
  auto which = std::find_if(children_.begin(), children_.end(),
                            [&](const child& x) { return x.handle && x.handle.address() == message.source; });
  if (which == children_.end())
    return; // forgotten while it was ending
  which->handle = nullptr;
  const auto& spec = which->spec;
  // The callbacks may add and remove children: what they are told must not live in the table.
  auto name = spec.name;
  if (spec.restart == restart_kind::temporary ||
      (spec.restart == restart_kind::transient && !is_failure(message.reason))) {
    children_.erase(which);
    if (on_.ended)
      on_.ended(name, message.reason);
    return;
  }
  auto now = self_.clock().now();
  if (!which->intensity.may_restart(now)) {
    children_.erase(which);
    on_.escalate(name, message.reason);
    return;
  }
  which->in_a_row = now - which->last_failure < spec.limit.within ? which->in_a_row + 1 : 1;
  which->last_failure = now;
  on_.restart_later(name, spec.backoff.before(which->in_a_row));
}

std::vector<one_for_one::child>::iterator one_for_one::position(std::string_view name) {
  return std::find_if(children_.begin(), children_.end(), [&](const child& x) { return x.spec.name == name; });
}

} // namespace throng::actors
