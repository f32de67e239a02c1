#include "analytics/payment_graph.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analytics/scoped_name.hpp"
#include "analytics/watermark.hpp"

namespace throng::analytics {

using config::feature_kind;

bool payment_graph::later(std::int64_t time, const payment& x) {
  return time < x.time;
}

payment_graph::payment_graph(const payment_graph_plan& plan, std::string state_prefix)
    : plan_(&plan)
    , accounts_(std::move(state_prefix), texts_) {}

std::optional<text_ids::id> payment_graph::account_at(const event& e, slot at) {
  const auto begin = write_scoped_name(scratch_, e.key, e.slots[at]);
  if (!begin)
    return std::nullopt;
  key_size_ = *begin;
  return texts_.intern(scratch_);
}

std::span<const payment_graph::payment> payment_graph::within(const payments_in_order& all, const moment& when) {
  const auto end = std::upper_bound(all.begin(), all.end(), when.until, later);
  return {std::upper_bound(all.begin(), end, when.after, later), end};
}

payment_graph::account& payment_graph::remember(id which, timestamp t) {
  auto* known = accounts_.find(which);
  if (known == nullptr)
    known = &accounts_.make(which, account{{}, {}, this}, t + plan_->longest);
  accounts_.changed(which, t + plan_->longest);
  return *known;
}

void payment_graph::add(payments_in_order& to, const payment& what) {
  if (to.size() == most_payments)
    forget(to, to.begin() + 1);
  to.insert(std::upper_bound(to.begin(), to.end(), what.time, later), what);
  texts_.hold(what.other);
  ++payments_;
}

void payment_graph::forget(payments_in_order& from, payments_in_order::const_iterator end) {
  for (auto each = from.cbegin(); each != end; ++each)
    texts_.release(each->other);
  payments_ -= static_cast<std::size_t>(end - from.cbegin());
  from.erase(from.cbegin(), end);
}

void payment_graph::forget(payments_in_order& from, timestamp watermark) {
  if (watermark != watermark::none)
    forget(from, std::upper_bound(from.cbegin(), from.cend(), watermark.ms - plan_->longest.count(), later));
}

void payment_graph::begin_round() {
  ++round_;
  if (round_of_.size() < texts_.bound()) {
    round_of_.resize(texts_.bound());
    place_of_.resize(texts_.bound());
  }
}

bool payment_graph::first_time(id which) {
  return std::exchange(round_of_[which], round_) != round_;
}

std::int64_t payment_graph::distinct(std::span<const payment> of) {
  begin_round();
  return std::count_if(of.begin(), of.end(), [this](const payment& x) { return first_time(x.other); });
}

value payment_graph::named(std::span<const id> which, const event& e) {
  scratch_ = '[';
  for (auto each : which) {
    if (scratch_.size() > 1)
      scratch_ += ',';
    append_json(scratch_, value::of(std::string_view{texts_.text(each)}.substr(key_size_)));
  }
  scratch_ += ']';
  return value::array(e.arena.keep(scratch_));
}

value payment_graph::names_of(std::span<const payment> of, const event& e) {
  begin_round();
  ids_.clear();
  for (const auto& each : of)
    if (first_time(each.other))
      ids_.push_back(each.other);
  std::span<const id> all{ids_};
  return named(all.last(std::min(all.size(), most_named)), e);
}

value payment_graph::cycle(const payment_graph_plan::feature& wanted, id from, id to, const payment& now,
                           const event& e) {
  const moment all{now.time - wanted.over.count(), now.time};
  steps_.assign(1, {from, 0, 1, now.time, now.amount});
  const auto on_the_way = [this](std::size_t at, id account) {
    for (; at > 0; at = steps_[at].towards)
      if (steps_[at].account == account)
        return true;
    return steps_[0].account == account;
  };
  std::size_t looked_at = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto at = steps_[i];
    if (at.payments >= wanted.up_to)
      break; // and so are all behind it
    const auto* known = accounts_.find(at.account);
    if (known == nullptr)
      continue;
    const auto before = within(known->received, {all.after, at.time});
    for (auto each = before.rbegin(); each != before.rend(); ++each) {
      if (++looked_at > most_looked_at)
        return value::null();
      if (at.amount < wanted.share * each->amount || wanted.share * at.amount > each->amount)
        continue;
      if (each->other == to) {
        ids_.assign(1, to);
        for (auto back = i;; back = steps_[back].towards) {
          ids_.push_back(steps_[back].account);
          if (back == 0)
            return named(ids_, e);
        }
      }
      if (!on_the_way(i, each->other))
        steps_.push_back({each->other, i, at.payments + 1, each->time, each->amount});
    }
  }
  return value::null();
}

value payment_graph::scatter_gather(const payment_graph_plan::feature& wanted, id to, const payment& now,
                                    const event& e) {
  const moment all{now.time - wanted.over.count(), now.time};
  const auto arrived = within(accounts_.find(to)->received, all);
  // Those that paid `to`, the latest first; of each, who paid it before.
  begin_round();
  passed_.clear();
  std::size_t looked_at = 0;
  middles_.clear();
  for (auto each = arrived.rbegin(); each != arrived.rend(); ++each)
    if (first_time(each->other))
      middles_.push_back(*each);
  for (const auto& middle : middles_) {
    const auto* known = accounts_.find(middle.other);
    if (known == nullptr)
      continue;
    begin_round();
    const auto before = within(known->received, {all.after, middle.time});
    for (auto each = before.rbegin(); each != before.rend() && looked_at < most_looked_at; ++each, ++looked_at)
      if (each->other != to && first_time(each->other))
        passed_.push_back({each->other, middle.other});
  }
  begin_round();
  sources_.clear();
  for (const auto& each : passed_) {
    if (first_time(each.source)) {
      place_of_[each.source] = sources_.size();
      sources_.push_back({each.source, 0});
    }
    ++sources_[place_of_[each.source]].middles;
  }
  const auto most =
      std::max_element(sources_.begin(), sources_.end(),
                       [](const source_count& a, const source_count& b) { return a.middles < b.middles; });
  if (most == sources_.end() || most->middles < 2)
    return value::null();
  ids_.assign(1, most->source);
  for (auto each = passed_.rbegin(); each != passed_.rend(); ++each)
    if (each->source == most->source)
      ids_.push_back(each->middle);
  ids_.push_back(to);
  return named(ids_, e);
}

void payment_graph::observe(event& e, timestamp watermark) {
  for (const auto& feature : plan_->features)
    e.slots[feature.into] = value::null();
  const auto& amount = e.slots[plan_->amount];
  if (!amount.is_finite() || amount.number() <= 0)
    return;
  const auto from = account_at(e, plan_->from);
  if (!from)
    return;
  texts_.hold(*from);
  const auto to = account_at(e, plan_->to);
  if (!to || *to == *from) {
    texts_.release(*from);
    return;
  }
  texts_.hold(*to);
  const payment sent{e.time.ms, amount.number(), *to};
  auto& payer = remember(*from, e.time);
  auto& payee = remember(*to, e.time);
  for (auto* each : {&payer.received, &payer.sent, &payee.received, &payee.sent})
    forget(*each, watermark);
  add(payer.sent, sent);
  add(payee.received, {sent.time, sent.amount, *from});
  for (const auto& feature : plan_->features) {
    const auto& side = feature.of_payee ? payee : payer;
    const moment when{sent.time - feature.over.count(), sent.time};
    const auto sum = [&](const payments_in_order& all) {
      double total = 0;
      for (const auto& each : within(all, when))
        total += each.amount;
      return std::isfinite(total) ? value::of(total) : value::null();
    };
    auto& into = e.slots[feature.into];
    switch (feature.kind) {
    case feature_kind::fan_in:
      into = value::of(distinct(within(side.received, when)));
      break;
    case feature_kind::fan_out:
      into = value::of(distinct(within(side.sent, when)));
      break;
    case feature_kind::received:
      into = sum(side.received);
      break;
    case feature_kind::sent:
      into = sum(side.sent);
      break;
    case feature_kind::held: {
      auto before = within(side.received, when);
      if (feature.of_payee) // the last of its time is this payment
        before = before.first(before.size() - 1);
      if (!before.empty())
        into = value::of(static_cast<double>(sent.time - before.back().time) / 1'000);
      break;
    }
    case feature_kind::payees:
      into = names_of(within(side.sent, when), e);
      break;
    case feature_kind::payers:
      into = names_of(within(side.received, when), e);
      break;
    case feature_kind::cycle:
      into = cycle(feature, *from, *to, sent, e);
      break;
    default:
      into = scatter_gather(feature, *to, sent, e);
    }
  }
  texts_.release(*to);
  texts_.release(*from);
}

void payment_graph::expire(timestamp watermark) {
  accounts_.expire(watermark, [this](id, const account& what) {
    for (const auto* all : {&what.received, &what.sent}) {
      payments_ -= all->size();
      for (const auto& each : *all)
        texts_.release(each.other);
    }
  });
}

void payment_graph::account::save(byte_writer& out, const payments_in_order& each) const {
  out.varint(each.size());
  for (const auto& what : each) {
    out.i64(what.time);
    out.real(what.amount);
    out.text(owner->texts_.text(what.other));
  }
}

void payment_graph::account::save(byte_writer& out) const {
  save(out, received);
  save(out, sent);
}

payment_graph::payments_in_order payment_graph::load(byte_reader& in) {
  payments_in_order made(in.count());
  for (auto& each : made) {
    each.time = in.i64();
    each.amount = in.real();
    if (!std::isfinite(each.amount) || each.amount <= 0)
      throw corrupt_state{"a payment without an amount"};
    each.other = texts_.intern(in.text());
    texts_.hold(each.other);
    ++payments_;
  }
  if (!std::is_sorted(made.begin(), made.end(), [](const payment& a, const payment& b) { return a.time < b.time; }))
    throw corrupt_state{"payments that are not in order"};
  if (made.size() > most_payments)
    throw corrupt_state{"more payments than an account remembers"};
  return made;
}

void payment_graph::restore(std::string_view account_text, std::string_view bytes) {
  accounts_.restore(account_text, bytes, [this](byte_reader& in) {
    account made{{}, {}, this};
    made.received = load(in);
    made.sent = load(in);
    if (made.received.empty() && made.sent.empty())
      throw corrupt_state{"an account without a payment"};
    return made;
  });
}

} // namespace throng::analytics
