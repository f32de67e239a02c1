#include "actors/ingestion.hpp"

#include <atomic>
#include <stdexcept>
#include <utility>

#include <caf/all.hpp>
#include <fmt/format.h>

#include "actors/analysis_messages.hpp"

namespace throng::actors {

void stop_signal::stop() {
  std::lock_guard guard{mutex_};
  stopping_ = true;
  changed_.notify_all();
}

bool stop_signal::stopping() const {
  std::lock_guard guard{mutex_};
  return stopping_;
}

bool stop_signal::pause(wall_duration how_long) const {
  std::unique_lock lock{mutex_};
  return !changed_.wait_for(lock, how_long, [this] { return stopping_; });
}

/// What supervisor, sources and the facade share.
struct ingestion::shared {
  ingestion_options options;
  stop_signal signal;
  std::atomic<std::uint64_t> restarts{0};
  std::promise<void> ended;

  std::mutex mutex;
  std::vector<source_result> results;

  void set(std::size_t index, source_result what) {
    std::lock_guard guard{mutex};
    results[index] = std::move(what);
  }
};

namespace {

using shared_ptr = std::shared_ptr<ingestion::shared>;

struct source_state {
  static inline const char* name = "throng.source";
  std::unique_ptr<source_work> work;
};

/// Rounds until the last one. Waits in its own thread: it has no other mail than its own.
caf::behavior source_actor(caf::stateful_actor<source_state>* self, const shared_ptr& with, std::size_t index) {
  keep_exception_text(*self);
  self->send(self, poll_atom_v);
  return {[self, with, index](poll_atom) {
    const auto& options = with->options;
    const auto began = std::chrono::steady_clock::now();
    if (!self->state.work)
      self->state.work = options.sources[index].make();
    auto end = self->state.work->round();
    with->set(index, end ? source_result{*end, std::nullopt} : source_result{sources::walk_end::none, end.error()});
    const bool over = !options.every || (end ? *end == sources::walk_end::stopped : !end.error().retryable);
    if (over) {
      self->quit();
      return;
    }
    if (!end && options.lasting)
      options.lasting(options.sources[index].name, end.error());
    const auto next = began + *options.every;
    const auto now = std::chrono::steady_clock::now();
    if (!with->signal.pause(next > now ? next - now : wall_duration{0}))
      self->quit();
    else
      self->send(self, poll_atom_v);
  }};
}

struct supervisor_state {
  static inline const char* name = "throng.source_supervisor";
  std::unique_ptr<one_for_one> children;
  std::size_t left = 0;
};

caf::behavior source_supervisor(caf::stateful_actor<supervisor_state>* self, const shared_ptr& with) {
  auto gone = [self, with] {
    if (--self->state.left == 0) {
      with->ended.set_value();
      self->quit();
    }
  };
  auto index_of = [with](const std::string& name) {
    std::size_t i = 0;
    while (with->options.sources[i].name != name)
      ++i;
    return i;
  };
  auto& state = self->state;
  state.left = with->options.sources.size();
  state.children = std::make_unique<one_for_one>(
      *self,
      one_for_one::callbacks{
          [self](const std::string& name, wall_duration wait) { self->delayed_send(self, wait, child_restart{name}); },
          [gone](const std::string&, const caf::error&) { gone(); },
          [gone, with, index_of](const std::string& name, const caf::error& reason) {
            with->set(index_of(name),
                      {sources::walk_end::none,
                       error{error_kind::internal, fmt::format("it failed again and again: {}", text_of(reason))}});
            gone();
          }});
  for (std::size_t i = 0; i < with->options.sources.size(); ++i)
    state.children->start(
        {with->options.sources[i].name,
         [self, with, i] { return caf::actor{self->system().spawn<caf::detached>(source_actor, with, i)}; },
         restart_kind::transient, with->options.restarts, with->options.backoff});
  return {[self, with](const child_restart& what) {
    ++with->restarts;
    self->state.children->restart(what.name);
  }};
}

} // namespace

std::unique_ptr<ingestion> ingestion::start(caf::actor_system& system, ingestion_options options) {
  std::unique_ptr<ingestion> made{new ingestion};
  made->shared_ = std::make_shared<shared>();
  made->shared_->results.resize(options.sources.size());
  made->shared_->options = std::move(options);
  made->ended_ = made->shared_->ended.get_future().share();
  if (made->shared_->options.sources.empty())
    made->shared_->ended.set_value();
  else
    made->supervisor_ = system.spawn(source_supervisor, made->shared_);
  return made;
}

ingestion::~ingestion() {
  stop();
  ended_.wait();
}

void ingestion::stop() {
  shared_->signal.stop();
}

bool ingestion::wait(std::chrono::milliseconds limit) const {
  return ended_.wait_for(limit) == std::future_status::ready;
}

std::vector<source_result> ingestion::results() const {
  std::lock_guard guard{shared_->mutex};
  return shared_->results;
}

std::uint64_t ingestion::restarts() const {
  return shared_->restarts;
}

} // namespace throng::actors
