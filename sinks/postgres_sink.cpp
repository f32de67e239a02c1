#include "sinks/postgres_sink.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/percent_encoding.hpp"
#include "sinks/loaded_module.hpp"
#include "sinks/postgres_rows.hpp"

namespace throng::sinks {

namespace {

constexpr int connect_limit_s = 5;

constexpr loadable postgres_module{postgres_module_file, "libpqxx", "throng-postgres", "libpqxx-dev at hand"};

template <std::size_t N>
bool begins_with_one(std::string_view text, const std::array<std::string_view, N>& of) {
  return std::any_of(of.begin(), of.end(), [&](std::string_view word) { return text.starts_with(word); });
}

/// Classes of SQLSTATE (PostgreSQL's documentation, appendix A) that time mends: the connection, a transaction that another one ended, resources, what is
/// in use, a server that an operator stops or that starts, its system; and one that only reads, since a fail-over does.
bool passes(std::string_view state) {
  constexpr std::array<std::string_view, 7> classes{"08", "25006", "40", "53", "55", "57", "58"};
  return state.empty() || begins_with_one(state, classes);
}

/// Those of the rows: what data can't be, a constraint that somebody has set, more than there is room for.
bool is_of_rows(std::string_view state) {
  constexpr std::array<std::string_view, 3> classes{"22", "23", "54"};
  return begins_with_one(state, classes);
}

/// Of a connection that was refused there is only the sentence, in the language of the server.
bool is_denied(const postgres_failure& why) {
  constexpr std::array<std::string_view, 5> denials{"authentication failed", "no pg_hba.conf entry",
                                                    "no password supplied", "permission denied for database",
                                                    "does not exist"};
  if (!why.state.empty())
    return why.state == "42501" || why.state.starts_with("28");
  return std::any_of(denials.begin(), denials.end(), [&](std::string_view words) {
    return why.message.find("FATAL") != std::string::npos && why.message.find(words) != std::string::npos;
  });
}

} // namespace

postgres_sink::postgres_sink(config::sink what, std::unique_ptr<postgres_session> session, row_batches::refuser refuse,
                             row_batches::bounds most)
    : what_(std::move(what))
    , table_(what_)
    , server_(what_.to.substr(0, what_.to.find('?')))
    , session_(std::move(session))
    , batches_([this](const analytics::sink_rows& rows, const row_places& which) { return send(rows, which); },
               std::move(refuse), most) {}

expected<void> postgres_sink::put(const analytics::sink_rows& rows) {
  const std::lock_guard lock{mutex_};
  return batches_.put(rows);
}

expected<void> postgres_sink::take_over(const std::string& topic, std::int32_t partition) {
  const std::lock_guard lock{mutex_};
  batches_.forget(topic, partition);
  std::vector<postgres_row> columns;
  std::vector<postgres_row> keys;
  postgres_failure why;
  if (!session_->ask(table_.ask_columns(), columns, why))
    return tl::unexpected{said(why)};
  if (columns.empty()) {
    std::vector<postgres_row> nothing;
    if (!session_->ask(table_.create(), nothing, why)) {
      auto failed = said(why);
      // Two who make a table at once: the later one finds it the next time.
      failed.retryable |= why.state == "23505" || why.state == "42P07";
      return tl::unexpected{failed};
    }
    if (!session_->ask(table_.ask_columns(), columns, why))
      return tl::unexpected{said(why)};
  }
  if (!session_->ask(table_.ask_keys(), keys, why))
    return tl::unexpected{said(why)};
  if (const auto differs = table_.difference(columns, keys))
    return fail(
        error_kind::conflict,
        fmt::format("{}: the table {} does not take these rows: {}; give the sink another table, or change this one",
                    server_, what_.table, *differs));
  return {};
}

expected<batch_answer> postgres_sink::send(const analytics::sink_rows& rows, const row_places& which) {
  postgres_copy copy{table_.create_staging(), postgres_table::staging, table_.names(), {}, table_.upsert()};
  for (const auto& row : postgres_rows(rows, which, what_))
    append_copy_line(copy.lines, row);
  postgres_failure why;
  if (session_->copy(copy, why))
    return batch_answer{};
  if (is_of_rows(why.state))
    return batch_answer{fmt::format("{} (SQLSTATE {})", why.message, why.state), {}, {}};
  return tl::unexpected{said(why)};
}

error postgres_sink::said(const postgres_failure& why) const {
  const auto denied = is_denied(why);
  return {
      denied ? error_kind::denied : error_kind::unavailable,
      fmt::format("{}: {}{}", server_, why.message, why.state.empty() ? "" : fmt::format(" (SQLSTATE {})", why.state)),
      !denied && passes(why.state)};
}

std::string postgres_uri(const config::sink& what) {
  auto made = what.to;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (made.find(fmt::format("?{}=", name)) == std::string::npos &&
        made.find(fmt::format("&{}=", name)) == std::string::npos)
      made += fmt::format("{}{}={}", made.find('?') == std::string::npos ? '?' : '&', name,
                          config::percent_encoded(value, "/"));
  };
  if (!what.ca_file.empty()) {
    add("sslrootcert", what.ca_file);
    add("sslmode", "verify-full");
  }
  add("connect_timeout", std::to_string(connect_limit_s));
  add("fallback_application_name", "throng");
  add("client_encoding", "UTF8");
  return made;
}

expected<std::unique_ptr<postgres_session>> open_postgres(const config::sink& what) {
  static const auto found =
      load_function(postgres_module, postgres_module_function, "postgresql://…", "write files or to a server of HTTP");
  if (!found)
    return tl::unexpected{found.error()};
  const postgres_server server{postgres_uri(what), what.timeout};
  return std::unique_ptr<postgres_session>{reinterpret_cast<postgres_opener*>(*found)(&server)};
}

} // namespace throng::sinks
