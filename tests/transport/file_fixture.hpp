// A folder of files of messages, and consumers over it.
#pragma once

#include <caf/test/unit_test.hpp>

#include <filesystem>

#include <rapidcheck.h>
#include <zlib.h>
#include <zstd.h>

#include "config/murmur2.hpp"
#include "polling.hpp"
#include "temporary_folder.hpp"
#include "transport/consumer.hpp"

namespace throng::transport::testing {

inline std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string zstd_packed(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// `n` lines of some 230 bytes, of ten keys.
inline std::string many_lines(std::size_t n) {
  std::string all;
  for (std::size_t i = 0; i < n; ++i)
    all += fmt::format("{{\"id\":\"k{}\",\"i\":{},\"pad\":\"{:0>200}\"}}\n", i % 10, i, i);
  return all;
}

/// The definition, as plainly as it can be said: lines by partition, in order.
inline std::map<std::int32_t, std::vector<std::string>>
split_of(const std::string& text, std::int32_t partitions,
         const std::function<std::optional<std::string>(const std::string&)>& key) {
  std::map<std::int32_t, std::vector<std::string>> split;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    const auto found = key(line);
    split[found ? partition_of(*found, partitions) : 0].push_back(line);
  }
  return split;
}

inline std::optional<std::string> id_in(const std::string& line) {
  const auto at = line.find("\"id\":\"");
  return at == std::string::npos ? std::nullopt : std::optional{line.substr(at + 6, line.find('"', at + 6) - at - 6)};
}

inline std::vector<std::string> values_of(const heard& news, const topic_partition& which) {
  std::vector<std::string> values;
  for (const auto& message : news.messages(which))
    values.emplace_back(message.value.value_or("(null)"));
  return values;
}

struct file_fixture {
  temporary_folder folder;

  std::unique_ptr<consumer> open(std::int32_t partitions, std::string key = "id", std::size_t longest = 16U << 20U) {
    auto made = make_file_consumer(folder.path(), {{"t", std::move(key), longest}}, partitions);
    if (!made)
      CAF_FAIL(made.error().message);
    return std::move(*made);
  }

  error refusal(std::int32_t partitions = 4) {
    auto made = make_file_consumer(folder.path(), {{"t", "id"}}, partitions);
    CAF_REQUIRE(!made);
    return made.error();
  }

  static void start_all(consumer& from, std::int32_t partitions) {
    for (std::int32_t p = 0; p < partitions; ++p)
      CAF_REQUIRE(from.start({"t", p}, {}).has_value());
  }

  /// Polls until `n` partitions have ended or failed.
  static void read_to_the_end(consumer& from, heard& news, std::size_t n) {
    CAF_REQUIRE(until([&] { return news.ends.size() + news.failures.size() >= n; },
                      [&] { news.take(from.poll(milliseconds{10})); }));
  }
};

} // namespace throng::transport::testing
