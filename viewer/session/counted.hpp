// Numbers of things in words: "1 warning", "2 warnings".
#pragma once

#include <fmt/format.h>

#include <string>

namespace firstlight::viewer {

// `one`: a noun whose plural ends in s.
template <class Number>
[[nodiscard]] std::string counted(Number number, const std::string& one) {
    return fmt::format("{} {}{}", number, one, number == 1 ? "" : "s");
}

}  // namespace firstlight::viewer
