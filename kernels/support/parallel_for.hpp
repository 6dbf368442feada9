// Loops over all cores of the calling task arena (oneTBB), for work outside the tile stream.
#pragma once

#include <cstdint>
#include <functional>

namespace firstlight {

// Calls body(begin, end) on parts of [0, n) of at least `grain` items. Parts do not overlap; order is not defined.
void parallel_for(std::int64_t n, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);

// Runs `work` with at most `threads` threads (0: as many as the machine has).
void with_threads(int threads, const std::function<void()>& work);
[[nodiscard]] int machine_threads();

}  // namespace firstlight
