#include "sinks/open_place.hpp"

#include <atomic>
#include <cstdlib>

#include <fmt/format.h>

#include "sinks/loaded_module.hpp"
#include "sinks/s3_module.hpp"

namespace throng::sinks {

namespace {

std::string from_environment(const char* name) {
  const auto* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
  return value != nullptr ? value : "";
}

std::atomic<bool> s3_begun = false;

expected<void*> s3_function(const char* name) {
  return load_function(of_arrow(s3_module_file), name, "s3://…", "write into a folder");
}

} // namespace

void end_places() {
  if (!s3_begun.exchange(false))
    return;
  if (const auto loaded = s3_function(s3_module_end))
    reinterpret_cast<s3_end*> (*loaded)();
}

expected<std::unique_ptr<file_place>> open_place(const std::string& to) {
  if (!config::is_s3(to))
    return make_folder(to);
  auto where = config::parse_s3(to);
  if (!where)
    return fail(error_kind::invalid, "s3://…: " + where.error().message);
  const s3_credentials who{from_environment("AWS_ACCESS_KEY_ID"), from_environment("AWS_SECRET_ACCESS_KEY"),
                           from_environment("AWS_SESSION_TOKEN")};
  if (who.key.empty() || who.secret.empty())
    return fail(error_kind::invalid, fmt::format("s3://{}: needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
                                                 "environment",
                                                 where->bucket));
  for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (where->region.empty())
      where->region = from_environment(name);
  if (where->region.empty())
    where->region = "us-east-1";
  const auto loaded = s3_function(s3_module_function);
  if (!loaded)
    return tl::unexpected{loaded.error()};
  s3_begun = true;
  error why;
  std::unique_ptr<file_place> made{reinterpret_cast<s3_opener*>(*loaded)(&*where, &who, &why)};
  if (!made)
    return tl::unexpected{why};
  return made;
}

expected<std::unique_ptr<file_place>> open_free_place(const std::string& to, const std::string& file, bool force) {
  auto place = open_place(to);
  if (!place)
    return place;
  const auto there = (*place)->has(file);
  if (!there)
    return tl::unexpected{there.error()};
  if (*there && !force)
    return fail(error_kind::conflict,
                fmt::format("{}/{} is there already: give --force to replace it", to.substr(0, to.find('?')), file));
  return place;
}

} // namespace throng::sinks
