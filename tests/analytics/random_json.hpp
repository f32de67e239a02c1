// Random JSON for properties: documents with repeated names, escapes, numbers of all shapes, nesting.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace throng::test {

class random_json {
public:
  explicit random_json(std::uint64_t seed)
      : bits_(seed) {}

  std::uint64_t below(std::uint64_t n) {
    return bits_() % n;
  }

  std::string number() {
    static const char* const shapes[] = {"0",
                                         "-0",
                                         "1",
                                         "1.0",
                                         "-1",
                                         "42",
                                         "0.1",
                                         "1e3",
                                         "1E-3",
                                         "1.5e2",
                                         "-2.5",
                                         "23.718",
                                         "100000",
                                         "1e400",
                                         "1.0",
                                         "-1e400",
                                         "1e-400",
                                         "2.0",
                                         "9007199254740993",
                                         "9007199254740992.0",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "-9223372036854775808",
                                         "123456789.123456789"};
    if (below(2) == 0)
      return shapes[below(std::size(shapes))];
    auto text = std::to_string(static_cast<std::int64_t>(bits_()) >> below(64));
    if (below(2) == 0)
      text += "." + std::to_string(bits_() >> below(64));
    return text;
  }

  std::string text() {
    static const char* const parts[] = {"a",       "b",
                                        "c",       "é",
                                        "\\n",     "\\\"",
                                        "\\u0041", "\\ud83d\\ude00",
                                        "😀",       "\\u0000",
                                        "\\/",     " ",
                                        "x",       "longer than eight"};
    std::string out = "\"";
    for (auto n = below(4); n > 0; --n)
      out += parts[below(std::size(parts))];
    return out + "\"";
  }

  std::string name() {
    static const char* const names[] = {"\"a\"", "\"b\"", "\"c\"", "\"\\u0061\"", "\"d\"", "\"0\"", "\"\""};
    return names[below(std::size(names))];
  }

  std::string space() {
    static const char* const spaces[] = {"", "", "", " ", "\n", "\t ", "\r"};
    return spaces[below(std::size(spaces))];
  }

  std::string object(int depth) {
    std::string out = "{";
    for (auto i = below(5), n = i; i > 0; --i)
      out += (i < n ? "," : "") + space() + name() + space() + ":" + any(depth - 1);
    return out + space() + "}";
  }

  std::string array(int depth) {
    std::string out = "[";
    for (auto i = below(4), n = i; i > 0; --i)
      out += (i < n ? "," : "") + any(depth - 1);
    return out + space() + "]";
  }

  std::string any(int depth) {
    static const char* const literals[] = {"true", "false", "null"};
    auto which = below(depth > 0 ? 6 : 4);
    auto out = which == 5   ? object(depth)
               : which == 4 ? array(depth)
               : which == 3 ? std::string{literals[below(3)]}
               : which == 2 ? text()
                            : number();
    return space() + out + space();
  }

private:
  std::mt19937_64 bits_;
};

} // namespace throng::test
