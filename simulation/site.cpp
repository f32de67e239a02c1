#include "simulation/site.hpp"

#include <algorithm>
#include <array>

#include "simulation/identity.hpp"

namespace throng::simulation {

namespace {

using namespace std::string_view_literals;

constexpr std::array categories{"books"sv,    "kitchen"sv, "garden"sv, "lighting"sv,
                                "bicycles"sv, "toys"sv,    "music"sv,  "clothing"sv};
static_assert(categories.size() == category_count);
constexpr std::array words{"lamp"sv, "kettle"sv,   "raincoat"sv, "headphones"sv, "notebook"sv, "bell"sv,
                           "tent"sv, "boots"sv,    "teapot"sv,   "puzzle"sv,     "guitar"sv,   "scarf"sv,
                           "vase"sv, "backpack"sv, "mug"sv,      "camera"sv};
constexpr std::array parts{"gallery"sv, "reviews"sv, "similar"sv, "sizes"sv};

} // namespace

std::string_view method(action what) {
  switch (what) {
  case action::login:
  case action::rate:
  case action::cart:
  case action::buy:
    return "POST";
  default:
    return "GET";
  }
}

std::uint16_t usual_status(action what) {
  switch (what) {
  case action::rate:
  case action::cart:
    return 201;
  case action::buy:
    return 303; // to the page that says thank you
  default:
    return 200;
  }
}

short_text path(const page& of) {
  short_text text;
  const auto item = [&]() -> short_text& { return text.append("/items/").append(item_id(of.item).view()); };
  switch (of.what) {
  case action::home:
  case action::leave:
    return text.append("/");
  case action::login:
    return text.append("/login");
  case action::browse:
    return text.append("/category/")
        .append(categories[of.detail % categories.size()])
        .append("?page=")
        .append(of.detail / categories.size() + 1);
  case action::search:
    return text.append("/search?q=").append(words[of.detail % words.size()]);
  case action::view:
    return item();
  case action::click:
    return item().append("/").append(parts[of.detail % parts.size()]);
  case action::rate:
    return item().append("/ratings");
  case action::cart:
    return text.append("/cart");
  case action::buy:
    return text.append("/checkout");
  }
  return text;
}

short_text url(const page& of) {
  return short_text{"https://shop.example"}.append(path(of).view());
}

page_cost cost(action what) {
  switch (what) {
  case action::home:
    return {45, 18'000};
  case action::login:
    return {110, 900}; // hashing a password takes its time
  case action::browse:
    return {70, 26'000};
  case action::search:
    return {120, 21'000};
  case action::view:
    return {55, 32'000};
  case action::click:
    return {30, 6'000};
  case action::rate:
    return {40, 400};
  case action::cart:
    return {50, 700};
  case action::buy:
    return {260, 1'200};
  case action::leave:
    break;
  }
  return {1, 1};
}

double slowdown(double utilisation) {
  return 1 / (1 - std::clamp(utilisation, 0.0, 0.95));
}

} // namespace throng::simulation
