#include "analytics/lookup_table.hpp"

#include <algorithm>
#include <optional>

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analytics/cell_value.hpp"
#include "analytics/json_scanner.hpp"
#include "analytics/results.hpp"
#include "config/csv_rows.hpp"
#include "config/json_text.hpp"

namespace throng::analytics {

/// Fills a table from either form.
class lookup_reader {
public:
  lookup_reader(const std::string& key, const std::vector<std::string>& columns)
      : key_(key)
      , columns_(columns) {}

  tl::expected<std::shared_ptr<const lookup_table>, std::vector<lookup_problem>> read(lookup_table::format as,
                                                                                      std::string text) {
    if (text.size() > greatest_lookup)
      wrong(0, 0, fmt::format("has {} bytes; a lookup file may have {}", text.size(), greatest_lookup));
    else if (!is_utf8(text))
      wrong(0, 0, "is not UTF-8");
    else if (as == lookup_table::format::csv)
      read_csv(text);
    else if (as == lookup_table::format::topic)
      read_versions(text);
    else
      read_json(text);
    if (!found_.empty())
      return tl::unexpected(std::move(found_));
    made_->version_ = document_id({text});
    made_->text_ = std::move(text);
    return std::shared_ptr<const lookup_table>{std::move(made_)};
  }

private:
  void wrong(int line, int column, std::string sentence) {
    constexpr std::size_t enough = 100;
    if (found_.size() < enough)
      found_.push_back({line, column, std::move(sentence)});
  }

  static bool is_utf8(std::string_view text) {
    // A JSON text whose only fault can be this: the scanner knows the rules.
    std::string quoted = "\"";
    for (auto c : text)
      quoted += static_cast<unsigned char>(c) < 0x20U || c == '"' || c == '\\' ? ' ' : c;
    quoted += '"';
    json_scanner in{quoted};
    json_string token;
    return in.take_string(token);
  }

  /// Where the key and the wanted columns stand among those named; reports what is not there.
  bool find_columns(const std::vector<std::string>& names, std::vector<std::size_t>& places, std::size_t& key) {
    auto place = [&](const std::string& wanted) -> std::optional<std::size_t> {
      auto at = std::find(names.begin(), names.end(), wanted);
      if (at != names.end())
        return static_cast<std::size_t>(at - names.begin());
      wrong(1, 1, fmt::format("there is no column {}; the columns are: {}", wanted, fmt::join(names, ", ")));
      return std::nullopt;
    };
    key = place(key_).value_or(0);
    for (const auto& column : columns_)
      places.push_back(place(column).value_or(0));
    return found_.empty();
  }

  void read_csv(std::string_view text) {
    csv_rows in{text};
    std::vector<csv_cell> row;
    if (!in.next(row)) {
      if (!found_problem(in))
        wrong(1, 1, "is empty; its first line names the columns");
      return;
    }
    std::vector<std::string> names;
    for (const auto& each : row) {
      if (std::find(names.begin(), names.end(), each.text) != names.end())
        wrong(each.line, each.column, fmt::format("the column {} stands here twice", each.text));
      names.push_back(each.text);
    }
    std::vector<std::size_t> places;
    std::size_t key = 0;
    if (!find_columns(names, places, key))
      return;
    while (in.next(row)) {
      if (row.size() != names.size()) {
        wrong(row.front().line, row.front().column,
              fmt::format("this row has {} cells, the header {}", row.size(), names.size()));
        continue;
      }
      std::vector<owned_value> values;
      values.reserve(places.size());
      for (auto place : places)
        values.push_back(owned_value{cell_value(row[place])});
      const auto& of_key = row[key];
      auto as_text = value::of(std::string_view{of_key.text});
      if (!of_key.quoted && of_key.text.empty())
        wrong(of_key.line, of_key.column, fmt::format("the key, {}, is empty", key_));
      else if (add(as_text, std::move(values), of_key.line, of_key.column) && !of_key.quoted)
        // A cell does not say whether it is a number or a text of digits.
        if (auto scalar = scalar_of(of_key.text); !scalar.is_nothing())
          also(scalar);
    }
    found_problem(in);
  }

  bool found_problem(const csv_rows& in) {
    if (in.wrong())
      wrong(in.wrong()->line, in.wrong()->column, in.wrong()->sentence);
    return in.wrong().has_value();
  }

  void read_json(const std::string& text) {
    auto read = config::read_json(text, {});
    if (!read) {
      for (const auto& each : read.error())
        wrong(each.line, each.column, each.sentence);
      return;
    }
    auto place = [&](const std::string& path) {
      auto at = read->source.positions.find(path);
      return at == read->source.positions.end() ? config::source_map::position{1, 1} : at->second;
    };
    if (const auto* rows = read->root.if_array()) {
      for (std::size_t i = 0; i < rows->size(); ++i) {
        auto path = config::element_path({}, i);
        auto at = place(path);
        const auto* row = (*rows)[i].if_object();
        const auto* key = row != nullptr ? row->if_contains(key_) : nullptr;
        if (row == nullptr)
          wrong(at.line, at.column, "a row is an object");
        else if (key == nullptr || key->is_null())
          wrong(at.line, at.column, fmt::format("this row has no {}, which is the key", key_));
        else
          add(owned_value{*key}.view(), values_of(*row), at.line, at.column);
      }
    } else if (const auto* by_key = read->root.if_object()) {
      for (const auto& member : *by_key) {
        std::string key{member.key()};
        auto at = place(config::member_path({}, key));
        if (const auto* row = member.value().if_object())
          add(value::of(std::string_view{key}), values_of(*row), at.line, at.column);
        else
          wrong(at.line, at.column, "a row is an object");
      }
    } else {
      wrong(1, 1, "is neither an array of rows nor an object of them by key");
    }
  }

  void read_versions(std::string_view text) {
    for (int line = 1; !text.empty(); ++line) {
      auto end = std::min(text.find('\n'), text.size());
      boost::json::error_code failed;
      auto read = boost::json::parse(boost::json::string_view{text.data(), end}, failed);
      text.remove_prefix(std::min(end + 1, text.size()));
      const auto* each = failed ? nullptr : read.if_object();
      const auto* key = each != nullptr ? each->if_contains("key") : nullptr;
      const auto* since = each != nullptr ? each->if_contains("since") : nullptr;
      const auto* row = each != nullptr ? each->if_contains("row") : nullptr;
      if (key == nullptr || !key->is_string() || since == nullptr || !since->is_int64() || row == nullptr ||
          !(row->is_null() || row->is_object())) {
        wrong(line, 1, "is no version of a row");
        return;
      }
      const std::string_view name{key->get_string().data(), key->get_string().size()};
      lookup_table::row made;
      made.since = {since->get_int64()};
      if (const auto* values = row->if_object())
        made.values = values_of(*values);
      auto place = made_->rows_.size();
      if (auto latest = made_->by_key_.find(canonical_text{value::of(name)}.view()); latest != made_->by_key_.end())
        made.earlier = latest->second;
      made_->rows_.push_back(std::move(made));
      made_->by_key_[std::string{canonical_text{value::of(name)}.view()}] = place;
      if (auto scalar = scalar_of(name); scalar.is_number())
        made_->by_key_[std::string{canonical_text{scalar}.view()}] = place;
    }
  }

  std::vector<owned_value> values_of(const boost::json::object& row) const {
    std::vector<owned_value> values;
    for (const auto& column : columns_) {
      const auto* found = row.if_contains(column);
      values.push_back(found != nullptr ? owned_value{*found} : owned_value{value::null()});
    }
    return values;
  }

  bool add(const value& key, std::vector<owned_value> values, int line, int column) {
    canonical_text text{key};
    if (!made_->by_key_.emplace(text.view(), made_->rows_.size()).second) {
      wrong(line, column, fmt::format("there is another row for {}", text.view()));
      return false;
    }
    made_->rows_.push_back({std::move(values)});
    return true;
  }

  void also(const value& key) {
    canonical_text text{key};
    made_->by_key_.emplace(text.view(), made_->rows_.size() - 1); // 7 and 7.0 are two texts and one number: the first
  }

  const std::string& key_;
  const std::vector<std::string>& columns_;
  std::vector<lookup_problem> found_;
  std::shared_ptr<lookup_table> made_ = std::make_shared<lookup_table>();
};

lookup_table::format lookup_table::format_of(std::string_view file) {
  return file.ends_with(".json") ? format::json : format::csv;
}

tl::expected<std::shared_ptr<const lookup_table>, std::vector<lookup_problem>>
lookup_table::parse(format as, std::string text, const std::string& key, const std::vector<std::string>& columns) {
  return lookup_reader{key, columns}.read(as, std::move(text));
}

const std::vector<owned_value>* lookup_table::find(const value& key, timestamp at) const {
  if (key.is_nothing())
    return nullptr;
  canonical_text text{key};
  auto found = by_key_.find(text.view());
  if (found == by_key_.end())
    return nullptr;
  auto place = found->second;
  while (place != SIZE_MAX && rows_[place].since > at)
    place = rows_[place].earlier;
  return place == SIZE_MAX || rows_[place].values.empty() ? nullptr : &rows_[place].values;
}

} // namespace throng::analytics
