// The actor that owns the calls into the result store, so that blocking input and output stays on one thread of its own
// (spawned detached; not in tests). Puts documents of several processors into one write, tries again what a server refuses for
// now, and answers each request when its documents, side messages or checkpoint are durable. Every request may be sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "actors/analysis_messages.hpp"
#include "actors/analysis_plan.hpp"
#include "actors/supervision.hpp"

namespace throng::actors {

class store_writer_state {
public:
  static inline const char* name = "throng.store_writer";

  explicit store_writer_state(store_writer_actor::pointer self);
  void begin(std::shared_ptr<const analysis_plan> plan);

  /// To be done after what is queued. @return to be answered when it is done
  template <class Request>
  auto queue(const Request& what) {
    using job_type = job_of<Request>;
    job_type added;
    added.what = what;
    added.answer = self_->make_response_promise<typename job_type::reply_type>();
    auto answer = added.answer;
    jobs_.push_back(std::move(added));
    schedule();
    return answer;
  }
  /// Does the job at the front, together with those behind it that go into the same write.
  void work();

private:
  template <class Request, class Reply>
  struct job {
    using reply_type = Reply;
    Request what;
    caf::typed_response_promise<Reply> answer;
  };
  struct write_job : job<write_request, write_reply> {
    bool alone = false;      ///< not to be put together with others (any more)
    std::size_t written = 0; ///< so many of its documents, and what came of them
    storage::write_summary sum;
    std::optional<storage::write_summary> stored; ///< documents are done; side messages remain
    std::size_t rows_put = 0;                     ///< so many of its rows are in their sinks
  };
  struct claim_job : job<claim_request, claim_reply> {
    std::optional<storage::claimed> claimed; ///< what is to be done then remains
  };
  using save_job = job<save_request, save_reply>;
  using any_job = std::variant<write_job, claim_job, save_job>;
  template <class Request>
  using job_of = std::conditional_t<std::is_same_v<Request, write_request>, write_job,
                                    std::conditional_t<std::is_same_v<Request, claim_request>, claim_job, save_job>>;

  void work_on(write_job& first);
  void work_on(claim_job& what);
  void work_on(save_job& what);
  /// The jobs from the front whose documents go into one write, and whose messages are sent together: sending waits until all have arrived,
  /// so each request for itself would add its wait to those behind it.
  std::vector<write_job*> group();
  bool store(const std::vector<write_job*>& together);
  bool store_alone(write_job& of);
  void stored_some();
  bool try_fewer_again(const error& why);
  std::optional<error> keep_inputs(const result_batch& of);
  /// Rows into their sinks, one after another; those done are not done again.
  std::optional<error> put_rows(write_job& of);
  std::optional<error> send_messages(const std::vector<write_job*>& together);
  void part(const std::vector<write_job*>& together);
  /// Takes note of a failure of the job at the front. True: it stays and is tried again later.
  bool try_again(const error& why);
  void remove_front(std::size_t jobs);
  void schedule();

  store_writer_actor::pointer self_;
  std::shared_ptr<const analysis_plan> plan_;
  std::deque<any_job> jobs_;
  std::vector<storage::stamped_document> batch_; ///< reused
  /// So many documents are given to one call of the store: half as many after each that it refused for now, since what takes longer than its
  /// time-out takes as long the next time, and slowly more again after each that went well.
  std::size_t at_once_ = 0;
  std::vector<analytics::side_message> messages_; ///< reused
  bool scheduled_ = false;                        ///< a work_atom is under way
  std::optional<wall_time> failing_since_;        ///< of the job at the front
  std::size_t tries_ = 0;
};

store_writer_actor::behavior_type store_writer(store_writer_actor::stateful_pointer<store_writer_state> self,
                                               std::shared_ptr<const analysis_plan> plan);

} // namespace throng::actors
