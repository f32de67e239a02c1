#include "service/http/static_files.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "service/http/problem.hpp"

namespace throng::service::http {

namespace {

constexpr std::string_view page_policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
                                         "data:; font-src 'self'; connect-src 'self'; "
                                         "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

expected<std::string> bytes_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return fail(error_kind::unavailable, fmt::format("cannot read {}", path.string()));
  return bytes;
}

std::string tag_of(const std::string& bytes) {
  const auto hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

/// Whether a list such as `gzip, br;q=0.5` or `"a", W/"b"` has it.
bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    if (auto weight = one.find(';'); weight != std::string_view::npos) {
      if (one.substr(weight).ends_with("q=0"))
        continue;
      one = one.substr(0, weight);
    }
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (one.starts_with("W/"))
      one.remove_prefix(2);
    if (one == wanted || one == "*")
      return true;
  }
  return false;
}

} // namespace

std::string_view content_type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> known{
      {{".html", "text/html; charset=utf-8"},
       {".js", "text/javascript; charset=utf-8"},
       {".css", "text/css; charset=utf-8"},
       {".svg", "image/svg+xml"},
       {".json", "application/json"},
       {".png", "image/png"},
       {".woff2", "font/woff2"}}};
  for (const auto& [ending, type] : known)
    if (name.ends_with(ending))
      return type;
  return "application/octet-stream";
}

expected<static_files> static_files::read(const std::string& folder) {
  static_files made;
  std::error_code code;
  std::map<std::string, std::string> compressed;
  std::filesystem::recursive_directory_iterator each{folder, code};
  for (; !code && each != std::filesystem::recursive_directory_iterator{}; each.increment(code)) {
    if (!each->is_regular_file())
      continue;
    auto bytes = bytes_of(each->path());
    if (!bytes)
      return tl::unexpected{bytes.error()};
    auto name = each->path().lexically_relative(folder).generic_string();
    if (name.ends_with(".gz")) {
      compressed[name.substr(0, name.size() - 3)] = std::move(*bytes);
    } else {
      auto tag = tag_of(*bytes);
      made.files_[name] = {std::move(*bytes), {}, std::move(tag)};
    }
  }
  if (code)
    return fail(error_kind::unavailable, fmt::format("cannot read the folder {}: {}", folder, code.message()));
  for (auto& [name, bytes] : compressed)
    if (auto found = made.files_.find(name); found != made.files_.end())
      found->second.compressed = std::move(bytes);
  return made;
}

response static_files::answer(const request& asked, const std::string& name) const {
  auto found = files_.find(name);
  if (found == files_.end())
    return problem(404, fmt::format("there is no /{}", name.substr(0, 200)));
  const auto& file = found->second;
  response made;
  made.content_type = content_type_of(name);
  made.headers = {{"ETag", file.tag},
                  {"Cache-Control", name.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache"},
                  {"Content-Security-Policy", std::string{page_policy}},
                  {"Vary", "Accept-Encoding"}};
  if (lists(asked.header("if-none-match"), file.tag)) {
    made.status = 304;
    return made;
  }
  if (!file.compressed.empty() && lists(asked.header("accept-encoding"), "gzip")) {
    made.headers.emplace_back("Content-Encoding", "gzip");
    made.body = file.compressed;
  } else {
    made.body = file.bytes;
  }
  return made;
}

} // namespace throng::service::http
