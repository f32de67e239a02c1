#include "sinks/postgres_module.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <pqxx/pqxx>
#include <pqxx/tablewriter>

#include <sys/socket.h>

namespace {

using throng::sinks::postgres_copy;
using throng::sinks::postgres_failure;
using throng::sinks::postgres_row;
using throng::sinks::postgres_server;

/// libpqxx waits for a server as long as that takes; statement_timeout is the server's promise only. So what takes too long finds its socket shut.
class deadline_keeper {
public:
  deadline_keeper()
      : thread_([this] { watch(); }) {}
  ~deadline_keeper() {
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  deadline_keeper(const deadline_keeper&) = delete;
  deadline_keeper& operator=(const deadline_keeper&) = delete;

  void guard(int socket, std::chrono::milliseconds limit) {
    {
      const std::lock_guard lock{mutex_};
      socket_ = socket;
      until_ = clock::now() + limit;
      shut_ = false;
    }
    changed_.notify_one();
  }
  void release() {
    const std::lock_guard lock{mutex_};
    socket_ = -1;
  }
  /// Whether it was what ended the connection.
  bool shut() {
    const std::lock_guard lock{mutex_};
    return shut_;
  }

private:
  using clock = std::chrono::steady_clock;

  void watch() {
    std::unique_lock lock{mutex_};
    while (!ended_) {
      if (socket_ < 0) {
        changed_.wait(lock);
      } else if (changed_.wait_until(lock, until_) == std::cv_status::timeout && socket_ >= 0 &&
                 clock::now() >= until_) {
        ::shutdown(socket_, SHUT_RDWR); // whoever waits for it hears that it is gone
        shut_ = true;
        socket_ = -1;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int socket_ = -1; ///< guarded by the mutex, as all below
  clock::time_point until_;
  bool shut_ = false;
  bool ended_ = false;
  std::thread thread_; ///< last: it uses the others
};

/// The first line, which is the server's own sentence; those behind it quote what was sent.
std::string first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (const auto* word : {"ERROR:", "FATAL:"})
    if (text.starts_with(word)) {
      text.remove_prefix(std::string_view{word}.size());
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
  return std::string{text};
}

class session final : public throng::sinks::postgres_session {
public:
  explicit session(postgres_server server)
      : server_(std::move(server)) {}
  ~session() override {
    drop();
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  bool ask(const std::string& sql, std::vector<postgres_row>& rows, postgres_failure& why) override {
    return in_transaction(why, [&](pqxx::work& work) {
      rows.clear();
      for (const auto& row : work.exec(sql)) {
        auto& made = rows.emplace_back();
        for (const auto& field : row)
          made.push_back(field.is_null() ? std::nullopt : std::optional{std::string{field.c_str()}});
      }
    });
  }

  bool copy(const postgres_copy& what, postgres_failure& why) override {
    return in_transaction(why, [&](pqxx::work& work) {
      work.exec(what.before);
      // libpqxx 6 has lines that are written already for this one alone.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
      pqxx::tablewriter into{work, what.table, what.columns.begin(), what.columns.end()};
#pragma GCC diagnostic pop
      if (!what.lines.empty())
        into.write_raw_line(what.lines);
      into.complete();
      work.exec(what.behind);
    });
  }

private:
  template <class F>
  bool in_transaction(postgres_failure& why, F each) {
    try {
      connect();
      keeper_.guard(connection_->sock(), server_.limit);
      {
        pqxx::work work{*connection_};
        work.exec("SET LOCAL statement_timeout = " + std::to_string(server_.limit.count()));
        each(work);
        work.commit();
      }
      keeper_.release();
      return true;
    } catch (const pqxx::sql_error& e) {
      why = {e.sqlstate(), first_line(e.what())};
    } catch (const std::exception& e) { // the connection's, or one that leaves in doubt what became of it
      why = {{}, first_line(e.what())};
    }
    // Still guarded: a half-open connection says goodbye.
    drop();
    if (keeper_.shut())
      why = {{}, "the transaction was not done within " + std::to_string(server_.limit.count()) + " ms (timeout)"};
    return false;
  }

  void connect() {
    if (connection_)
      return;
    connection_ = std::make_unique<pqxx::connection>(server_.uri);
    quiet_ = std::make_unique<pqxx::quiet_errorhandler>(*connection_);
  }
  void drop() {
    quiet_.reset();
    connection_.reset();
    keeper_.release();
  }

  postgres_server server_;
  deadline_keeper keeper_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unique_ptr<pqxx::quiet_errorhandler> quiet_; ///< else notices go to standard error
};

} // namespace

extern "C" __attribute__((visibility("default"))) throng::sinks::postgres_session*
throng_open_postgres(const postgres_server* server) {
  return new session{*server};
}
