// What incidents do to a visitor of the web site. With s the subtlety, f = 1 - s, and gaps from blatant to hidden (s = 0 to
// 1) as geometric means:
//
// Programs on the visitor's connection, in a session of their own, without referrer and without the events that a page's
// script sends; the visitor does not come meanwhile. Their gaps are ever less even (sigma 0.05 to 0.65), and from s = 0.5 on
// they call themselves the visitor's browser.
// web.scraper: one item after the other. A gap of 250 ms to half the population's think time.
// web.credential_stuffing: stolen passwords: POST /login for other users, answered by 401, and in 1 of 200 cases by 200. A
//   gap of 400 ms to 15 s.
// web.denial_of_service: searches, the costliest page that needs no login. A gap of 20 ms to 2 s.
// web.path_scan: paths of other software's weak spots, answered by 404, a few by 403. A gap of 150 ms to 30 s.
// web.cart_bot: one well-known item into the cart, over and over; from s = 0.5 on it looks at the item before each. A gap of
//   400 ms to 20 s.
//
// The site's part that serves the visitor is ill. Who is not there comes by in the first eighth, and again after about a sixth of the
// duration, so that each meets it; no more often, since a site that fails draws no crowd.
// web.error_burst: requests are answered by 5xx with probability 0.95 - 0.7 s, and four times as slowly.
// web.slow_backend: requests take 2 + 18 f times as long, and with probability 0.15 f the server in front gives up: 504.
//
// web.flash_crowd (innocent): all its visitors come from a social site to one item, at times that are exponential with a
//   mean of 0.04 + 0.3 s of the duration, and walk on from there. Their own visits wait.
//
// When one that changes a visitor's session closes, that session ends.
#include <algorithm>

#include "simulation/agents.hpp"
#include "simulation/arithmetic.hpp"
#include "simulation/incident_turn.hpp"
#include "simulation/web_client.hpp"

namespace throng::simulation {

namespace {

using namespace std::string_view_literals;

/// What an incident draws once and keeps to, and the stream of its steps.
enum incident_trait : std::uint64_t { first_gap, calls_itself, first_item, step_stream, breaks, gives_up };

constexpr double hides_from = 0.5;
constexpr std::uint32_t hits_in = 200;
/// A cart bot wants one of the best-known things.
constexpr std::uint32_t wanted_items = 20;

constexpr std::array weak_spots{"/wp-login.php"sv,
                                "/.env"sv,
                                "/admin"sv,
                                "/phpmyadmin/"sv,
                                "/.git/config"sv,
                                "/xmlrpc.php"sv,
                                "/config.json"sv,
                                "/backup.zip"sv,
                                "/cgi-bin/test.cgi"sv,
                                "/server-status"sv,
                                "/actuator/env"sv,
                                "/api/v1/users"sv,
                                "/wp-content/plugins/"sv,
                                "/old/"sv,
                                "/db.sql"sv,
                                "/.aws/credentials"sv,
                                "/owa/"sv,
                                "/solr/admin/"sv,
                                "/manager/html"sv,
                                "/shell.php"sv,
                                "/vendor/phpunit/"sv,
                                "/console"sv,
                                "/id_rsa"sv,
                                "/debug/pprof/"sv};
/// Of a hundred probes, those that meet something that is there and locked.
constexpr std::uint32_t locked_percent = 4;

std::string_view agent_of(const active_incident& doing) {
  if (doing.order.subtlety >= hides_from)
    return {};
  return scripts()[static_cast<std::size_t>(doing.unit(calls_itself) * static_cast<double>(scripts().size()))];
}

/// Has begun to act, and not closed.
bool acts(const active_incident* doing) {
  return doing != nullptr && doing->memo[steps_done] > 0;
}

} // namespace

bool web_client::is_program(incident kind) {
  switch (kind) {
  case incident::scraper:
  case incident::credential_stuffing:
  case incident::denial_of_service:
  case incident::path_scan:
  case incident::cart_bot:
    return true;
  default:
    return false;
  }
}

bool web_client::displaces(const active_incident* doing) {
  return acts(doing) && (is_program(static_cast<incident>(doing->kind)) ||
                         static_cast<incident>(doing->kind) == incident::flash_crowd);
}

bool web_client::changes(const active_incident* doing) {
  // A crowd changes those who have joined it; an ill site also who has been there when it fell ill.
  const auto kind = doing == nullptr ? incident::scraper : static_cast<incident>(doing->kind);
  return !is_program(kind) && (kind != incident::flash_crowd || acts(doing));
}

void web_client::prepare(active_incident& opened, timestamp now) {
  const auto length = static_cast<double>((opened.order.end - opened.order.start).count());
  const auto luck = opened.unit(first_gap);
  // Most begin soon, so that even a short incident does something.
  auto gap = luck * std::min(1'000.0, length / 4);
  if (const auto kind = static_cast<incident>(opened.kind);
      kind == incident::error_burst || kind == incident::slow_backend)
    gap = luck * length / 8;
  else if (kind == incident::flash_crowd)
    gap = std::min(0.95 * length, -log(1 - luck) * length * (0.04 + 0.3 * opened.order.subtlety));
  opened.memo[step_due] = now.ms + static_cast<std::int64_t>(gap);
}

void web_client::suffer(request& line, const active_incident& doing, std::uint64_t seq) {
  const auto subtlety = doing.order.subtlety;
  switch (static_cast<incident>(doing.kind)) {
  case incident::error_burst:
    line.slower *= 4;
    if (to_unit(draw(doing.bits, breaks, seq)) < 0.95 - 0.7 * subtlety)
      line.status = draw(doing.bits, breaks, seq, 1) % 3 == 0 ? 502 : 500;
    break;
  case incident::slow_backend:
    line.slower *= 2 + 18 * doing.strength();
    if (to_unit(draw(doing.bits, gives_up, seq)) < 0.15 * doing.strength()) {
      line.status = 504;
      line.times_out = true;
    }
    break;
  default: // a crowd suffers only from itself
    break;
  }
}

void web_client::step(wake_context& in, const common& all, active_incident& doing) {
  const auto kind = static_cast<incident>(doing.kind);
  if (is_program(kind)) {
    run_program(in, all, doing);
    return;
  }
  if (kind == incident::flash_crowd) {
    join_crowd(in, all, doing);
    return;
  }
  const auto length = static_cast<double>((doing.order.end - doing.order.start).count());
  random_stream random{draw(doing.bits, step_stream, ++doing.memo[steps_done])};
  doing.memo[step_due] = in.now().ms + 1 + static_cast<std::int64_t>(length / 6 * uniform(random, 0.5, 1.5));
  if (!visiting_)
    begin_session(in, all, random);
}

void web_client::join_crowd(wake_context& in, const common& all, active_incident& doing) {
  doing.memo[step_due] = doing.order.end.ms; // once
  ++doing.memo[steps_done];
  leave();
  walk_ = random_stream{draw(doing.bits, step_stream)};
  visiting_ = true;
  failed_ = false;
  ++session_;
  last_request_ = in.now();
  came_by_ = entry::social;
  here_ = {};
  here_.what = action::view;
  here_.item = static_cast<std::uint32_t>(
      draw(all.seed, number_of_name("crowd"), doing.order.incident, doing.order.occurrence) % all.population.items);
  ask(in, all, {}, true);
}

void web_client::run_program(wake_context& in, const common& all, active_incident& doing) {
  if (doing.memo[steps_done] == 0) { // a program needs no visitor, and has a session of its own
    leave();
    ++session_;
  }
  random_stream random{draw(doing.bits, step_stream, doing.memo[steps_done])};
  request line;
  line.program = true;
  line.agent = agent_of(doing);
  line.user = in.world().number_in_kind(in.self());
  const auto gap = next_request_of_program(in, all, doing, random, line);
  serve(line, random.unit(), in.view().site);
  if (in.now() < banned_until_)
    line.status = 403;
  doing.touch(write(in, all, line, random));
  if (static_cast<incident>(doing.kind) == incident::credential_stuffing && line.status == 200)
    all.desk.tell(in, line.user, {grievance::stolen_login, line.user});
  const auto uneven = 0.05 + 0.6 * doing.order.subtlety;
  doing.memo[step_due] = in.now().ms + 1 + static_cast<std::int64_t>(log_normal(random, gap, uneven));
  ++doing.memo[steps_done];
}

/// @returns the median gap after it, in milliseconds
double web_client::next_request_of_program(const wake_context& in, const common& all, const active_incident& doing,
                                           random_stream& random, request& line) const {
  const auto subtlety = doing.order.subtlety;
  const auto done = static_cast<std::uint64_t>(doing.memo[steps_done]);
  switch (static_cast<incident>(doing.kind)) {
  case incident::scraper: {
    const auto items = all.population.items;
    line.asks.what = action::view;
    line.asks.item =
        static_cast<std::uint32_t>((static_cast<std::uint64_t>(doing.unit(first_item) * items) + done) % items);
    return subtle_gap(250, std::max(250.0, static_cast<double>(all.population.think_time.count()) / 2), subtlety);
  }
  case incident::credential_stuffing: {
    const auto own = in.world().number_in_kind(in.self());
    line.asks.what = action::login;
    // One of the others; in a world with one visitor, somebody who is not there.
    line.user = all.visitors < 2 ? own + 1 : (own + 1 + random.below(all.visitors - 1)) % all.visitors;
    line.status = random.below(hits_in) == 0 ? 200 : 401;
    return subtle_gap(400, 15'000, subtlety);
  }
  case incident::path_scan:
    line.probes =
        weak_spots[(static_cast<std::uint64_t>(doing.unit(first_item) * weak_spots.size()) + done) % weak_spots.size()];
    line.status = random.below(100) < locked_percent ? 403 : 404;
    return subtle_gap(150, 30'000, subtlety);
  case incident::cart_bot: {
    const auto wanted = std::min(wanted_items, all.population.items);
    const bool looks = subtlety >= hides_from && done % 2 == 0;
    line.asks.what = looks ? action::view : action::cart;
    line.asks.item = static_cast<std::uint32_t>(doing.unit(first_item) * wanted);
    line.status = usual_status(line.asks.what);
    return subtle_gap(400, 20'000, subtlety);
  }
  default: // denial_of_service
    line.asks.what = action::search;
    line.asks.detail = static_cast<std::uint8_t>(random.below(256));
    return subtle_gap(20, 2'000, subtlety);
  }
}

} // namespace throng::simulation
