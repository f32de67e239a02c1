#define CAF_SUITE storage.sqlite

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <SQLiteCpp/Database.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conformance.hpp"
#include "storage/sqlite_store.hpp"
#include "temporary_folder.hpp"

using namespace throng;
using namespace throng::storage;
using test::temporary_folder;

namespace {

result_store& fresh_store() {
  static std::unique_ptr<temporary_folder> folder;
  static std::unique_ptr<result_store> store;
  store.reset();
  folder = std::make_unique<temporary_folder>();
  auto opened = open_store("sqlite:" + *folder / "store.db");
  if (!opened)
    CAF_FAIL(opened.error().message);
  store = std::move(*opened);
  return *store;
}

using conformance::all;
using conformance::must;
using conformance::window;
using conformance::write;

error failure(const std::string& file, sqlite_options options = {}) {
  auto opened = open_sqlite_store(file, options);
  return opened ? error{error_kind::internal, "it opened", false} : opened.error();
}

bool names(const error& what, const std::string& part) {
  return what.message.find(part) != std::string::npos;
}

/// Root may do everything; this is somebody who may not.
class as_nobody {
public:
  as_nobody() {
    if (geteuid() == 0 && seteuid(65534) == 0)
      dropped_ = true;
  }
  ~as_nobody() {
    if (dropped_ && seteuid(0) != 0)
      std::abort();
  }

private:
  bool dropped_ = false;
};

void make_read_only(const temporary_folder& folder) {
  using std::filesystem::perms;
  for (const auto& file : std::filesystem::directory_iterator(folder.path()))
    std::filesystem::permissions(file.path(), perms::owner_read | perms::group_read | perms::others_read);
  std::filesystem::permissions(folder.path(), perms::owner_read | perms::owner_exec | perms::group_read |
                                                  perms::group_exec | perms::others_read | perms::others_exec);
}

} // namespace

CAF_TEST(what was written is there when the file is opened again) {
  temporary_folder folder;
  auto uri = "sqlite:" + folder / "kept # 100%?.db";
  must(write(*must(open_store(uri)), {window("id", 5)}, {1, 1}));
  CAF_CHECK_EQUAL(all(*must(open_store(uri))).size(), 1u);
  CAF_CHECK_EQUAL(all(*must(open_store(uri, true))).size(), 1u);
}

CAF_TEST(a reader sees each batch whole while another process writes) {
  temporary_folder folder;
  auto file = folder / "store.db";
  auto writer = must(open_sqlite_store(file, {}));
  auto reader = must(open_sqlite_store(file, {.read_only = true}));
  must(write(*writer, {window("a", 1), window("b", 2)}, {1, 1}));
  CAF_CHECK_EQUAL(all(*reader).size(), 2u);
  auto refused = write(*reader, {window("c", 3)}, {1, 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::denied);
}

CAF_TEST(a file that is not SQLite is refused by name) {
  temporary_folder folder;
  std::ofstream(folder / "text.db") << std::string(5'000, 'x');
  auto what = failure(folder / "text.db");
  CAF_CHECK(what.kind == error_kind::corrupt);
  CAF_CHECK(names(what, "text.db"));
  CAF_CHECK(failure(folder / "text.db", {.read_only = true}).kind == error_kind::corrupt);
}

CAF_TEST(a database of another program is left alone) {
  temporary_folder folder;
  {
    SQLite::Database other{folder / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    other.exec("CREATE TABLE theirs (x)");
  }
  CAF_CHECK(failure(folder / "other.db").kind == error_kind::invalid);
  SQLite::Database other{folder / "other.db"};
  CAF_CHECK_EQUAL(other.execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 1);
}

CAF_TEST(a store of a later version is refused) {
  temporary_folder folder;
  must(open_sqlite_store(folder / "store.db", {}));
  {
    SQLite::Database raw{folder / "store.db", SQLite::OPEN_READWRITE};
    raw.exec("PRAGMA user_version=99");
  }
  auto what = failure(folder / "store.db");
  CAF_CHECK(what.kind == error_kind::invalid);
  CAF_CHECK(names(what, "99"));
}

CAF_TEST(a folder that is missing and a folder in place of a file are told apart) {
  temporary_folder folder;
  auto missing = failure(folder / "no/such/store.db");
  CAF_CHECK(missing.kind == error_kind::not_found);
  CAF_CHECK(names(missing, "no/such"));
  CAF_CHECK(failure(folder.path().string()).kind == error_kind::invalid);
  CAF_CHECK(failure("").kind == error_kind::invalid);
}

CAF_TEST(reading what was never written says so and makes no file) {
  temporary_folder folder;
  CAF_CHECK(failure(folder / "store.db", {.read_only = true}).kind == error_kind::not_found);
  CAF_CHECK(!std::filesystem::exists(folder / "store.db"));
  std::ofstream(folder / "empty.db").flush();
  CAF_CHECK(failure(folder / "empty.db", {.read_only = true}).kind == error_kind::not_found);
}

CAF_TEST(a read - only file can be queried but not written) {
  temporary_folder folder;
  auto file = folder / "store.db";
  must(write(*must(open_sqlite_store(file, {})), {window("id", 5)}, {1, 1}));
  make_read_only(folder);
  as_nobody nobody;
  auto what = failure(file);
  CAF_CHECK(what.kind == error_kind::denied);
  CAF_CHECK(names(what, "store.db"));
  CAF_CHECK_EQUAL(all(*must(open_sqlite_store(file, {.read_only = true}))).size(), 1u);
}

CAF_TEST(a database that another program holds is unavailable within its time) {
  temporary_folder folder;
  auto file = folder / "store.db";
  auto store = must(open_sqlite_store(file, {.busy = std::chrono::milliseconds{10}}));
  SQLite::Database other{file, SQLite::OPEN_READWRITE};
  other.exec("BEGIN IMMEDIATE");
  auto refused = write(*store, {window("id", 5)}, {1, 1});
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::unavailable);
  CAF_CHECK(refused.error().retryable);
  CAF_CHECK(names(refused.error(), "store.db"));
  CAF_CHECK(all(*store).empty());
  other.exec("ROLLBACK");
  must(write(*store, {window("id", 5)}, {1, 1}));
}

CAF_TEST(a full disk is said to be full and leaves what stood there whole) {
  temporary_folder folder;
  auto store = must(open_sqlite_store(folder / "store.db", {}));
  must(write(*store, {window("kept", 1)}, {1, 1}));
  // The nearest thing to a full disk that needs no file system of its own: no file of this process may grow past this.
  auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small{1U << 20U, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::vector<conformance::document> batch;
  for (int i = 0; i < 300; ++i)
    batch.push_back(
        conformance::make(conformance::collection::windows, std::to_string(i), {{"text", std::string(10'000, 'x')}}));
  auto refused = write(*store, batch, {1, 1});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  CAF_REQUIRE(!refused);
  CAF_CHECK(refused.error().kind == error_kind::exhausted);
  CAF_CHECK(!refused.error().retryable);
  CAF_CHECK_EQUAL(conformance::ids(all(*store)), (conformance::names{"kept"}));
  CAF_CHECK_EQUAL(must(write(*store, batch, {1, 1})).written, 300u);
}

CAF_TEST(a store of no known kind is refused without its secrets) {
  auto opened = open_store("postgres://user:secret@host/db");
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().kind == error_kind::invalid);
  CAF_CHECK(!names(opened.error(), "secret"));
  CAF_CHECK(names(opened.error(), "sqlite:FILE"));
}
