// Arrays: their size, elements and parts, and sums and extremes over them.
#include <cmath>
#include <optional>

#include "analytics/arithmetic.hpp"
#include "analytics/expression_functions.hpp"
#include "analytics/json_element.hpp"

namespace throng::analytics {

namespace {

bool is_array_value(const value& x) {
  return x.kind() == value_kind::array;
}

/// A number that is a whole 32-bit one, as MongoDB wants places and counts.
std::optional<std::int64_t> whole_number(const value& x) {
  if (!x.is_number() || x.number() != std::trunc(x.number()) || x.number() < INT32_MIN || x.number() > INT32_MAX)
    return std::nullopt;
  return static_cast<std::int64_t>(x.number());
}

std::int64_t size_of(const value& array) {
  std::int64_t n = 0;
  for (element_text_walk walk{array}; walk.next();)
    ++n;
  return n;
}

/// An element outlives the walk that showed it.
value kept(const value& element, text_arena& arena) {
  return element.kind() == value_kind::text ? value::of(arena.keep(element.text())) : element;
}

/// Absent where there is none.
value element_at(const value& array, std::int64_t at, text_arena& arena) {
  if (at < 0)
    at += size_of(array);
  if (at < 0)
    return {};
  for (element_walk walk{array}; walk.next(); --at)
    if (at == 0)
      return kept(walk.element(), arena);
  return {};
}

value array_size(call& in) {
  return is_array_value(in[0]) ? value::of(size_of(in[0])) : in.fault();
}

value array_element(call& in) {
  if (in[0].is_nothing() || in[1].is_nothing())
    return value::null();
  auto at = whole_number(in[1]);
  return is_array_value(in[0]) && at ? element_at(in[0], *at, in.arena()) : in.fault();
}

template <std::int64_t At>
value end_of_array(call& in) {
  if (in[0].is_nothing())
    return value::null();
  return is_array_value(in[0]) ? element_at(in[0], At, in.arena()) : in.fault();
}

/// An array of some elements of others, as their texts.
class array_maker {
public:
  explicit array_maker(call& in)
      : in_(in)
      , json_(in.scratch()) {
    json_.push_back('[');
  }
  void add(std::string_view element) {
    if (json_.size() > 1)
      json_.push_back(',');
    json_.append(element);
  }
  value made() {
    json_.push_back(']');
    return value::array(in_.arena().keep(json_));
  }

private:
  call& in_;
  std::string& json_;
};

value concatenated(call& in) {
  for (const auto& x : in.all())
    if (x.is_nothing())
      return value::null();
    else if (!is_array_value(x))
      return in.fault();
  array_maker out{in};
  for (const auto& x : in.all())
    for (element_text_walk walk{x}; walk.next();)
      out.add(walk.text());
  return out.made();
}

value slice(call& in) {
  for (const auto& x : in.all())
    if (x.is_nothing())
      return value::null();
  auto first = whole_number(in[1]);
  auto count = in.has(2) ? whole_number(in[2]) : std::optional<std::int64_t>{0};
  if (!is_array_value(in[0]) || !first || !count || (in.has(2) && *count <= 0))
    return in.fault();
  std::int64_t from = 0;
  std::int64_t n = *first;
  if (in.has(2) || *first < 0) {
    auto size = size_of(in[0]);
    from = *first < 0 ? std::max<std::int64_t>(0, size + *first) : *first;
    n = in.has(2) ? *count : size;
  }
  array_maker out{in};
  for (element_text_walk walk{in[0]}; n > 0 && walk.next();) {
    if (from-- > 0)
      continue;
    out.add(walk.text());
    --n;
  }
  return out.made();
}

value reversed(call& in) {
  if (in[0].is_nothing())
    return value::null();
  if (!is_array_value(in[0]))
    return in.fault();
  // From the back of a text of the same length; what spaces would have taken stays unused.
  const auto size = in[0].text().size();
  auto* out = in.arena().take(size);
  auto at = size;
  out[--at] = ']';
  bool first = true;
  for (element_text_walk walk{in[0]}; walk.next(); first = false) {
    if (!first)
      out[--at] = ',';
    at -= walk.text().size();
    walk.text().copy(out + at, walk.text().size());
  }
  out[--at] = '[';
  return value::array({out + at, size - at});
}

value index_of(call& in) {
  if (in[0].is_nothing())
    return value::null();
  if (!is_array_value(in[0]))
    return in.fault();
  std::int64_t bounds[] = {0, INT32_MAX};
  for (std::size_t i = 0; i < 2; ++i)
    if (in.has(i + 2)) {
      auto given = whole_number(in[i + 2]);
      if (!given || *given < 0)
        return in.fault();
      bounds[i] = *given;
    }
  std::int64_t at = 0;
  for (element_walk walk{in[0]}; at < bounds[1] && walk.next(); ++at)
    if (at >= bounds[0] && in[1].kind() != value_kind::missing && compare(walk.element(), in[1]) == 0)
      return value::of(at);
  return value::of(std::int64_t{-1});
}

/// Of each value, or of each element of the only value if it is an array.
template <class F>
void each_value(call& in, F f) {
  if (in.all().size() == 1 && is_array_value(in[0])) {
    for (element_walk walk{in[0]}; walk.next();)
      f(walk.element());
    return;
  }
  for (const auto& x : in.all())
    f(x);
}

value sum(call& in) {
  auto total = value::of(std::int64_t{0});
  each_value(in, [&](const value& x) {
    if (x.is_number())
      total = add(total, x);
  });
  return total;
}

value average(call& in) {
  double total = 0;
  double n = 0;
  each_value(in, [&](const value& x) {
    if (!x.is_number())
      return;
    total += x.number();
    ++n;
  });
  return n == 0 ? value::null() : value::of(total / n);
}

template <int Wanted>
value extreme(call& in) {
  value best = value::null();
  each_value(in, [&](const value& x) {
    if (!x.is_nothing() && (best.is_nothing() || compare(x, best) == Wanted))
      best = kept(x, in.arena());
  });
  return best;
}

constexpr function functions[] = {
    {"$size", 1, 1, array_size},
    {"$arrayElemAt", 2, 2, array_element},
    {"$first", 1, 1, end_of_array<0>},
    {"$last", 1, 1, end_of_array<-1>},
    {"$concatArrays", 0, any_number, concatenated},
    {"$slice", 2, 3, slice},
    {"$reverseArray", 1, 1, reversed},
    {"$indexOfArray", 2, 4, index_of},
    {"$sum", 0, any_number, sum},
    {"$avg", 0, any_number, average},
    {"$min", 1, any_number, extreme<-1>},
    {"$max", 1, any_number, extreme<1>},
};

} // namespace

std::span<const function> array_functions() {
  return functions;
}

} // namespace throng::analytics
