// Numbers as people read them, for all that says something to people: the command line and the viewer.
#pragma once

#include <cstddef>
#include <string>

namespace firstlight {

[[nodiscard]] std::string readable_bytes(std::size_t bytes);  // "1.5 GiB"
[[nodiscard]] std::string readable_seconds(double seconds);   // "12 s", "3 min 5 s", "0.8 ms"
[[nodiscard]] std::string readable_count(double count);       // "12,345", "1.23e+09"
[[nodiscard]] std::string readable_ps(double seconds);        // "512.3 ps", "1.2 ns"

}  // namespace firstlight
