// tag_histogram: counts time tags into traces.
//
// Physics: a time-correlated single-photon counter stores for each photon the pixel and the time since the last laser
// pulse in units of its converter (TCSPC). The trace of a pixel is the number of its tags in each unit:
//     counts[p][b] = number of tags i with pixels[i] = first_pixel + p and bins[i] = b
// Macro time (the number of the pulse) plays no part: all pulses are alike.
//
// Adds to counts[pixels][bins] of u2 or u4; the caller knows that none exceeds its type. Tags of other pixels and
// beyond the last bin are left out. Any order of tags gives the same counts: sums of whole numbers.
// CPU: tags in scan order hit the same few traces again and again and are counted as they come. Others are first sorted
// into tiles of pixels whose counts fit in cache (2 bytes per tag, written 64 at a time past the caches), then counted
// tile by tile; several threads do both. CUDA: one thread per tag, atomic sums. Both agree to the bit.
// Errors: none. Sources: W. Becker, Advanced TCSPC Techniques (2005), ch. 2; sorting with write-combining buffers as in
// N. Satish et al., SIGMOD (2010) 351.
//
//   pixels 0 2 0, bins 3 1 3, two pixels from 0, four bins  ->  0 0 0 2 | 0 0 0 0
#pragma once

#include "kernels/acquisition/tags.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct TagHistogramTask {
    TagBlock tags;
    void* counts = nullptr;          // [pixels][bins] of `type`
    CountType type = CountType::u4;  // u2 or u4
    std::int64_t first_pixel = 0, pixels = 0, bins = 0;
    // CPU: room to sort the tags in, scratch_bytes() aligned to 64; null: they are counted as they come, right for scan
    // order.
    std::byte* scratch = nullptr;
};

struct TagHistogram {
    static constexpr StageInfo info{"tag_histogram", "acquisition", "Counts of time tags in each pixel and bin"};
    struct Coefficients {};
    static void on_cpu(const TagHistogramTask&, const Coefficients&);
    // Room that sorting so many tags needs.
    [[nodiscard]] static std::size_t scratch_bytes(std::int64_t tags);
};

}  // namespace firstlight
