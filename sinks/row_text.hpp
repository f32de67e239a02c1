// What says of a row where its message stood, and how bytes of any kind become text.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace throng::sinks {

/// Fields of a row that are not its event's.
inline constexpr std::array<std::string_view, 5> place_names{"_partition", "_offset", "_time", "_key", "_raw"};

/// As it is, or `base64:` and its bytes where that is not UTF-8.
std::string printable(std::string_view bytes);
/// The same for where no text holds a NUL: `base64:` too where bytes have one.
std::string printable_without_nul(std::string_view bytes);
/// The bytes that such a text stands for.
std::string bytes_of_printable(std::string text);

} // namespace throng::sinks
