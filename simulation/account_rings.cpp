// Money that goes through several accounts in an order: who pays whom says the order (typology.hpp). With s the subtlety, gaps from
// blatant to hidden (s = 0 to 1) as geometric means; a stage is the duration over the number of stages:
//
// bank.fan_in, fan_out, cycle, scatter_gather, gather_scatter, bipartite, stack: to each account of the first stage about
//   9,000 (1 - s) + 400 s euros for each of those that it pays come from another bank; it pays them one after the other,
//   20 s to a half of an equal share of the stage apart, in parts that are equal or, hidden, differ by up to a half. An account
//   of a later stage waits until all who pay it have (or a quarter of its stage has gone), keeps 1 + 9 s %, and pays
//   the rest on after 1 minute to a fifth of the stage. Below s = 0.5 all of them use one device.
// What bank.push_payment brought leaves by cash (a third, at most 1,000 euros), then to another bank, as soon.
// bank.shared_rent: who has collected pays the landlord.
#include "simulation/account_scripts.hpp"

namespace throng::simulation {

using namespace scripts;

bool account::pass_on(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  const auto s = doing.order.subtlety;
  const auto& pays = doing.order.pays;
  const auto edges = static_cast<std::int64_t>(pays.size());
  const auto done = doing.memo[steps_done];
  if (done >= edges)
    return false;
  auto by = owner(in, all);
  if (s < 0.5)
    by.device = device_id(static_cast<std::uint32_t>(shared_bits(all.seed, doing) % all.accounts), 7);
  const auto share_of_stage = 0.45 * stage_ms(doing) / static_cast<double>(edges + 1);
  set_next(doing, in.now(), subtle_gap(std::min(20'000.0, share_of_stage), share_of_stage, s), random);
  if (doing.order.stage == 0 && done == 0 && doing.memo[pot] == 0) {
    const auto each = (9'000 * (1 - s) + 400 * s) * uniform(random, 80, 120);
    doing.memo[pot] = std::max(edges, static_cast<std::int64_t>(each) * edges);
    doing.touch(credit(in, by, "transfer_in", other_bank(random), doing.memo[pot]));
    return true;
  }
  if (doing.order.stage > 0 && done == 0)
    doing.memo[pot] -= part_of(doing.memo[pot], 0.01 + 0.09 * s);
  if (doing.memo[pot] < edges - done)
    return false; // nothing has come
  auto amount = doing.memo[pot] / (edges - done);
  if (done + 1 < edges)
    amount = std::max<std::int64_t>(1, part_of(amount, uniform(random, 1 - 0.5 * s, 1 + 0.5 * s)));
  amount = std::min(amount, doing.memo[pot] - (edges - done - 1));
  doing.memo[pot] -= amount;
  ++doing.memo[steps_done];
  return note(doing, transfer(in, by, pays[static_cast<std::size_t>(done)], amount, doing.order.mark())) &&
         done + 1 < edges;
}

bool account::cash_out(wake_context& in, const common& all, active_incident& doing, random_stream& random) {
  if (doing.memo[pot] <= 0)
    return false; // nothing has come
  const auto by = owner(in, all);
  const auto done = doing.memo[steps_done]++;
  if (kind_of(doing) == incident::shared_rent) {
    booking entry;
    entry.type = "rent";
    entry.counterparty = short_text{"landlord-"}.append(by.profile.landlord, 5);
    entry.amount = doing.memo[pot];
    entry.country = by.country;
    entry.where = by.where;
    note(doing, debit(in, entry, true));
    return false;
  }
  set_next(doing, in.now(), subtle_gap(60'000, std::max(60'000.0, stage_ms(doing) / 5), doing.order.subtlety), random);
  if (done == 0) {
    const auto amount = std::min(1'000 * euro, doing.memo[pot] / 3) / (10 * euro) * (10 * euro);
    doing.memo[pot] -= amount;
    return amount == 0 || note(doing, withdraw(in, by, random.below(20), amount));
  }
  note(doing, transfer_abroad(in, by, other_bank(random), doing.memo[pot]));
  return false;
}

} // namespace throng::simulation
