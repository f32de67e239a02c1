#include "simulation/support_client.hpp"

#include <algorithm>

#include "simulation/distributions.hpp"
#include "simulation/incident_turn.hpp"
#include "simulation/ticket_text.hpp"

namespace throng::simulation {

namespace {

/// Orders are numbered up to a million; items of tickets are among the shop's best known.
constexpr std::uint32_t orders = 1'000'000;
constexpr std::uint32_t items = 500;

enum incident_trait : std::uint64_t { first_gap, step_stream };

ticket_priority usual_priority(const request_type& type, std::uint32_t percent) {
  if (percent < type.up_to_low)
    return ticket_priority::low;
  if (percent < type.up_to_normal)
    return ticket_priority::normal;
  return percent < type.up_to_high ? ticket_priority::high : ticket_priority::urgent;
}

/// @returns the ticket's seq
std::uint64_t write(wake_context& in, random_stream& random, const request_type& type, ticket_priority priority) {
  const auto sentence = type.sentences[random.below(static_cast<std::uint32_t>(type.sentences.size()))];
  const auto order = random.below(orders);
  const auto text = ticket_text(sentence, order, random.below(items));
  const auto id = short_text{"ticket-"}
                      .append(in.world().number_in_kind(in.self()), 6)
                      .append("-")
                      .append(in.next_seq(topic::support_tickets), 5);
  return in.emit(topic::support_tickets, [&](event_writer& e) {
    e.text("ticket_id", id.view());
    e.text("request_type", type.name);
    e.text("priority", name(priority));
    e.text("request", text.view());
  });
}

std::uint64_t write_any(wake_context& in, random_stream& random) {
  const auto& type = request_types()[request_type_by_weight(random.below(request_weights))];
  const auto priority = usual_priority(type, random.below(100));
  return write(in, random, type, priority);
}

} // namespace

support_client::common::common(const simulation::world& world, std::uint32_t number)
    : common(std::get<config::support_client_population>(world.scenario().populations[number].behaviour)) {}

support_client::common::common(const config::support_client_population& population)
    : tickets(population.tickets_per_day, daily_curve{population.hours}, population.weekdays) {}

entity_key support_client::key(const simulation::world& world, entity_ref self, std::size_t) {
  return customer_id(world.number_in_kind(self));
}

support_client::support_client(const birth& born, const common& all)
    : ticket_due_(all.tickets.first(born.random, born.world.start()))
    , due_(ticket_due_) {}

void support_client::wake(wake_context& in, const common& all) {
  for (;;) {
    switch (in.next(due_)) {
    case moment::over:
      return;
    case moment::due: {
      auto* doing = incident_in_turn(in.incidents());
      if (step_of(doing, in.now()) <= in.now()) {
        step(in, *doing);
        break;
      }
      random_stream words{in.random().bits()}; // a stream for each ticket: whether it is written changes no later one
      ticket_due_ = all.tickets.after(in.random(), in.now());
      // While an incident runs there are no other tickets: so its label's seq range holds none of them.
      if (doing == nullptr || !doing->touched)
        write_any(in, words);
      break;
    }
    case moment::opened:
      prepare(in.incident(), in.now());
      break;
    case moment::closed:
      in.incident().memo[step_due] = no_step;
      break;
    case moment::message:
      break; // nobody sends any
    }
    due_ = std::min(ticket_due_, step_of(incident_in_turn(in.incidents()), in.now()));
  }
}

void support_client::prepare(active_incident& opened, timestamp now) {
  // The first step comes soon, so that even a short incident does something.
  const auto length = static_cast<double>((opened.order.end - opened.order.start).count());
  opened.memo[step_due] = now.ms + static_cast<std::int64_t>(opened.unit(first_gap) * std::min(30'000.0, length / 4));
}

void support_client::step(wake_context& in, active_incident& doing) {
  random_stream random{draw(doing.bits, step_stream, doing.memo[steps_done]++)};
  const auto subtlety = doing.order.subtlety;
  double gap = 0;
  if (static_cast<incident>(doing.kind) == incident::ticket_flood) {
    gap = subtle_gap(15'000, 600'000, subtlety);
    doing.touch(write_any(in, random));
  } else {
    gap = subtle_gap(90'000, 1'800'000, subtlety);
    const auto priority = bernoulli(random, 1 - 0.6 * subtlety) ? ticket_priority::urgent : ticket_priority::high;
    doing.touch(write(in, random, request_types()[outage_request_type()], priority));
  }
  doing.memo[step_due] = in.now().ms + 1 + static_cast<std::int64_t>(gap * uniform(random, 0.5, 1.5));
}

} // namespace throng::simulation
