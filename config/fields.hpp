// Typed reading of an object's members into a model. What is absent leaves the model's default; what has a wrong type was
// reported by the schema and is left alone too, so that one pass finds all that is wrong.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "config/document.hpp"
#include "config/time.hpp"

namespace throng::config {

class fields {
public:
  /// Borrows both.
  fields(document& in, const boost::json::value& value, std::string path);

  bool has(const std::string& key) const;
  const boost::json::value* find(const std::string& key) const;
  std::string path_of(const std::string& key) const;
  const std::string& path() const {
    return path_;
  }
  void report(const std::string& key, std::string sentence) const;
  /// The member as messages may show it.
  std::string shown(const std::string& key) const;

  void read(const std::string& key, std::string& into) const;
  void read(const std::string& key, bool& into) const;
  void read(const std::string& key, double& into) const;
  void read(const std::string& key, milliseconds& into) const;
  /// A duration outside [least, most] is a problem.
  void read(const std::string& key, milliseconds& into, milliseconds least, milliseconds most) const;
  void read(const std::string& key, std::optional<milliseconds>& into) const;
  void read(const std::string& key, boost::json::object& into) const;
  /// Elements that are no text are left out.
  void read(const std::string& key, std::vector<std::string>& into) const;

  /// An array of exactly as many numbers; anything else is left to the schema's word.
  template <std::size_t N>
  void read(const std::string& key, std::array<double, N>& into) const {
    const auto* value = find(key);
    const auto* array = value ? value->if_array() : nullptr;
    if (!array || array->size() != N)
      return;
    for (std::size_t i = 0; i < N; ++i)
      if ((*array)[i].is_number())
        into[i] = (*array)[i].template to_number<double>();
  }

  /// The schema's range must fit into the type.
  template <std::integral Integer>
  void read(const std::string& key, Integer& into) const {
    const auto* value = find(key);
    if (value && value->is_int64() && std::in_range<Integer>(value->get_int64()))
      into = static_cast<Integer>(value->get_int64());
  }

  /// One of some words, for what it stands; the schema knows which they are.
  template <class T, std::size_t N>
  void read_word(const std::string& key, const std::array<std::pair<std::string_view, T>, N>& known, T& into) const {
    std::string word;
    read(key, word);
    for (const auto& [name, value] : known)
      if (word == name)
        into = value;
  }

  /// Calls `each(fields of the element, index)` for every element of an array.
  template <class F>
  void for_each_element(const std::string& key, F each) const {
    const auto* value = find(key);
    const auto* array = value ? value->if_array() : nullptr;
    for (std::size_t i = 0; array && i < array->size(); ++i)
      each(fields{*in_, (*array)[i], element_path(path_of(key), i)}, i);
  }

  /// Calls `each(key, value, path of the value)` for every member, in the order of the file.
  template <class F>
  void for_each_member(F each) const {
    if (object_)
      for (const auto& member : *object_) {
        std::string key{member.key()};
        each(key, member.value(), path_of(key));
      }
  }

  fields inner(const std::string& key) const;
  document& in() const {
    return *in_;
  }

private:
  document* in_;
  const boost::json::object* object_; ///< null where the value is none
  std::string path_;
};

} // namespace throng::config
