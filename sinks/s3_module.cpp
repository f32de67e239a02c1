#include "sinks/s3_module.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/api.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>

namespace {

using throng::error;
using throng::error_kind;
using throng::expected;
using throng::sinks::file_place;
using throng::sinks::growing_file;
using throng::sinks::s3_credentials;

constexpr double connect_limit_s = 5;
constexpr int attempts = 3;

void replace_all(std::string& in, const std::string& what) {
  if (!what.empty())
    for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at))
      in.replace(at, what.size(), "***");
}

/// What a place and its files share: they may outlive it.
struct connection {
  std::shared_ptr<arrow::fs::S3FileSystem> s3;
  std::string root; ///< BUCKET or BUCKET/PREFIX
  s3_credentials who;

  std::string path_of(const std::string& path) const {
    return root + "/" + path;
  }

  error said(const std::string& path, const arrow::Status& why) const {
    auto text = why.message();
    for (const auto* secret : {&who.secret, &who.token, &who.key})
      replace_all(text, *secret);
    // A server answers again; nobody is given rights, and no bucket appears, while we wait.
    constexpr std::array<std::string_view, 4> denials{"ACCESS_DENIED", "SIGNATURE_DOES_NOT_MATCH",
                                                      "INVALID_ACCESS_KEY_ID", "INVALID_CLIENT_TOKEN_ID"};
    const auto says = [&](std::string_view word) { return text.find(word) != std::string::npos; };
    const auto denied = std::any_of(denials.begin(), denials.end(), says);
    const auto no_bucket = says("NO_SUCH_BUCKET") || says("Bucket does not exist");
    const auto kind = denied ? error_kind::denied : no_bucket ? error_kind::not_found : error_kind::unavailable;
    return {kind, "s3://" + path_of(path) + ": " + text, !denied && !no_bucket};
  }
};

class object final : public growing_file {
public:
  object(std::shared_ptr<const connection> in, std::string path, std::shared_ptr<arrow::io::OutputStream> out)
      : in_(std::move(in))
      , path_(std::move(path))
      , out_(std::move(out)) {}
  /// Arrow's own destructor would make an object of what is there.
  ~object() override {
    if (!out_->closed())
      static_cast<void>(out_->Abort());
  }
  object(const object&) = delete;
  object& operator=(const object&) = delete;

  expected<void> append(std::string_view bytes) override {
    return told(out_->Write(bytes.data(), static_cast<std::int64_t>(bytes.size())));
  }
  expected<void> finish(const std::function<expected<void>()>& still_wanted) override {
    if (auto wanted = still_wanted(); !wanted)
      return wanted;
    if (auto closed = told(out_->Close()); !closed)
      return closed;
    auto done = still_wanted();
    if (!done && !done.error().retryable)
      static_cast<void>(in_->s3->DeleteFile(in_->path_of(path_)));
    return done;
  }

private:
  expected<void> told(const arrow::Status& status) const {
    return status.ok() ? expected<void>{} : tl::unexpected{in_->said(path_, status)};
  }

  std::shared_ptr<const connection> in_;
  std::string path_;
  std::shared_ptr<arrow::io::OutputStream> out_;
};

class bucket final : public file_place {
public:
  explicit bucket(std::shared_ptr<const connection> in)
      : in_(std::move(in)) {}

  expected<std::unique_ptr<growing_file>> begin(const std::string& path) override {
    auto out = in_->s3->OpenOutputStream(in_->path_of(path));
    if (!out.ok())
      return tl::unexpected{in_->said(path, out.status())};
    return std::make_unique<object>(in_, path, std::move(*out));
  }

  expected<bool> has(const std::string& path) override {
    const auto found = in_->s3->GetFileInfo(in_->path_of(path));
    if (!found.ok())
      return tl::unexpected{in_->said(path, found.status())};
    return found->IsFile();
  }

  expected<std::vector<std::string>> list(const std::string& folder) override {
    arrow::fs::FileSelector below;
    below.base_dir = in_->path_of(folder);
    below.recursive = true;
    below.allow_not_found = true;
    const auto found = in_->s3->GetFileInfo(below);
    if (!found.ok())
      return tl::unexpected{in_->said(folder, found.status())};
    std::vector<std::string> paths;
    for (const auto& each : *found)
      if (each.IsFile())
        paths.push_back(each.path().substr(in_->root.size() + 1));
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  expected<void> remove(const std::string& path) override {
    const auto there = has(path);
    if (!there)
      return tl::unexpected{there.error()};
    if (!*there)
      return {};
    if (const auto removed = in_->s3->DeleteFile(in_->path_of(path)); !removed.ok())
      return tl::unexpected{in_->said(path, removed)};
    return {};
  }

private:
  std::shared_ptr<const connection> in_;
};

/// Once a process. What the SDK logs may show headers of requests, so it logs nothing.
arrow::Status begin_s3() {
  static const auto begun = [] {
    arrow::fs::S3GlobalOptions options;
    options.log_level = arrow::fs::S3LogLevel::Off;
    return arrow::fs::InitializeS3(options);
  }();
  return begun;
}

arrow::Result<std::shared_ptr<arrow::fs::S3FileSystem>> connect(const throng::config::s3_address& where,
                                                                const s3_credentials& who) {
  ARROW_RETURN_NOT_OK(begin_s3());
  auto options = arrow::fs::S3Options::FromAccessKey(who.key, who.secret, who.token);
  options.region = where.region;
  options.endpoint_override = where.endpoint;
  options.scheme = where.tls ? "https" : "http";
  options.connect_timeout = connect_limit_s;
  options.retry_strategy = arrow::fs::S3RetryStrategy::GetAwsStandardRetryStrategy(attempts);
  // A file of less than a part's size is one put.
  options.allow_delayed_open = true;
  return arrow::fs::S3FileSystem::Make(options);
}

} // namespace

extern "C" __attribute__((visibility("default"))) file_place* throng_open_s3(const throng::config::s3_address* where,
                                                                             const s3_credentials* who, error* why) {
  auto made = std::make_shared<connection>();
  made->root = where->bucket + (where->prefix.empty() ? "" : "/" + where->prefix);
  made->who = *who;
  auto s3 = connect(*where, *who);
  if (!s3.ok()) {
    *why = made->said("", s3.status());
    return nullptr;
  }
  made->s3 = std::move(*s3);
  return new bucket(std::move(made)); // NOLINT(cppcoreguidelines-owning-memory)
}

extern "C" __attribute__((visibility("default"))) void throng_end_s3() {
  static_cast<void>(arrow::fs::EnsureS3Finalized());
}
