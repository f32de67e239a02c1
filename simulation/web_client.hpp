// A visitor of the shop's web site: comes over the day, walks through the pages, and leaves access-log lines, views, clicks and
// ratings. Leaves to session.hpp which page follows which, to site.hpp what pages cost, and to web_incidents.cpp what
// incidents do.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "simulation/arrivals.hpp"
#include "simulation/complaint.hpp"
#include "simulation/distributions.hpp"
#include "simulation/entity.hpp"
#include "simulation/identity.hpp"
#include "simulation/session.hpp"

namespace throng::simulation {

/// Writes web.requests, and with a request that was answered: web.views for a view, web.clicks for a click, web.ratings
/// for a rating, all at the request's time.
///
/// `view_duration` is the time until the next request, `click_duration` the time since the one before, both in seconds;
/// `rating` is 1 to 5, and `review_text` empty where somebody only gave stars. `user_id` is the visitor's, but for the tries
/// of web.credential_stuffing; `referrer` is null where an address was typed in or a program asks.
class web_client {
public:
  struct common {
    common(const simulation::world& world, std::uint32_t population);

    std::uint64_t seed;
    config::web_client_population population;
    arrivals visits;
    session_chain session;
    weighted_choice popularity; ///< of items: Zipf
    weighted_choice entries;    ///< how visitors come in
    std::uint32_t visitors;     ///< in the whole world
    complaints desk;
  };

  static constexpr std::array channels{channel{topic::web_requests, 0}, channel{topic::web_clicks, 1},
                                       channel{topic::web_views, 1}, channel{topic::web_ratings, 1}};
  static constexpr std::size_t keys = 2; ///< client_id, user_id
  static entity_key key(const simulation::world& world, entity_ref self, std::size_t which);

  /// What subtlety changes in each: web_incidents.cpp.
  static constexpr std::array<std::string_view, 8> incident_kinds{
      "web.scraper",           "web.credential_stuffing", "web.error_burst",  "web.flash_crowd",
      "web.denial_of_service", "web.path_scan",           "web.slow_backend", "web.cart_bot"};

  web_client(const birth& born, const common& all);

  timestamp due() const noexcept {
    return due_;
  }
  void wake(wake_context& in, const common& all);

private:
  enum class incident : std::uint8_t {
    scraper,
    credential_stuffing,
    error_burst,
    flash_crowd,
    denial_of_service,
    path_scan,
    slow_backend,
    cart_bot
  };

  /// How a visitor came in: an index of config::web_referrers.
  enum class entry : std::uint8_t { typed, search_engine, newsletter, social, partner };

  /// One line of the access log.
  struct request {
    page asks;
    std::string_view probes; ///< a path that the shop does not have, instead of `asks`
    page from;               ///< the page before; without a meaning where `first`
    bool first = false;      ///< of the session
    bool program = false;    ///< no browser: no referrer, and none of the events that a page's script sends
    std::string_view agent;  ///< empty: the visitor's own browser
    std::uint32_t user = 0;  ///< person
    std::uint16_t status = 200;
    double slower = 1;      ///< multiplies the time that serving it takes
    double wait_ms = 0;     ///< before it is served
    bool times_out = false; ///< the server in front gave up
  };

  /// What the visitor does on their own.
  void live(wake_context& in, const common& all, const active_incident* doing);
  void begin_session(wake_context& in, const common& all, random_stream walk);
  void go_on(wake_context& in, const common& all);
  void leave();
  void choose_page(const common& all, action next);
  /// Asks for `here_`, tells what came of it, and thinks about it.
  void ask(wake_context& in, const common& all, page from, bool first);
  void tell(wake_context& in, const common& all, milliseconds since, milliseconds think, active_incident* changed_by);
  /// @returns its seq
  std::uint64_t write(wake_context& in, const common& all, const request& line, random_stream& random) const;
  /// What the site's load, or its bad luck, does to a request.
  static void serve(request& line, double luck, const site_load& load);

  // Incidents: web_incidents.cpp.
  static void prepare(active_incident& opened, timestamp now);
  void step(wake_context& in, const common& all, active_incident& doing);
  void run_program(wake_context& in, const common& all, active_incident& doing);
  double next_request_of_program(const wake_context& in, const common& all, const active_incident& doing,
                                 random_stream& random, request& line) const;
  void join_crowd(wake_context& in, const common& all, active_incident& doing);
  static bool is_program(incident kind);
  /// Whether an incident has begun to act, and has taken the place of the visitor's own doings.
  static bool displaces(const active_incident* doing);
  /// Whether it changes what the visitor does or is answered.
  static bool changes(const active_incident* doing);
  static void suffer(request& line, const active_incident& doing, std::uint64_t seq);

  random_stream walk_;     ///< of this session: what happens in one changes no other
  timestamp arrival_;      ///< of the next session
  timestamp request_due_;  ///< in a session
  timestamp last_request_; ///< in a session
  timestamp due_;
  timestamp banned_until_; ///< by the site, because of an alert: requests are answered with 403
  page here_;
  std::uint32_t session_ = 0; ///< number of the last one, from 1
  bool visiting_ = false;
  bool failed_ = false; ///< the last request got no page
  entry came_by_ = entry::typed;
};
static_assert(sizeof(web_client) <= 80);

} // namespace throng::simulation
