#include "service/ingest_position.hpp"

#include <random>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/format.h>

#include "storage/source_positions.hpp"

namespace throng::service {

namespace json = boost::json;

namespace {

class no_book final : public sources::position_book {
public:
  expected<std::optional<sources::source_position>> claim() override {
    return std::nullopt;
  }
  expected<void> save(const sources::source_position&) override {
    return {};
  }
};

json::array to_array(const std::vector<std::string>& texts) {
  json::array made;
  for (const auto& text : texts)
    made.emplace_back(text);
  return made;
}

std::vector<std::string> to_texts(const json::value& array) {
  std::vector<std::string> made;
  for (const auto& text : array.as_array())
    made.emplace_back(text.as_string());
  return made;
}

std::string to_text(const sources::source_position& of, const std::string& request) {
  json::object ends;
  for (const auto& [partition, end] : of.ends)
    ends[std::to_string(partition)] = end;
  return json::serialize(json::object{{"request", request},
                                      {"at", of.at},
                                      {"moved", of.moved},
                                      {"last", to_array(of.last)},
                                      {"earlier", to_array(of.earlier)},
                                      {"ends", std::move(ends)},
                                      {"pages", of.pages},
                                      {"rows", of.rows}});
}

/// Throws where it is not what to_text writes.
sources::source_position position_of(const json::value& text) {
  sources::source_position made;
  made.at = json::value_to<std::string>(text.at("at"));
  made.moved = text.at("moved").as_bool();
  made.last = to_texts(text.at("last"));
  made.earlier = to_texts(text.at("earlier"));
  for (const auto& each : text.at("ends").as_object())
    made.ends[std::stoi(std::string{each.key()})] = each.value().to_number<std::int64_t>();
  made.pages = text.at("pages").to_number<std::uint64_t>();
  made.rows = text.at("rows").to_number<std::uint64_t>();
  return made;
}

/// Tells this process from any other.
std::string unique_writer() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

class stored_book final : public sources::position_book {
public:
  stored_book(storage::result_store& store, const sources::source& of, bool anew)
      : claim_(store, of.id, unique_writer())
      , of_(&of)
      , anew_(anew) {}

  expected<std::optional<sources::source_position>> claim() override {
    auto text = claim_.claim();
    if (!text)
      return tl::unexpected{text.error()};
    if (!*text || std::exchange(anew_, false))
      return std::nullopt;
    try {
      const auto read = json::parse(**text);
      if (read.at("request") == json::value(of_->request))
        return position_of(read);
    } catch (const std::exception&) {
      return fail(error_kind::corrupt,
                  fmt::format("source {}: its position in the store can't be read; --reset begins anew", of_->id));
    }
    return fail(error_kind::conflict, fmt::format("source {}: the position in the store is of another request (URL, "
                                                  "query, paging, rows, id or topic were others); "
                                                  "give it another name, or begin anew with --reset",
                                                  of_->id));
  }

  expected<void> save(const sources::source_position& what) override {
    return claim_.save(to_text(what, of_->request));
  }

private:
  storage::source_position_claim claim_;
  const sources::source* of_;
  bool anew_;
};

} // namespace

std::unique_ptr<sources::position_book> open_position(storage::result_store* store, const sources::source& of,
                                                      bool anew) {
  if (store == nullptr)
    return std::make_unique<no_book>();
  return std::make_unique<stored_book>(*store, of, anew);
}

} // namespace throng::service
