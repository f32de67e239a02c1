#include "actors/worker_crew.hpp"

#include <set>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <caf/io/middleman.hpp>
#include <fmt/format.h>

#include "actors/remote_shard.hpp"
#include "actors/world_worker.hpp"
#include "simulation/step_bytes.hpp"

namespace throng::actors {

namespace {

class remote_place final : public shard_place {
public:
  remote_place(caf::actor_system& system, remote_shard_actor shard)
      : system_(system)
      , shard_(std::move(shard)) {}

  ~remote_place() override {
    caf::anon_send(shard_, leave_atom_v);
  }
  remote_place(const remote_place&) = delete;
  remote_place& operator=(const remote_place&) = delete;

  stepping_actor begin(const step_leader& led_by) override {
    caf::anon_send(shard_, lead{led_by});
    return shard_;
  }
  expected<void> load(const std::string& state) override {
    const auto loaded = ask({parcel_content::load, state});
    if (!loaded && loaded.error().kind == error_kind::corrupt)
      throw simulation::foreign_state(loaded.error().message);
    return loaded.map([](const std::string&) {});
  }
  expected<void> go_on_from(const std::vector<simulation::book>& books) override {
    return ask({parcel_content::books, to_bytes(books)}).map([](const std::string&) {});
  }
  expected<std::string> save() const override {
    return ask({parcel_content::save, {}});
  }
  expected<std::vector<simulation::book>> books() const override {
    return ask({parcel_content::tally, {}}).map([](const std::string& bytes) { return simulation::books_from(bytes); });
  }
  expected<simulation::ledger> money() const override {
    return ask({parcel_content::money, {}}).map([](const std::string& bytes) {
      return simulation::ledger_from(bytes);
    });
  }

private:
  /// Bounded by the worker's heartbeat, not by time: who has much to answer takes long.
  expected<std::string> ask(parcel what) const {
    expected<std::string> bytes = fail(error_kind::internal, "a shard's stand-in died");
    caf::scoped_actor self{system_};
    self->request(shard_, caf::infinite, shard_question{std::move(what)})
        .receive([&](shard_answer& answer) { bytes = std::move(answer.bytes); },
                 [](const caf::error&) {
                   // as it stands
                 });
    return bytes;
  }

  caf::actor_system& system_;
  remote_shard_actor shard_;
};

/// Whether somebody takes a connection there: CAF's own way of connecting has no time limit.
expected<void> reach(const worker_address& where) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  asio::ip::tcp::socket socket{context};
  boost::system::error_code failed = asio::error::timed_out;
  resolver.async_resolve(where.host, std::to_string(where.port), [&](const auto& unknown, const auto& found) {
    failed = unknown;
    if (unknown)
      return;
    failed = asio::error::timed_out;
    asio::async_connect(socket, found, [&](const auto& refused, const auto&) { failed = refused; });
  });
  context.run_for(worker_patience);
  if (failed)
    return fail(error_kind::unavailable,
                fmt::format("worker {} cannot be reached: {}", where.to_text(), failed.message()), true);
  return {};
}

expected<caf::actor> connect(caf::actor_system& system, const worker_address& where) {
  if (auto reached = reach(where); !reached)
    return tl::unexpected{reached.error()};
  // CAF gives a connection up whose handshake has not come by the next heartbeat: a machine with much to do gets another chance.
  constexpr auto attempts = 3;
  caf::actor front;
  caf::scoped_actor self{system};
  for (auto left = attempts; left > 0 && !front; --left)
    self->request(system.middleman().actor_handle(), worker_patience, caf::connect_atom_v, where.host, where.port)
        .receive(
            [&](const caf::node_id&, const caf::strong_actor_ptr& found, const std::set<std::string>&) {
              if (found != nullptr)
                front = caf::actor_cast<caf::actor>(found);
            },
            [](const caf::error&) {
              // tried again, or told below
            });
  if (!front)
    return fail(error_kind::unavailable,
                fmt::format("worker {} does not answer as a throng worker does: it is none, or "
                            "it stands still",
                            where.to_text()));
  return front;
}

expected<worker_greeting> greet(caf::actor_system& system, const caf::actor& front, const std::string& build) {
  expected<worker_greeting> greeting = fail(error_kind::invalid, "is no throng worker");
  caf::scoped_actor self{system};
  self->request(front, worker_patience, build)
      .receive([&](const std::string& text) { greeting = worker_greeting::from_text(text); },
               [&](const caf::error& why) {
                 if (why == caf::sec::request_timeout)
                   greeting = fail(error_kind::unavailable,
                                   fmt::format("did not answer within {} s", worker_patience.count()));
               });
  return greeting;
}

} // namespace

std::string worker_address::to_text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

expected<worker_crew> worker_crew::muster(caf::actor_system& system, const std::vector<worker_address>& workers,
                                          const std::string& build) {
  std::vector<member> members;
  for (const auto& where : workers) {
    auto front = connect(system, where);
    if (!front)
      return tl::unexpected{front.error()};
    auto greeting = greet(system, *front, build);
    if (!greeting)
      return fail(greeting.error().kind, fmt::format("worker {} {}", where.to_text(), greeting.error().message));
    if (greeting->build != build)
      return fail(error_kind::conflict,
                  fmt::format("worker {} is another build of throng: it is {}, this one is {}; only the very same "
                              "program simulates the same world",
                              where.to_text(), greeting->build, build));
    if (!greeting->busy.empty())
      return fail(error_kind::conflict, fmt::format("worker {} is busy with the world {} of another leader",
                                                    where.to_text(), greeting->busy));
    members.push_back({where.to_text(), std::move(*front)});
  }
  return worker_crew{std::move(members)};
}

shard_placer worker_crew::placer(caf::actor_system& system) const {
  return [&system, members = members_](const std::shared_ptr<const simulation::world>& world, const shard_seat& seat) {
    enlistment wanted;
    simulation::state_writer to{wanted.world};
    world->save(to);
    wanted.number = seat.number;
    wanted.index = seat.index;
    wanted.shards = seat.shards;
    wanted.kinds = static_cast<std::uint8_t>(seat.kinds);
    const auto& member = members[seat.number % members.size()];
    const auto runs = simulation::topic_count * static_cast<std::size_t>(world->partitions());
    return std::make_unique<remote_place>(system,
                                          system.spawn(remote_shard, member.address, member.front, wanted, runs));
  };
}

} // namespace throng::actors
