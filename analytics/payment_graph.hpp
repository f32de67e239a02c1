// Accounts as a graph: who paid whom within the last minutes, hours or days, as of the current payment; features of both of its sides.
// Leaves to the engine which events are fed (none older than the watermark) and to rules what is made of them.
//
// Each event of a pipeline with a `graph` is a payment from one account to another; one without both, between an account and itself, or
// without an amount above 0 is none: it is not remembered, and its features are null. All payments of one value of the pipeline's key
// make one graph. A topic is keyed by account and a graph needs both sides of all payments, so such a pipeline re-keys by what its
// accounts have in common (a bank, a currency, or one constant for all): one core keeps one graph.
//
// Decided to the letter: the value at a payment of time t is computed over the payments of its graph that arrived no later than it (itself
// included), were fed and have a time in (t - over, t]. As with look-backs it is a function of the partition's order alone.
// - fan_out, fan_in: how many different accounts it paid, or was paid by. sent, received: the sum of the amounts, added in order of time.
// - held: seconds from the last payment that the account received before this one: how long a mule keeps money.
// - payees, payers: those accounts, in the order of their first payment; of more than 100 the last.
// - cycle: the accounts of the shortest way round that this payment closes, from its payee on to its payer: each payment on the way is not
//   earlier than the one before, and at least `share` of it and at most it divided by `share`. Of equally short ones, the one that is found
//   first going back along the latest payments. Null where there is none of at most `up_to` payments.
// - scatter_gather: of the accounts that paid some account that paid this payee later, the one with the most such in between; [it, those in
//   between in the order of their last payment to the payee, the payee]. Null below two in between.
//
// Limits, and so cost: of an account the newest 1,000 payments each way are remembered (32 bytes each at either end), so a fan is at most
// that; `cycle` and `scatter_gather` look at 10,000 payments at most, those nearest and latest first. An account is forgotten when
// the watermark has passed its last payment by the longest `over`. The patterns: Altman et al., "Realistic synthetic financial
// transactions for anti-money laundering models", NeurIPS 2023; cycles whose payments rise in time: Blanusa et al., "Scalable
// fine-grained parallel cycle enumeration algorithms", SPAA 2022.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/event.hpp"
#include "analytics/keyed_states.hpp"
#include "analytics/text_ids.hpp"
#include "config/pipeline.hpp"

namespace throng::analytics {

struct payment_graph_plan {
  struct feature {
    config::feature_kind kind = config::feature_kind::fan_out;
    milliseconds over{0};
    bool of_payee = false; ///< of the payment's `to`, not of its `from`; cycle and scatter_gather are of both
    std::size_t up_to = 0; ///< of cycle: payments
    double share = 0;      ///< of cycle
    slot into = 0;
  };
  slot from = 0;
  slot to = 0;
  slot amount = 0;
  milliseconds longest{0};
  std::vector<feature> features;
};

/// The graphs of one pipeline in one partition.
class payment_graph {
public:
  static constexpr std::size_t most_payments = 1'000;
  static constexpr std::size_t most_named = 100;
  static constexpr std::size_t most_looked_at = 10'000;

  payment_graph(const payment_graph_plan& plan, std::string state_prefix);

  /// Remembers the payment and fills the features' slots. @pre e.time is not before `watermark`
  void observe(event& e, timestamp watermark);
  /// Drops accounts of which nothing can be reached any more.
  void expire(timestamp watermark);

  /// How many payments are remembered, at both ends.
  std::size_t payments() const {
    return payments_;
  }
  void save(bool only_changes, const std::function<void(state_entry&&)>& put) {
    accounts_.save(only_changes, put);
  }
  /// @throws corrupt_state
  void restore(std::string_view account, std::string_view bytes);

private:
  using id = text_ids::id;
  struct payment {
    std::int64_t time = 0;
    double amount = 0;
    id other = 0;
  };
  /// By time; of equal times by arrival.
  using payments_in_order = std::vector<payment>;
  struct account {
    payments_in_order received;
    payments_in_order sent;
    const payment_graph* owner = nullptr;
    void save(byte_writer& out) const;
    void save(byte_writer& out, const payments_in_order& each) const;
  };
  struct moment {
    std::int64_t after = 0; ///< exclusive
    std::int64_t until = 0; ///< inclusive
  };
  /// A way back from the current payment: `account` pays the account of `towards`.
  struct step {
    id account = 0;
    std::size_t towards = 0;
    std::size_t payments = 0;
    std::int64_t time = 0;
    double amount = 0;
  };
  struct passed {
    id source = 0;
    id middle = 0;
  };
  struct source_count {
    id source = 0;
    std::size_t middles = 0;
  };

  std::optional<id> account_at(const event& e, slot at);
  account& remember(id which, timestamp t);
  void add(payments_in_order& to, const payment& what);
  /// Forgets the first.
  void forget(payments_in_order& from, payments_in_order::const_iterator end);
  /// Forgets what no event from `watermark` on can reach.
  void forget(payments_in_order& from, timestamp watermark);
  payments_in_order load(byte_reader& in);
  static bool later(std::int64_t time, const payment& x);
  static std::span<const payment> within(const payments_in_order& all, const moment& when);
  /// Whether it is the first time since begin_round() that it is asked.
  bool first_time(id which);
  void begin_round();
  std::int64_t distinct(std::span<const payment> of);
  value names_of(std::span<const payment> of, const event& e);
  value cycle(const payment_graph_plan::feature& wanted, id from, id to, const payment& now, const event& e);
  value scatter_gather(const payment_graph_plan::feature& wanted, id to, const payment& now, const event& e);
  value named(std::span<const id> which, const event& e);

  const payment_graph_plan* plan_;
  text_ids texts_; ///< of accounts, each with its graph's key before it
  keyed_states<account> accounts_;
  std::size_t payments_ = 0;
  std::size_t key_size_ = 0; ///< what stands before an account's own text, for the current event
  // Room to compute in, kept from event to event.
  std::string scratch_;
  std::vector<std::uint64_t> round_of_; ///< by account
  std::uint64_t round_ = 0;
  std::vector<std::size_t> place_of_; ///< by account: in sources_
  std::vector<id> ids_;
  std::vector<step> steps_;
  std::vector<payment> middles_;
  std::vector<passed> passed_;
  std::vector<source_count> sources_;
};

} // namespace throng::analytics
