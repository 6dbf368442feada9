// What makes a file this file: its number and the time it was made.
#pragma once

#include <string>

namespace firstlight {

[[nodiscard]] std::string make_uuid();  // random (version 4)
[[nodiscard]] std::string now_utc();    // ISO 8601, "2025-01-31T12:00:00Z"

}  // namespace firstlight
