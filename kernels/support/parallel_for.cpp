#include "kernels/support/parallel_for.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace firstlight {

void parallel_for(std::int64_t n, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (n <= 0) return;
    tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, n, static_cast<std::size_t>(grain < 1 ? 1 : grain)),
                      [&](const auto& range) { body(range.begin(), range.end()); });
}

void with_threads(int threads, const std::function<void()>& work) {
    const int wanted = threads > 0 ? threads : machine_threads();
    const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism,
                                      static_cast<std::size_t>(std::max(wanted, machine_threads())));
    tbb::task_arena arena(wanted);
    arena.execute(work);
}

int machine_threads() { return tbb::info::default_concurrency(); }

}  // namespace firstlight
