#include "simulation/ticket_text.hpp"

#include <array>

#include "simulation/identity.hpp"

namespace throng::simulation {

namespace {

using namespace std::string_view_literals;

constexpr std::array delivery{
    "Where is my order #? It should have been here on Monday."sv,
    "The parcel of order # arrived, but @ was not in it."sv,
    "Can order # still go to another address?"sv,
    "The courier left order # at the wrong door."sv,
};
constexpr std::array billing{
    "I was charged twice for order #."sv,
    "Please send me an invoice for order # with my company's name on it."sv,
    "The voucher was not taken off order #."sv,
};
constexpr std::array refund{
    "I sent @ back two weeks ago and still wait for my money."sv,
    "@ came broken. I would like my money back for order #."sv,
    "How do I return @?"sv,
};
constexpr std::array product{
    "Does @ come in another colour?"sv,
    "When will @ be in stock again?"sv,
    "Which size of @ should I take?"sv,
};
constexpr std::array account{
    "I can't log in any more, and no mail comes for a new password."sv,
    "Please change the mail address of my account."sv,
    "Someone has tried to log in to my account. Was that you?"sv,
};
constexpr std::array technical{
    "The page stays white when I want to pay for order #."sv,
    "The shop answers with an error since a few minutes."sv,
    "@ can't be put into the cart."sv,
};

constexpr std::array payment{
    "Can I pay order # by transfer?"sv,
    "Other shops take my card, yours does not."sv,
    "Why does the bank take a fee this month?"sv,
};
constexpr std::array device{
    "The sensor on my balcony shows one value all day."sv,
    "How do I change the battery of my sensor?"sv,
};

constexpr std::array<request_type, 8> table{{
    {"delivery", 32, 15, 75, 95, delivery},
    {"billing", 15, 10, 65, 95, billing},
    {"refund", 17, 15, 75, 97, refund},
    {"product", 13, 60, 97, 100, product},
    {"account", 10, 10, 60, 92, account},
    {"technical", 7, 10, 60, 90, technical},
    {"payment", 4, 10, 65, 95, payment},
    {"device", 2, 40, 95, 100, device},
}};

constexpr std::array web_error{
    "The shop answers with an error. It happened in $."sv,
    "I get an error page again and again, and my cart is gone ($)."sv,
    "Is the shop down? I could not finish what I was doing in $."sv,
};
constexpr std::array stolen_login{
    "Someone else has logged in as $. That was not me!"sv,
    "I got a mail about a login as $ that I know nothing of."sv,
};
constexpr std::array declined{
    "My payment $ was declined. What is wrong?"sv,
    "Your terminal said no to $. I was quite embarrassed."sv,
    "Why was $ declined?"sv,
};
constexpr std::array fraud{
    "I did not make $! Block my account, please."sv,
    "There is a payment on my statement that is not mine: $."sv,
    "Money is missing. I know nothing of $."sv,
};
constexpr std::array outage{
    "My sensor $ sends nothing any more."sv,
    "No readings of $ since this morning."sv,
};

constexpr double minute_ms = 60'000;

/// In the order of `grievance`.
constexpr std::array<complaint_type, grievance_count> complaint_table{{
    {5, 10, 60, 90, 4 * minute_ms, web_error},
    {4, 0, 0, 60, 30 * minute_ms, stolen_login},
    {6, 0, 40, 90, 10 * minute_ms, declined},
    {6, 0, 0, 0, 40 * minute_ms, fraud},
    {7, 40, 90, 100, 25 * minute_ms, outage},
}};

constexpr std::uint32_t sum_of_weights() {
  std::uint32_t sum = 0;
  for (const auto& row : table)
    sum += row.weight;
  return sum;
}
static_assert(sum_of_weights() == request_weights);
static_assert(table[4].name == "account" && table[5].name == "technical" && table[6].name == "payment" &&
              table[7].name == "device");

template <class Type>
ticket_priority priority_of(const Type& type, std::uint32_t percent) {
  if (percent < type.up_to_low)
    return ticket_priority::low;
  if (percent < type.up_to_normal)
    return ticket_priority::normal;
  return percent < type.up_to_high ? ticket_priority::high : ticket_priority::urgent;
}

} // namespace

std::string_view name(ticket_priority priority) {
  switch (priority) {
  case ticket_priority::low:
    return "low";
  case ticket_priority::normal:
    return "normal";
  case ticket_priority::high:
    return "high";
  case ticket_priority::urgent:
    break;
  }
  return "urgent";
}

std::span<const request_type> request_types() {
  return table;
}

std::uint8_t request_type_by_weight(std::uint32_t weight) {
  std::uint8_t i = 0;
  while (weight >= table[i].weight)
    weight -= table[i++].weight;
  return i;
}

std::uint8_t outage_request_type() {
  return 5;
}

ticket_priority request_type::usual_priority(std::uint32_t percent) const {
  return priority_of(*this, percent);
}

ticket_priority complaint_type::usual_priority(std::uint32_t percent) const {
  return priority_of(*this, percent);
}

const complaint_type& type_of(grievance what) {
  return complaint_table.at(static_cast<std::size_t>(what));
}

short_text ticket_text(std::string_view sentence, std::uint32_t order, std::uint32_t item, std::string_view concerns) {
  short_text text;
  for (std::size_t at = 0; at < sentence.size();) {
    const auto mark = sentence.find_first_of("#@$", at);
    text.append(sentence.substr(at, mark - at));
    if (mark == std::string_view::npos)
      break;
    if (sentence[mark] == '#')
      text.append(order, 6);
    else if (sentence[mark] == '$')
      text.append(concerns);
    else
      text.append(item_id(item).view());
    at = mark + 1;
  }
  return text;
}

} // namespace throng::simulation
