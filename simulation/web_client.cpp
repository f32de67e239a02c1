#include "simulation/web_client.hpp"

#include <algorithm>
#include <cmath>

#include "simulation/agents.hpp"
#include "simulation/countries.hpp"
#include "simulation/incident_turn.hpp"
#include "simulation/review_text.hpp"

namespace throng::simulation {

namespace {

constexpr double least_think_ms = 300;
constexpr double most_think_ms = 25 * 60'000; // a session ends at half an hour, by the convention of web analytics

// What goes wrong on a healthy site.
constexpr double server_error = 0.001;
constexpr double item_gone = 0.004;
constexpr double wrong_password = 0.04;
/// After an error, this share tries the same page again; the others leave.
constexpr double retries = 0.6;

constexpr double words_with_stars = 0.4;
/// Half a minute: then the server in front gives up.
constexpr double most_response_ms = 30'000;
/// Being turned away takes next to no time.
constexpr double refusal_ms = 4;
/// A page that says it is not there.
constexpr page_cost not_there{9, 320};

std::string_view referrer_of(std::size_t entry) {
  constexpr std::array<std::string_view, 5> sites{"", "https://search.example/", "https://mail.example/",
                                                  "https://social.example/", "https://partner.example/"};
  return sites[entry];
}

} // namespace

web_client::common::common(const simulation::world& world, std::uint32_t number)
    : seed(world.scenario().seed)
    , population(std::get<config::web_client_population>(world.scenario().populations[number].behaviour))
    , visits(population.sessions_per_day, daily_curve{population.hours}, population.weekdays)
    , session(population.session)
    , popularity(zipf_weights(population.items, population.zipf))
    , entries(population.referrers)
    , visitors(world.count_of_kind(web_client_kind))
    , desk(world) {}

entity_key web_client::key(const simulation::world& world, entity_ref self, std::size_t which) {
  const auto number = world.number_in_kind(self);
  return which == 0 ? client_id(number) : user_id(number);
}

web_client::web_client(const birth& born, const common& all)
    : arrival_(all.visits.first(born.random, born.at))
    , request_due_(never_due)
    , last_request_(never_due)
    , due_(arrival_) {}

void web_client::wake(wake_context& in, const common& all) {
  for (;;) {
    switch (in.next(due_)) {
    case moment::over:
      return;
    case moment::due: {
      auto* doing = incident_in_turn(in.incidents());
      if (step_of(doing, in.now()) <= in.now())
        step(in, all, *doing);
      else
        live(in, all, doing);
      break;
    }
    case moment::opened:
      prepare(in.incident(), in.now());
      break;
    case moment::closed:
      // What it changed ends with it: so nothing that is changed lies beyond its label.
      if (changes(&in.incident()))
        leave();
      in.incident().memo[step_due] = no_step;
      break;
    case moment::retuned:
      arrival_ = all.visits.after(in.random(), in.now());
      break;
    case moment::message: // of the site's guards; nobody else sends any
      banned_until_ = in.now() + in.message().intervention;
      break;
    }
    const auto own = visiting_ ? request_due_ : std::max(arrival_, in.now());
    due_ = std::min(own, step_of(incident_in_turn(in.incidents()), in.now()));
  }
}

void web_client::live(wake_context& in, const common& all, const active_incident* doing) {
  if (visiting_) {
    go_on(in, all);
    return;
  }
  // The arrivals are a process of their own: one that falls into a session is made up for when it ends.
  const random_stream walk{in.random().bits()};
  arrival_ = all.visits.after(in.random(), arrival_);
  if (!displaces(doing)) // the visitor does not come while a program uses the connection
    begin_session(in, all, walk);
}

void web_client::begin_session(wake_context& in, const common& all, random_stream walk) {
  walk_ = walk;
  visiting_ = true;
  failed_ = false;
  ++session_;
  last_request_ = in.now();
  came_by_ = static_cast<entry>(all.entries(walk_));
  here_ = {};
  choose_page(all, all.session.first(walk_.unit()));
  ask(in, all, {}, true);
}

void web_client::go_on(wake_context& in, const common& all) {
  const auto from = here_;
  const auto luck = walk_.unit();
  if (failed_) {
    if (luck < retries)
      ask(in, all, from, false);
    else
      leave();
    return;
  }
  const auto next = all.session.next(here_.what, luck);
  if (next == action::leave) {
    leave();
    return;
  }
  choose_page(all, next);
  ask(in, all, from, false);
}

void web_client::leave() {
  visiting_ = false;
  request_due_ = never_due;
}

void web_client::choose_page(const common& all, action next) {
  switch (next) {
  case action::browse:
    // Mostly the next page of the same category.
    if (here_.what == action::browse && walk_.below(100) < 60)
      here_.detail = static_cast<std::uint8_t>(std::min(here_.detail + category_count, 255U));
    else
      here_.detail = static_cast<std::uint8_t>(walk_.below(category_count));
    break;
  case action::search:
  case action::click:
    here_.detail = static_cast<std::uint8_t>(walk_.below(256));
    break;
  case action::view:
    here_.item = all.popularity(walk_);
    break;
  default:
    break; // what is rated, put into the cart and bought is what was looked at
  }
  here_.what = next;
}

void web_client::ask(wake_context& in, const common& all, page from, bool first) {
  auto* doing = incident_in_turn(in.incidents());
  request line;
  line.asks = here_;
  line.from = from;
  line.first = first;
  line.user = in.world().number_in_kind(in.self());
  line.status = usual_status(here_.what);
  const auto luck = walk_.unit();
  if (here_.what == action::view && luck > 1 - item_gone)
    line.status = 404;
  else if (here_.what == action::login && luck > 1 - wrong_password)
    line.status = 401;
  serve(line, luck, in.view().site);
  const bool changed = changes(doing);
  if (changed)
    suffer(line, *doing, in.next_seq(topic::web_requests));
  if (in.now() < banned_until_)
    line.status = 403;
  failed_ = line.status >= 400;
  const auto thought =
      log_normal(walk_, static_cast<double>(all.population.think_time.count()), all.population.think_spread);
  const auto think = milliseconds{static_cast<std::int64_t>(std::clamp(thought, least_think_ms, most_think_ms))};
  const auto since = in.now() - last_request_;
  last_request_ = in.now();
  request_due_ = in.now() + think;
  const auto seq = write(in, all, line, walk_);
  if (changed)
    doing->touch(seq);
  if (line.status >= 500)
    all.desk.tell(in, line.user, {grievance::web_error, session_});
  if (!failed_)
    tell(in, all, since, think, changed ? doing : nullptr);
}

void web_client::tell(wake_context& in, const common& all, milliseconds since, milliseconds think,
                      active_incident* changed_by) {
  const auto told = [&](topic where, auto&& fill) {
    const auto seq = in.emit(where, fill);
    if (changed_by != nullptr)
      changed_by->touch(where, seq);
  };
  const auto item = item_id(here_.item);
  switch (here_.what) {
  case action::view: {
    const auto browser = person_of(all.seed, in.world().number_in_kind(in.self())).browser;
    told(topic::web_views, [&](event_writer& e) {
      e.text("event_type", "view");
      e.text("item_id", item.view());
      e.fixed<3>("view_duration", think.count());
      e.text("device_type", browsers()[browser].device_type);
    });
    break;
  }
  case action::click:
    told(topic::web_clicks, [&](event_writer& e) {
      e.text("event_type", "click");
      e.text("item_id", item.view());
      e.text("page_url", url({action::view, 0, here_.item}).view());
      e.fixed<3>("click_duration", since.count());
    });
    break;
  case action::rate: {
    const auto opinion = normal(walk_, item_quality(all.seed, here_.item), 1.0);
    const auto stars = static_cast<std::uint32_t>(std::clamp(std::floor(opinion + 0.5), 1.0, 5.0));
    const bool with_words = bernoulli(walk_, words_with_stars);
    const auto text = review_text(stars, walk_.bits());
    told(topic::web_ratings, [&](event_writer& e) {
      e.text("event_type", "rating");
      e.text("item_id", item.view());
      e.natural("rating", stars);
      e.text("review_text", with_words ? text : std::string_view{});
    });
    break;
  }
  default:
    break;
  }
}

void web_client::serve(request& line, double luck, const site_load& load) {
  line.slower *= slowdown(load.utilisation);
  line.wait_ms += load.wait_ms;
  if (luck < server_error)
    line.status = 500;
  else if (luck < server_error + (1 - server_error) * load.refused)
    line.status = 503;
}

std::uint64_t web_client::write(wake_context& in, const common& all, const request& line, random_stream& random) const {
  const auto number = in.world().number_in_kind(in.self());
  const auto who = person_of(all.seed, number);
  const auto costs = line.probes.empty() ? cost(line.asks.what) : not_there;
  const bool error = line.status >= 400;
  const bool refused = line.status == 503;
  auto response = log_normal(random, refused ? refusal_ms : costs.response_ms * line.slower, response_sigma);
  response =
      line.times_out ? most_response_ms : std::min(most_response_ms, refused ? response : response + line.wait_ms);
  const auto bytes = log_normal(random, error ? 420.0 : costs.bytes, error ? 0.1 : bytes_sigma);
  const auto session = session_id(number, session_);
  auto& totals = in.totals();
  ++totals.web_requests;
  if (line.status >= 500)
    ++totals.web_errors;
  // Refused or not: what is asked for decides how many will be.
  totals.web_work_us += static_cast<std::uint64_t>(costs.response_ms * 1'000);
  return in.emit(topic::web_requests, [&](event_writer& e) {
    e.text("session_id", session.view());
    e.text("user_id", user_id(line.user).view());
    e.text("ip", ip_text(who.ip).view());
    e.text("method", method(line.asks.what));
    if (line.probes.empty())
      e.text("path", path(line.asks).view());
    else
      e.text("path", line.probes);
    e.natural("status", line.status);
    e.natural("response_ms", 1 + static_cast<std::uint64_t>(response));
    e.natural("bytes", static_cast<std::uint64_t>(bytes));
    e.text("user_agent", line.agent.empty() ? browsers()[who.browser].user_agent : line.agent);
    if (line.program || (line.first && came_by_ == entry::typed))
      e.null("referrer");
    else if (line.first)
      e.text("referrer", referrer_of(static_cast<std::size_t>(came_by_)));
    else
      e.text("referrer", url(line.from).view());
    e.text("country", countries()[who.country].code);
  });
}

} // namespace throng::simulation
