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

/// Of how long people wait before they complain.
constexpr double complaint_sigma = 0.8;

enum incident_trait : std::uint64_t { first_gap, step_stream };

/// Whatever is drawn of one ticket or complaint, apart from all else that happens to the client.
random_stream stream_of_ticket(std::uint64_t seed, std::uint32_t person, std::uint32_t number, ticket_status status) {
  return random_stream{draw(seed, number_of_name("ticket"), person, number, status)};
}
random_stream stream_of_complaint(std::uint64_t seed, std::uint32_t person, const complaint& about) {
  return random_stream{draw(seed, number_of_name("complains"), person, about.what, about.number)};
}

template <class Sentences>
std::string_view one_of(const Sentences& sentences, random_stream& random) {
  return sentences[random.below(static_cast<std::uint32_t>(sentences.size()))];
}

struct ticket_event {
  std::uint32_t number = 0;
  ticket_status status = ticket_status::opened;
  std::uint8_t request = 0;
  ticket_priority priority = ticket_priority::normal;
  std::string_view text;     ///< empty: null
  std::string_view concerns; ///< likewise
};

std::uint64_t write(wake_context& in, const ticket_event& of) {
  const auto id =
      short_text{"ticket-"}.append(in.world().number_in_kind(in.self()), 6).append("-").append(of.number, 5);
  return in.emit(topic::support_tickets, [&](event_writer& e) {
    e.text("ticket_id", id.view());
    e.text("status", name(of.status));
    e.text("request_type", request_types()[of.request].name);
    e.text("priority", name(of.priority));
    if (of.text.empty())
      e.null("request");
    else
      e.text("request", of.text);
    if (of.concerns.empty())
      e.null("concerns");
    else
      e.text("concerns", of.concerns);
  });
}

} // namespace

support_client::common::common(const simulation::world& world, std::uint32_t number)
    : seed(world.scenario().seed)
    , population(std::get<config::support_client_population>(world.scenario().populations[number].behaviour))
    , tickets(population.tickets_per_day, daily_curve{population.hours}, population.weekdays) {}

entity_key support_client::key(const simulation::world& world, entity_ref self, std::size_t) {
  return customer_id(world.number_in_kind(self));
}

support_client::support_client(const birth& born, const common& all)
    : ticket_due_(all.tickets.first(born.random, born.at))
    , due_(ticket_due_) {}

void support_client::wake(wake_context& in, const common& all) {
  for (;;) {
    switch (in.next(due_)) {
    case moment::over:
      return;
    case moment::due: {
      auto* doing = incident_in_turn(in.incidents());
      if (step_of(doing, in.now()) <= in.now()) {
        step(in, all, *doing);
        break;
      }
      if (auto* matter = due_matter(in.now()); matter != nullptr) {
        go_on(in, all, *matter);
        break;
      }
      random_stream words{in.random().bits()}; // a stream for each ticket: whether it is written changes no later one
      ticket_due_ = all.tickets.after(in.random(), in.now());
      // While an incident runs the client begins nothing else.
      if (doing == nullptr || !doing->touched)
        open_any(in, all, words);
      break;
    }
    case moment::opened:
      prepare(in.incident(), in.now());
      break;
    case moment::closed:
      in.incident().memo[step_due] = no_step;
      break;
    case moment::retuned:
      ticket_due_ = all.tickets.after(in.random(), in.now());
      break;
    case moment::message:
      hear(in, all);
      break;
    }
    due_ = std::min({ticket_due_, soonest(), step_of(incident_in_turn(in.incidents()), in.now())});
  }
}

timestamp support_client::soonest() const {
  auto due = never_due;
  for (const auto& each : matters_)
    due = std::min(due, each.due);
  return due;
}

support_client::matter* support_client::due_matter(timestamp now) {
  matter* first = nullptr;
  for (auto& each : matters_)
    if (each.due <= now && (first == nullptr || each.due < first->due))
      first = &each;
  return first;
}

void support_client::hear(wake_context& in, const common& all) {
  if (in.message().what != entity_message::purpose::complaint)
    return;
  const auto about = complaint_of(in.message().reference);
  matter* free = nullptr;
  for (auto& each : matters_) {
    if (each.due == never_due)
      free = &each;
    else if (each.complains && each.about.what == about.what)
      return; // they have written already, or are about to
  }
  if (free == nullptr)
    return;
  const auto& type = type_of(about.what);
  auto random = stream_of_complaint(all.seed, in.world().number_in_kind(in.self()), about);
  *free = {};
  free->due = in.now() +
              milliseconds{1 + static_cast<std::int64_t>(log_normal(random, type.written_after_ms, complaint_sigma))};
  free->about = about;
  free->complains = true;
  free->request = type.request;
  free->priority = type.usual_priority(random.below(100));
}

void support_client::go_on(wake_context& in, const common& all, matter& with) {
  const auto person = in.world().number_in_kind(in.self());
  const auto concerns = with.complains ? concerned_id(person, with.about) : short_text{};
  ticket_event event{with.number, with.status, with.request, with.priority, {}, concerns.view()};
  if (with.written) {
    write(in, event);
    follow(in, all, with);
    return;
  }
  auto random = stream_of_complaint(all.seed, person, with.about);
  const auto text = ticket_text(one_of(type_of(with.about.what).sentences, random), 0, 0, concerns.view());
  with.written = true;
  with.number = event.number = tickets_++;
  event.text = text.view();
  write(in, event);
  follow(in, all, with);
}

/// Sets what comes after the status that has just been written.
void support_client::follow(wake_context& in, const common& all, matter& ticket) {
  if (ticket.status == ticket_status::closed) {
    ticket = {};
    return;
  }
  auto random = stream_of_ticket(all.seed, in.world().number_in_kind(in.self()), ticket.number, ticket.status);
  const auto turn = turn_after(ticket.status, in.now(), ticket.priority, ticket.has_escalated, all.population, random);
  ticket.due = turn.at;
  ticket.status = turn.next;
  if (turn.next == ticket_status::escalated) {
    ticket.has_escalated = true;
    ticket.priority = raised(ticket.priority);
  }
}

std::uint64_t support_client::open_any(wake_context& in, const common& all, random_stream& random) {
  const auto request = request_type_by_weight(random.below(request_weights));
  return open(in, all, random, request, request_types()[request].usual_priority(random.below(100)));
}

std::uint64_t support_client::open(wake_context& in, const common& all, random_stream& random, std::uint8_t request,
                                   ticket_priority priority) {
  const auto sentence = one_of(request_types()[request].sentences, random);
  const auto order = random.below(orders);
  const auto text = ticket_text(sentence, order, random.below(items));
  ticket_event event{tickets_++, ticket_status::opened, request, priority, text.view(), {}};
  const auto seq = write(in, event);
  auto* free = std::find_if(matters_.begin(), matters_.end(), [](const matter& each) { return each.due == never_due; });
  if (free == matters_.end()) {
    event.status = ticket_status::closed;
    event.text = {};
    write(in, event);
    return seq;
  }
  free->number = event.number;
  free->request = request;
  free->priority = priority;
  free->written = true;
  follow(in, all, *free);
  return seq;
}

void support_client::prepare(active_incident& opened, timestamp now) {
  // The first step comes soon, so that even a short incident does something.
  const auto length = static_cast<double>((opened.order.end - opened.order.start).count());
  opened.memo[step_due] = now.ms + static_cast<std::int64_t>(opened.unit(first_gap) * std::min(30'000.0, length / 4));
}

void support_client::step(wake_context& in, const common& all, active_incident& doing) {
  random_stream random{draw(doing.bits, step_stream, doing.memo[steps_done]++)};
  const auto subtlety = doing.order.subtlety;
  double gap = 0;
  if (static_cast<incident>(doing.kind) == incident::ticket_flood) {
    gap = subtle_gap(15'000, 600'000, subtlety);
    doing.touch(open_any(in, all, random));
  } else {
    gap = subtle_gap(90'000, 1'800'000, subtlety);
    const auto priority = bernoulli(random, 1 - 0.6 * subtlety) ? ticket_priority::urgent : ticket_priority::high;
    doing.touch(open(in, all, random, outage_request_type(), priority));
  }
  doing.memo[step_due] = in.now().ms + 1 + static_cast<std::int64_t>(gap * uniform(random, 0.5, 1.5));
}

} // namespace throng::simulation
