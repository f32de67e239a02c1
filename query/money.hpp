// What alerts are worth in money: had each stopped its entity's payments for a while, which of the payments that labels name would not have been
// made, and which others. Leaves to score how alerts match labels.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/error.hpp"
#include "config/time.hpp"
#include "query/label_events.hpp"
#include "query/results.hpp"

namespace throng::query {

/// In hundredths of the currency: cents.
struct money {
  std::int64_t saved = 0;           ///< payments of malicious labels that would have been stopped
  std::int64_t lost = 0;            ///< those that would not
  std::int64_t stopped_wrongly = 0; ///< payments of no malicious label that would have been stopped
};

/// What the sums are made of.
struct money_basis {
  std::string currency;       ///< empty where payments name none
  milliseconds block_for{0};  ///< how long an alert stops payments
  std::uint64_t payments = 0; ///< of the entities that labels and alerts are about
  /// Events that malicious labels name and that are not in the store, or have no amount: their money is in no sum.
  std::uint64_t unknown = 0;
};

/// How long an alert stops payments where nothing else is asked: as `react` of a scenario has it.
inline constexpr milliseconds usual_block{86'400'000};

struct payment_label {
  std::vector<labelled_events> events;
  bool malicious = false;
};

/// What stops payments: an alert.
struct payment_stop {
  std::string entity;
  std::int64_t time = 0;
};

/// A payment is a stored event with a whole number of hundredths above 0 as `amount`, by which money leaves the event's key: its `type` is none of
/// salary, transfer_in and deposit, and if it was declined then because the account was blocked. One key and seq is one payment.
class payments {
public:
  /// @param suspects entities of alerts: what they pay may be stopped wrongly
  static expected<payments> read(storage::result_store& store, const overtaken& no_result,
                                 const std::vector<payment_label>& labels, const std::set<std::string>& suspects);

  /// Whether there are any, and in one currency.
  bool known() const {
    return !all_.empty() && currencies_.size() == 1;
  }
  const std::set<std::string>& currencies() const {
    return currencies_;
  }
  /// @pre known
  money_basis basis(milliseconds block_for) const;

  /// Which payments would have been stopped: those later than a stop of their entity, and at most `block_for` later. For sum().
  std::vector<bool> stopped_by(const std::vector<payment_stop>& stops, milliseconds block_for) const;

  /// Each payment once, whatever the number of labels that name it.
  money sum(const std::vector<bool>& stopped) const;
  /// Of the payments of labels for which `belongs`, by their place; what is stopped wrongly is of innocent ones. Nothing where there are no such
  /// payments.
  std::optional<money> sum(const std::vector<bool>& stopped, const std::function<bool(std::size_t)>& belongs) const;
  /// Whether any of these is of an entity that pays.
  bool touched_by(const std::vector<payment_stop>& stops) const;

private:
  struct payment {
    std::int64_t time = 0;
    std::int64_t amount = 0;
    std::size_t entity = 0;          ///< in entities_
    std::vector<std::size_t> labels; ///< malicious ones, or where there are none the innocent ones
    bool malicious = false;
    void add_to(money& sum, bool stopped) const;
  };

  std::vector<std::string> entities_; ///< rising
  std::vector<payment> all_;
  std::set<std::string> currencies_;
  std::uint64_t unknown_ = 0;
};

} // namespace throng::query
