// Bytes of a world's state, for the same program on the same kind of machine to go on from: values as they lie in memory, every
// read checked. Leaves to others where they are kept, and whether they came through whole.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace throng::simulation {

/// The bytes are another program's, or of another world.
class foreign_state : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The parts of a type that is more than its bytes, in the order in which they are kept: a tuple of pointers to members, said once for
/// writing and reading. Null for all other types.
template <class T>
inline constexpr auto state_parts = nullptr;

template <class T>
concept has_state_parts = !std::is_same_v<std::remove_const_t<decltype(state_parts<T>)>, std::nullptr_t>;

/// Kept as it lies in memory.
template <class T>
concept plain_state = std::is_trivially_copyable_v<T> && !has_state_parts<T>;

class state_writer {
public:
  explicit state_writer(std::string& out)
      : out_(out) {}

  template <plain_state T>
  void put(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value); // NOLINT: its bytes are what is wanted
  }
  template <has_state_parts T>
  void put(const T& value) {
    std::apply([&](auto... part) { (put(value.*part), ...); }, state_parts<T>);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value)
      put(*value);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    put(std::uint64_t{values.size()});
    if constexpr (plain_state<T>)
      out_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)); // NOLINT: as above
    else
      for (const auto& each : values)
        put(each);
  }
  void put(std::string_view text) {
    put(std::uint64_t{text.size()});
    out_.append(text);
  }
  void put(const std::string& text) {
    put(std::string_view{text});
  }

private:
  std::string& out_;
};

class state_reader {
public:
  explicit state_reader(std::string_view in)
      : in_(in) {}

  template <plain_state T>
  void get(T& value) {
    const auto bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  template <has_state_parts T>
  void get(T& value) {
    std::apply([&](auto... part) { (get(value.*part), ...); }, state_parts<T>);
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool there = false;
    get(there);
    value.reset();
    if (there)
      get(value.emplace());
  }
  template <class T>
  void get(std::vector<T>& values) {
    if constexpr (plain_state<T>) {
      values.resize(count(sizeof(T)));
      const auto bytes = take(values.size() * sizeof(T));
      if (!bytes.empty())
        std::memcpy(values.data(), bytes.data(), bytes.size());
    } else {
      values.resize(count(1));
      for (auto& each : values)
        get(each);
    }
  }
  void get(std::string& text) {
    const auto size = count(1);
    text = take(size);
  }
  /// What was put is what the reader has: the state is of the same world.
  template <class T>
  void require(const T& value) {
    T found{};
    get(found);
    if (!(found == value))
      throw foreign_state("the state is of another world, or of another version of this program");
  }
  void require_end() const {
    if (!in_.empty())
      throw foreign_state("the state goes on where it should end");
  }

  /// A number of things of at least `least` bytes each: no more than there can be.
  std::uint64_t count(std::size_t least) {
    std::uint64_t size = 0;
    get(size);
    if (size > in_.size() / least)
      throw foreign_state("the state ends too soon");
    return size;
  }
  /// Text that stays where it is.
  std::string_view view() {
    return take(count(1));
  }

private:
  std::string_view take(std::size_t size) {
    if (in_.size() < size)
      throw foreign_state("the state ends too soon");
    const auto bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }

  std::string_view in_;
};

} // namespace throng::simulation
