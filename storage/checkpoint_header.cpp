#include "storage/checkpoint_header.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "storage/json_text.hpp"

namespace throng::storage {

namespace {

namespace json = boost::json;

constexpr std::int64_t schema_version = 1;

std::string escaped(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '%')
      out += "%25";
    else if (c == '/')
      out += "%2F";
    else
      out.push_back(c);
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    bool percent = text.starts_with("%25");
    bool slash = text.starts_with("%2F");
    out.push_back(percent ? '%' : slash ? '/' : text.front());
    text.remove_prefix(percent || slash ? 3 : 1);
  }
  return out;
}

json::array chain_to_json(const epoch_chain& chain) {
  json::array out;
  for (const auto& saved : chain) {
    json::array chunks;
    for (const auto& chunk : saved.chunks)
      chunks.push_back(json::object{{"id", chunk.id}, {"checksum", chunk.checksum}});
    out.push_back(json::object{
        {"epoch", saved.epoch},
        {"next_offset", saved.next_offset},
        {"last", {{"offset", saved.last.offset}, {"timestamp", saved.last.timestamp_ms}, {"hash", saved.last.hash}}},
        {"bytes", saved.bytes},
        {"chunks", std::move(chunks)},
    });
  }
  return out;
}

std::string text_of(const json::value& x) {
  return std::string(x.as_string());
}

epoch_chain chain_of(const json::array& list) {
  epoch_chain out;
  for (const auto& each : list) {
    const auto& from = each.as_object();
    const auto& last = from.at("last").as_object();
    auto& saved = out.emplace_back();
    saved.epoch = from.at("epoch").to_number<std::uint64_t>();
    saved.next_offset = from.at("next_offset").to_number<std::int64_t>();
    saved.last = {last.at("offset").to_number<std::int64_t>(), last.at("timestamp").to_number<std::int64_t>(),
                  last.at("hash").to_number<std::uint64_t>()};
    saved.bytes = from.at("bytes").to_number<std::uint64_t>();
    for (const auto& chunk : from.at("chunks").as_array())
      saved.chunks.push_back({text_of(chunk.as_object().at("id")), text_of(chunk.as_object().at("checksum"))});
  }
  return out;
}

} // namespace

std::string header_prefix(const std::string& owner) {
  return escaped(owner) + "/";
}

std::string header_id(const std::string& owner, const std::string& topic, std::int32_t partition) {
  return fmt::format("{}{}/{}", header_prefix(owner), escaped(topic), partition);
}

std::optional<checkpoint_identity> parse_header_id(std::string_view id) {
  auto first = id.find('/');
  auto second = first == std::string_view::npos ? first : id.find('/', first + 1);
  if (second == std::string_view::npos)
    return std::nullopt;
  checkpoint_identity out;
  out.owner = unescaped(id.substr(0, first));
  out.topic = unescaped(id.substr(first + 1, second - first - 1));
  const auto* end = id.data() + id.size();
  auto read = std::from_chars(id.data() + second + 1, end, out.partition);
  if (read.ec != std::errc{} || read.ptr != end)
    return std::nullopt;
  return out;
}

std::string to_text(const header_content& content) {
  json::array starts;
  for (const auto& start : content.starts)
    starts.push_back(json::array{start.generation, start.offset});
  const auto& identity = content.identity;
  return to_json_text({
      {"schema", schema_version},
      {"identity",
       {{"owner", identity.owner},
        {"topic", identity.topic},
        {"partition", identity.partition},
        {"definition", identity.definition},
        {"source", identity.source},
        {"partitions", identity.partitions}}},
      {"starts", std::move(starts)},
      {"current", chain_to_json(content.current)},
      {"previous", chain_to_json(content.previous)},
  });
}

expected<header_content> parse_header(const std::string& text) {
  auto root = parse_json_object(text);
  if (!root)
    return tl::unexpected(root.error());
  try {
    auto schema = root->at("schema").to_number<std::int64_t>();
    if (schema != schema_version)
      return fail(error_kind::invalid,
                  fmt::format("a checkpoint of version {}, and this throng knows version {}", schema, schema_version));
    header_content out;
    const auto& identity = root->at("identity").as_object();
    out.identity = {text_of(identity.at("owner")),
                    text_of(identity.at("topic")),
                    identity.at("partition").to_number<std::int32_t>(),
                    text_of(identity.at("definition")),
                    text_of(identity.at("source")),
                    identity.at("partitions").to_number<std::int32_t>()};
    for (const auto& start : root->at("starts").as_array())
      out.starts.push_back({out.identity.owner, out.identity.topic, out.identity.partition,
                            start.as_array().at(0).to_number<std::uint64_t>(),
                            start.as_array().at(1).to_number<std::int64_t>()});
    out.current = chain_of(root->at("current").as_array());
    out.previous = chain_of(root->at("previous").as_array());
    return out;
  } catch (const std::exception& e) { // what at(), as_…() and to_number() throw has no other common base
    return fail(error_kind::corrupt, fmt::format("a checkpoint's header is not what throng writes ({})", e.what()));
  }
}

} // namespace throng::storage
