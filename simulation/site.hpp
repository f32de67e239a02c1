// The shop's web site as its access log knows it: pages, their paths, and what they cost to serve. Leaves to session.hpp
// which page follows which, and to web_client.hpp who asks.
#pragma once

#include <cstdint>
#include <string_view>

#include "simulation/short_text.hpp"

namespace throng::simulation {

/// What a visitor does; each is one request. `leave` is none: it ends a session.
enum class action : std::uint8_t { home, login, browse, search, view, click, rate, cart, buy, leave };
inline constexpr std::size_t action_count = 10;

/// How many categories the shop has.
inline constexpr std::uint32_t category_count = 8;

/// A page, small enough to be kept in a row.
struct page {
  action what = action::home;
  std::uint8_t detail = 0; ///< browse: category and number of its page; search: word; click: what on the page
  std::uint32_t item = 0;  ///< view, click, rate, cart
  friend bool operator==(const page&, const page&) = default;
};

std::string_view method(action what);

/// The answer that a request of this kind gets when all is well.
std::uint16_t usual_status(action what);

/// As in `/search?q=lamp` or `/items/item-00042`.
short_text path(const page& of);

/// `https://shop.example` and the path.
short_text url(const page& of);

/// What serving a page takes on an idle site; both are log-normal.
struct page_cost {
  double response_ms; ///< median
  double bytes;       ///< median
};
page_cost cost(action what);
inline constexpr double response_sigma = 0.45;
inline constexpr double bytes_sigma = 0.30;

/// How much longer a request takes on servers that are busy, though not overloaded: the time in an M/M/1 queue relative to
/// the service time, 1 / (1 - utilisation) (Kleinrock, "Queueing systems", volume 1, section 3.2), with the utilisation held
/// at 0.95. What waits because more came than could be served: site_queue.hpp.
double slowdown(double utilisation);

} // namespace throng::simulation
