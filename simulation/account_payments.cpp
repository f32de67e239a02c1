// What an account can do with its money: each writes one line of the statement, and is the only place where its kind of money
// moves.
#include "simulation/account.hpp"
#include "simulation/countries.hpp"

namespace throng::simulation {

account::outcome account::pay_by_card(wake_context& in, const common& all, const payer& by, std::uint8_t category,
                                      std::uint32_t merchant, std::int64_t amount) {
  const auto& shop = merchant_categories()[category];
  booking entry;
  entry.type = "card";
  entry.merchant = entity_key{"merchant-", merchant, 5};
  entry.counterparty = short_text{entry.merchant.view()};
  entry.amount = amount;
  entry.mcc = shop.mcc;
  entry.country = by.country;
  entry.where = by.where;
  if (shop.online) {
    entry.channel = "online";
    entry.device = by.device;
  } else {
    entry.channel = "pos";
    // The shops of customers abroad belong to the same chains, near where they live.
    if (by.at_home && by.owner.country == home_country)
      entry.where = merchant_place(all.seed, merchant);
  }
  return debit(in, entry, true);
}

account::outcome account::transfer(wake_context& in, const payer& by, entity_ref to, std::int64_t amount,
                                   std::uint64_t mark) {
  booking entry;
  entry.type = "transfer_out";
  entry.counterparty = short_text{account_id(in.world().number_in_kind(to)).view()};
  entry.amount = amount;
  // One in three logs in to the web site, the others have the app.
  entry.channel = by.owner.number % 3 == 0 ? "online" : "app";
  entry.device = by.device;
  entry.country = by.country;
  entry.where = by.where;
  const auto made = debit(in, entry, false);
  if (made.booked)
    in.send(to, amount, mark);
  return made;
}

account::outcome account::transfer_abroad(wake_context& in, const payer& by, const short_text& to,
                                          std::int64_t amount) {
  booking entry;
  entry.type = "transfer_out";
  entry.counterparty = to;
  entry.amount = amount;
  entry.channel = by.owner.number % 3 == 0 ? "online" : "app";
  entry.device = by.device;
  entry.country = by.country;
  entry.where = by.where;
  return debit(in, entry, true);
}

account::outcome account::withdraw(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount) {
  booking entry;
  entry.type = "cash";
  entry.counterparty = short_text{"atm-"}.append(machine, 4);
  entry.amount = amount;
  entry.channel = "atm";
  entry.mcc = cash_mcc;
  entry.country = by.country;
  entry.where = by.where;
  return debit(in, entry, true);
}

std::uint64_t account::deposit(wake_context& in, const payer& by, std::uint32_t machine, std::int64_t amount) {
  balance_ += amount;
  external_in_ += amount;
  booking entry;
  entry.type = "deposit";
  entry.counterparty = short_text{"atm-"}.append(machine, 4);
  entry.amount = amount;
  entry.channel = "atm";
  entry.mcc = cash_mcc;
  entry.country = by.country;
  entry.where = by.where;
  return write(in, entry);
}

std::uint64_t account::credit(wake_context& in, const payer& by, std::string_view type, const short_text& from,
                              std::int64_t amount) {
  balance_ += amount;
  external_in_ += amount;
  booking entry;
  entry.type = type;
  entry.counterparty = from;
  entry.amount = amount;
  entry.country = by.owner.country;
  entry.where = by.owner.home;
  return write(in, entry);
}

account::outcome account::debit(wake_context& in, const booking& entry, bool leaves_the_world) {
  if (in.now() < blocked_until_)
    return {write(in, entry, "account_blocked"), false, entry.amount, true};
  if (entry.amount > balance_)
    return {write(in, entry, "insufficient_funds"), false, entry.amount};
  balance_ -= entry.amount;
  if (leaves_the_world)
    external_out_ += entry.amount;
  return {write(in, entry), true, entry.amount};
}

std::uint64_t account::write(wake_context& in, const booking& entry, std::string_view decline_reason) const {
  ++in.totals().transactions;
  if (!decline_reason.empty())
    ++in.totals().declined;
  const auto id = transaction_id(in.world().number_in_kind(in.self()), in.next_seq(topic::bank_transactions));
  return in.emit(topic::bank_transactions, [&](event_writer& e) {
    const auto text_or_null = [&](std::string_view name, std::string_view value) {
      if (value.empty())
        e.null(name);
      else
        e.text(name, value);
    };
    e.text("transaction_id", id.view());
    e.text("counterparty_id", entry.counterparty.view());
    e.text("type", entry.type);
    e.text("status", decline_reason.empty() ? "booked" : "declined");
    text_or_null("decline_reason", decline_reason);
    e.fixed<2>("amount", entry.amount);
    e.text("currency", "EUR");
    e.fixed<2>("balance", balance_);
    text_or_null("channel", entry.channel);
    text_or_null("merchant_id", entry.merchant.view());
    if (entry.mcc == 0)
      e.null("mcc");
    else
      e.natural("mcc", entry.mcc);
    text_or_null("device_id", entry.device.view());
    e.text("country", countries()[entry.country].code);
    e.decimal<5>("lat", entry.where.lat);
    e.decimal<5>("lon", entry.where.lon);
  });
}

} // namespace throng::simulation
