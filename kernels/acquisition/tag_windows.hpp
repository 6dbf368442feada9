// tag_windows: sums of time tags over windows of each pixel, without a histogram.
//
// A gate needs a few sums per trace, not the trace. Given each pixel's edges (bins, ascending),
//     counts[p][k] = number of tags i with pixels[i] = p and bins[i] >= edges[p][k],
// the counts of any window between two edges are the difference of two of these: exact, being whole numbers.
//
// Shapes: records[pixels][groups], each with 8 edges (those not needed are 65535); counts[pixels][8 groups] u4, to
// which is added. Tags beyond the last bin and of pixels beyond the last are left out. At most 65535 bins, and
// 4294967295 tags in a pixel (the caller's duty). One look at each tag, in any order. CPU: one thread, which counts in
// the record itself, half a line of the cache with the edges, until that is full; flush() adds the rest to `counts`.
// Threads have records and counts of their own that are added up afterwards. CUDA: one thread per tag, atomic sums into
// `counts`. Both agree to the bit. Errors: none.
//
//   bins 3 5 9 of one pixel, edges 0 4 6 65535 …  ->  3 2 1 0 …: one tag in [0, 4), one in [4, 6), one from 6 on
#pragma once

#include "kernels/acquisition/tags.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct alignas(32) PixelEdges {
    static constexpr int size = 8;
    static constexpr std::uint16_t unused = 65535;
    std::uint16_t edges[size] = {unused, unused, unused, unused, unused, unused, unused, unused};
    std::uint16_t pending[size] = {};  // CPU: counts not yet in TagWindowsTask::counts
};

struct TagWindowsTask {
    TagBlock tags;
    PixelEdges* records = nullptr;    // [pixels][groups]
    std::uint32_t* counts = nullptr;  // [pixels][8 * groups]
    std::int64_t pixels = 0, bins = 0;
    std::int64_t groups = 1;
};

struct TagWindows {
    static constexpr StageInfo info{"tag_windows", "acquisition", "Sums of time tags over windows of each pixel"};
    static constexpr std::int64_t most_bins = PixelEdges::unused;
    struct Coefficients {};
    static void on_cpu(const TagWindowsTask&, const Coefficients&);
    static void flush(const TagWindowsTask&);  // host memory
};

}  // namespace firstlight
