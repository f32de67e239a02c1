// What incidents do to a visitor of the web site. With s the subtlety, gaps from blatant to hidden (s = 0 to 1) as
// geometric means:
//
// web.scraper: a program on the visitor's connection asks for one item after the other, without the events that a page's
//   script sends. A gap of 250 ms to half the population's think time, ever less even (sigma 0.05 to 0.65). Below s = 0.5
//   it calls itself what it is.
// web.credential_stuffing: a program tries stolen passwords: POST /login for other users, answered by 401, and in 1 of 200
//   cases by 200. A gap of 400 ms to 15 s, ever less even. Below s = 0.5 it calls itself what it is.
// web.error_burst: the visitor's requests are answered by 5xx with probability 0.95 - 0.7 s, and four times as slowly.
//   A visitor who is not there comes at once, and comes back after leaving.
#include <algorithm>

#include "simulation/agents.hpp"
#include "simulation/incident_turn.hpp"
#include "simulation/web_client.hpp"

namespace throng::simulation {

namespace {

/// What an incident draws once and keeps to, and the stream of its steps.
enum incident_trait : std::uint64_t { first_gap, calls_itself, first_item, step_stream, breaks };

constexpr double hides_from = 0.5;
constexpr std::uint32_t hits_in = 200;

std::string_view agent_of(const active_incident& doing) {
  if (doing.order.subtlety >= hides_from)
    return {};
  return scripts()[static_cast<std::size_t>(doing.unit(calls_itself) * static_cast<double>(scripts().size()))];
}

void set_next(active_incident& doing, timestamp now, double gap_ms, random_stream& random) {
  const auto uneven = 0.05 + 0.6 * doing.order.subtlety;
  doing.memo[step_due] = now.ms + 1 + static_cast<std::int64_t>(log_normal(random, gap_ms, uneven));
  ++doing.memo[steps_done];
}

} // namespace

void web_client::prepare(active_incident& opened, timestamp now) {
  // The first step comes soon, so that even a short incident does something.
  const auto length = static_cast<double>((opened.order.end - opened.order.start).count());
  opened.memo[step_due] = now.ms + static_cast<std::int64_t>(opened.unit(first_gap) * std::min(1'000.0, length / 4));
}

bool web_client::is_program(const active_incident* doing) {
  return doing != nullptr && doing->memo[steps_done] > 0 && static_cast<incident>(doing->kind) != incident::error_burst;
}

bool web_client::is_broken(const active_incident* doing) {
  return doing != nullptr && doing->memo[steps_done] > 0 && static_cast<incident>(doing->kind) == incident::error_burst;
}

void web_client::suffer(request& line, const active_incident& doing, std::uint64_t seq) {
  line.slower *= 4;
  if (to_unit(draw(doing.bits, breaks, seq)) < 0.95 - 0.7 * doing.order.subtlety)
    line.status = draw(doing.bits, breaks, seq, 1) % 3 == 0 ? 502 : 500;
}

void web_client::step(wake_context& in, const common& all, active_incident& doing) {
  const bool first = doing.memo[steps_done] == 0;
  switch (static_cast<incident>(doing.kind)) {
  case incident::scraper:
  case incident::credential_stuffing:
    if (first) { // a program needs no visitor, and has a session of its own
      leave();
      ++session_;
    }
    if (static_cast<incident>(doing.kind) == incident::scraper)
      scrape(in, all, doing);
    else
      stuff(in, all, doing);
    break;
  case incident::error_burst:
    // A visitor who has gone comes (back) by the time of the next step.
    doing.memo[step_due] = in.now().ms + std::max<std::int64_t>(1, 2 * all.population.think_time.count());
    ++doing.memo[steps_done];
    if (!visiting_)
      begin_session(in, all, random_stream{draw(doing.bits, step_stream, doing.memo[steps_done])});
    break;
  }
}

void web_client::scrape(wake_context& in, const common& all, active_incident& doing) {
  random_stream random{draw(doing.bits, step_stream, doing.memo[steps_done])};
  const auto items = all.population.items;
  const auto from = static_cast<std::uint64_t>(doing.unit(first_item) * items);
  request line;
  line.asks.what = action::view;
  line.asks.item = static_cast<std::uint32_t>((from + static_cast<std::uint64_t>(doing.memo[steps_done])) % items);
  line.program = true;
  line.agent = agent_of(doing);
  line.user = in.world().number_in_kind(in.self());
  serve(line, random.unit(), utilisation(in, all));
  doing.touch(write(in, all, line, random));
  const auto hidden = std::max(250.0, static_cast<double>(all.population.think_time.count()) / 2);
  set_next(doing, in.now(), subtle_gap(250, hidden, doing.order.subtlety), random);
}

void web_client::stuff(wake_context& in, const common& all, active_incident& doing) {
  random_stream random{draw(doing.bits, step_stream, doing.memo[steps_done])};
  request line;
  line.asks.what = action::login;
  line.program = true;
  line.agent = agent_of(doing);
  const auto own = in.world().number_in_kind(in.self());
  // One of the others; in a world with one visitor, somebody who is not there.
  line.user = all.visitors < 2 ? own + 1 : (own + 1 + random.below(all.visitors - 1)) % all.visitors;
  line.status = random.below(hits_in) == 0 ? 200 : 401;
  serve(line, random.unit(), utilisation(in, all));
  doing.touch(write(in, all, line, random));
  set_next(doing, in.now(), subtle_gap(400, 15'000, doing.order.subtlety), random);
}

} // namespace throng::simulation
