#include "actors/entity.hpp"

#include <utility>

namespace throng::actors {

namespace {

/// Takes the slot's count whatever becomes of the wake: an entity that throws must not hold the world up.
class slot_count {
public:
  slot_count(entity_actor::pointer self, step_board& board, std::uint32_t slot)
      : self_(self)
      , board_(board)
      , slot_(slot) {}

  slot_count(const slot_count&) = delete;
  slot_count& operator=(const slot_count&) = delete;

  void lived() {
    lived_ = true;
  }

  ~slot_count() {
    if (!lived_) {
      std::scoped_lock lock{board_.failures_mutex};
      board_.failed_slots.push_back(slot_);
    }
    if (board_.lane_of(slot_).outstanding.fetch_sub(1, std::memory_order_acq_rel) == 1 &&
        board_.lanes_outstanding.fetch_sub(1, std::memory_order_acq_rel) == 1)
      self_->send(board_.owner, filled_atom_v);
  }

private:
  entity_actor::pointer self_;
  step_board& board_;
  std::uint32_t slot_;
  bool lived_ = false;
};

} // namespace

entity_actor::behavior_type entity(entity_actor::stateful_pointer<entity_state> self,
                                   std::shared_ptr<step_board> board) {
  return {
      [self, board = std::move(board)](wake_atom, std::uint32_t slot) {
        slot_count count{self, *board, slot};
        board->core->wake(slot); // what it throws ends this actor; the shard starts another in its place
        count.lived();
      },
  };
}

} // namespace throng::actors
