#define CAF_SUITE service.http_static_files

#include "caf/test/dsl.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "service/http/static_files.hpp"

using namespace throng;
using namespace throng::service::http;

namespace {

/// A folder of a small site, gone with the test.
struct site {
  site()
      : path(std::filesystem::temp_directory_path() / ("throng-static-files-" + std::to_string(getpid()))) {
    write("index.html", "<p>");
    write("assets/app-1a2b.js", "let x = 1;");
    write("assets/app-1a2b.js.gz", "compressed");
    files = static_files::read(path.string()).value();
  }
  ~site() {
    std::filesystem::remove_all(path);
  }

  void write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream{path / name} << content;
  }

  response ask(const std::string& name, text_pairs headers = {}) const {
    request asked;
    asked.method = "GET";
    asked.headers = std::move(headers);
    return files.answer(asked, name);
  }

  std::filesystem::path path;
  static_files files;
};

std::string header(const response& of, const std::string& name) {
  auto found = std::find_if(of.headers.begin(), of.headers.end(), [&](const auto& each) { return each.first == name; });
  return found == of.headers.end() ? "" : found->second;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(static_files_tests, site)

CAF_TEST(a file comes with its type and a policy that allows nothing from elsewhere) {
  auto got = ask("index.html");
  CAF_CHECK_EQUAL(got.status, 200u);
  CAF_CHECK_EQUAL(got.content_type, "text/html; charset=utf-8");
  CAF_CHECK_EQUAL(got.body, "<p>");
  CAF_CHECK_EQUAL(header(got, "Cache-Control"), "no-cache");
  auto policy = header(got, "Content-Security-Policy");
  CAF_CHECK(policy.starts_with("default-src 'none'; script-src 'self';"));
  CAF_CHECK(policy.find("unsafe") == std::string::npos);
}

CAF_TEST(who has a file already is told only that) {
  auto tag = header(ask("index.html"), "ETag");
  CAF_CHECK_EQUAL(tag.size(), 34u);
  for (const auto& has : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
    auto got = ask("index.html", {{"if-none-match", has}});
    CAF_CHECK_EQUAL(got.status, 304u);
    CAF_CHECK_EQUAL(got.body, "");
  }
  CAF_CHECK_EQUAL(ask("index.html", {{"if-none-match", "\"other\""}}).status, 200u);
  CAF_CHECK(tag != header(ask("assets/app-1a2b.js"), "ETag"));
}

CAF_TEST(the compressed twin goes to those who take it and is no file of its own) {
  auto got = ask("assets/app-1a2b.js", {{"accept-encoding", "br, gzip;q=0.8"}});
  CAF_CHECK_EQUAL(got.body, "compressed");
  CAF_CHECK_EQUAL(header(got, "Content-Encoding"), "gzip");
  CAF_CHECK(header(got, "Cache-Control").find("immutable") != std::string::npos);
  for (const auto* takes : {"", "br", "gzip;q=0"}) {
    auto plain = ask("assets/app-1a2b.js", {{"accept-encoding", takes}});
    CAF_CHECK_EQUAL(plain.body, "let x = 1;");
    CAF_CHECK_EQUAL(header(plain, "Content-Encoding"), "");
  }
  CAF_CHECK_EQUAL(ask("assets/app-1a2b.js.gz").status, 404u);
}

CAF_TEST(nothing but what was read is ever answered with) {
  write("assets/later.js", "x");
  for (const auto* name : {"assets/later.js", "../secret", "assets/../../secret", "", "assets", "assets/"})
    CAF_CHECK_EQUAL(ask(name).status, 404u);
  CAF_CHECK(!static_files::read((path / "nowhere").string()));
}

CAF_TEST_FIXTURE_SCOPE_END()
