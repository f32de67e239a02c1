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

constexpr std::array<request_type, 6> table{{
    {"delivery", 34, 15, 75, 95, delivery},
    {"billing", 16, 10, 65, 95, billing},
    {"refund", 18, 15, 75, 97, refund},
    {"product", 14, 60, 97, 100, product},
    {"account", 10, 10, 60, 92, account},
    {"technical", 8, 10, 60, 90, technical},
}};

constexpr std::uint32_t sum_of_weights() {
  std::uint32_t sum = 0;
  for (const auto& row : table)
    sum += row.weight;
  return sum;
}
static_assert(sum_of_weights() == request_weights);
static_assert(table[5].name == "technical");

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

short_text ticket_text(std::string_view sentence, std::uint32_t order, std::uint32_t item) {
  short_text text;
  for (std::size_t at = 0; at < sentence.size();) {
    const auto mark = sentence.find_first_of("#@", at);
    text.append(sentence.substr(at, mark - at));
    if (mark == std::string_view::npos)
      break;
    if (sentence[mark] == '#')
      text.append(order, 6);
    else
      text.append(item_id(item).view());
    at = mark + 1;
  }
  return text;
}

} // namespace throng::simulation
