// How incidents go on an account: each is a script of steps, whatever the owner does meanwhile. Draws come from the incident,
// not from the owner's stream. A step that the balance does not allow waits or is declined; who is refused three times
// gives up. What each script does: account_fraud.cpp, account_rings.cpp, account_innocent.cpp.
#include "simulation/account_scripts.hpp"

namespace throng::simulation {

using namespace scripts;

namespace {

/// Two refusals may be bad luck.
constexpr std::int64_t patience = 3;

/// With nothing to pay on, one waits for a payment of another part of the incident; no longer than until this time.
timestamp deadline(const active_incident& of) {
  return of.order.start + milliseconds{static_cast<std::int64_t>(stage_ms(of) * (of.order.stage + 0.25))};
}

} // namespace

void account::prepare(active_incident& opened, timestamp now) {
  const auto kind = kind_of(opened);
  const auto in = [&](double gap_ms) { return now.ms + static_cast<std::int64_t>(gap_ms); };
  const auto& order = opened.order;
  if (order.stage > 0) {
    const bool acts = !order.pays.empty() || kind == incident::push_payment || kind == incident::shared_rent;
    opened.memo[step_due] = acts ? deadline(opened).ms : no_step;
    return;
  }
  switch (kind) {
  case incident::dormant:
    opened.memo[step_due] = in(0.6 * length_ms(opened));
    return;
  case incident::fan_in:
  case incident::fan_out:
  case incident::cycle:
  case incident::scatter_gather:
  case incident::gather_scatter:
  case incident::bipartite:
  case incident::stack:
  case incident::club_collection:
  case incident::shared_rent: {
    // One after the other, not all at once.
    const auto spread = subtle_gap(std::min(300'000.0, 0.2 * stage_ms(opened)), 0.3 * stage_ms(opened), order.subtlety);
    opened.memo[step_due] = in(opened.unit(first_gap) * spread);
    return;
  }
  default:
    // The first step comes soon, so that even a short incident does something.
    opened.memo[step_due] = in(opened.unit(first_gap) * std::min(30'000.0, length_ms(opened) / 4));
  }
}

timestamp account::next_step(wake_context& in) {
  auto soonest = no_step;
  for (const auto& doing : in.incidents())
    soonest = std::min(soonest, doing.memo[step_due]);
  return soonest == no_step ? never_due : std::max(in.now(), timestamp{soonest});
}

bool account::step(wake_context& in, const common& all) {
  active_incident* next = nullptr;
  for (auto& doing : in.incidents())
    if (doing.memo[step_due] <= in.now().ms && (next == nullptr || doing.memo[step_due] < next->memo[step_due]))
      next = &doing;
  if (next == nullptr)
    return false;
  // Money that arrived after the incident's end would be nobody's: its receiver's label is closed by then.
  const bool too_late = !next->order.pays.empty() && in.now() + in.world().tick() >= next->order.end;
  const auto events_before = in.next_seq(topic::bank_transactions);
  const auto balance_before = balance_;
  if (too_late || !run_script(in, all, *next))
    next->memo[step_due] = no_step;
  next->shift += balance_ - balance_before;
  if (const auto events = in.next_seq(topic::bank_transactions); events > events_before && hurts(*next))
    all.desk.tell(in, in.world().number_in_kind(in.self()), {grievance::fraud, static_cast<std::uint32_t>(events - 1)});
  return true;
}

bool account::hurts(const active_incident& doing) {
  if (doing.order.stage > 0)
    return false; // a mule
  switch (kind_of(doing)) {
  case incident::takeover:
  case incident::card_testing:
  case incident::push_payment:
    return true;
  case incident::impossible_travel: // every other payment is the owner's own
    return doing.memo[steps_done] % 2 == 0;
  default:
    return false;
  }
}

bool account::run_script(wake_context& in, const common& all, active_incident& doing) {
  random_stream random{draw(doing.bits, step_stream, doing.memo[tries]++)};
  const bool first = doing.order.stage == 0;
  switch (kind_of(doing)) {
  case incident::takeover:
    return take_over(in, all, doing, random);
  case incident::card_testing:
    return test_card(in, all, doing, random);
  case incident::impossible_travel:
    return travel_impossibly(in, all, doing, random);
  case incident::structuring:
    return structure(in, all, doing, random);
  case incident::push_payment:
    return first ? be_persuaded(in, all, doing, random) : cash_out(in, all, doing, random);
  case incident::mule:
    return pass_through(in, all, doing, random);
  case incident::dormant:
    return awaken(in, all, doing, random);
  case incident::fan_in:
  case incident::fan_out:
  case incident::cycle:
  case incident::scatter_gather:
  case incident::gather_scatter:
  case incident::bipartite:
  case incident::stack:
    return pass_on(in, all, doing, random);
  case incident::salary_day:
    return celebrate(in, all, doing, random);
  case incident::holiday:
    return go_on_holiday(in, all, doing, random);
  case incident::flat_deposit:
    return pay_deposit(in, all, doing, random);
  case incident::club_collection:
    return chip_in(in, all, doing, random);
  case incident::shared_rent:
    return first ? chip_in(in, all, doing, random) : cash_out(in, all, doing, random);
  }
  return false;
}

bool account::note(active_incident& doing, const outcome& of) {
  doing.touch(of.seq);
  if (!of.booked)
    ++doing.memo[refusals];
  return doing.memo[refusals] < patience;
}

void account::take_in(active_incident& doing, std::int64_t amount, timestamp now) {
  if (doing.order.stage == 0)
    return; // a cycle's money is home
  doing.memo[pot] += amount;
  ++doing.memo[received];
  const bool waits =
      doing.order.pays.empty() && kind_of(doing) != incident::push_payment && kind_of(doing) != incident::shared_rent;
  if (waits || doing.memo[steps_done] > 0)
    return;
  // Either everybody has paid, or it is so late that one goes on with what there is.
  if (doing.memo[received] >= doing.order.expects || doing.memo[step_due] == no_step)
    doing.memo[step_due] =
        now.ms + 1 +
        static_cast<std::int64_t>(subtle_gap(60'000, std::max(60'000.0, 0.2 * stage_ms(doing)), doing.order.subtlety) *
                                  (0.5 + doing.unit(first_gap)));
}

bool account::asleep(wake_context& in) {
  const auto open = in.incidents();
  return std::any_of(open.begin(), open.end(), [](const active_incident& doing) {
    return kind_of(doing) == incident::dormant && doing.order.stage == 0 && doing.memo[steps_done] == 0 &&
           doing.memo[step_due] != no_step;
  });
}

active_incident* account::holiday_of(wake_context& in) {
  for (auto& doing : in.incidents())
    if (kind_of(doing) == incident::holiday && doing.memo[away] != 0)
      return &doing;
  return nullptr;
}

} // namespace throng::simulation
