// Direct convolution of 16 rows side by side, one per SIMD lane.
//
//   out[i] = sum_k taps[k] in[i - first - k],   a chain of fmaf from the first tap to the last, for every lane
//
// Rows of `in` before 0 and from n on are 0: a margin of `convolution_margin` such rows must lie at both ends. The
// transposed sum is the same with the taps in reverse and first -> -(first + count - 1).
// Twelve outputs and eight taps are held in registers and meet 19 inputs: four multiply-adds for each load, and enough
// sums side by side to wait for none. Of 16 or 14 outputs some would not stay in registers (5 and 2 % slower); with
// eight, sums wait for each other. What follows a sum in an iteration of Richardson and Lucy (`Finish`) is done while
// it is in L1, and without a division (count_ratio.hpp). All instruction sets find the same bits.
#pragma once

#include "kernels/deconvolution/lane_rows.hpp"

namespace firstlight {

constexpr std::int64_t convolution_margin = 24;  // rows

// What becomes of a sum s; rows [0, n) of arrays like `in`.
struct Finish {
    enum class How { keep, ratio, improve };
    How how = How::keep;                            // out = s
    const float* counts = nullptr;                  // ratio: out = counts / max(s + dark[lane], least[lane])
    const float *dark = nullptr, *least = nullptr;  // [lane]
    const float* inverse = nullptr;                 // improve: out = out * (s * inverse), 0 below `vanished`
    float vanished = 0;
};

// Taps[count][1 or 16].
class LaneTaps {
  public:
    LaneTaps() = default;
    // One set for all lanes, or sets[lane] of `count` taps each.
    LaneTaps(const float* taps, std::int64_t count, std::int64_t first);
    LaneTaps(const float* const* sets, std::int64_t count, std::int64_t first);
    [[nodiscard]] LaneTaps transposed() const;

    // `out` rows [0, n) from `in` rows [0, n), which must not overlap.
    void apply(const float* in, std::int64_t n, const Finish& finish, float* out) const;

  private:
    LaneRows taps_;  // one tap per row when per lane, else 16 in each
    bool per_lane_ = false;
    std::int64_t count_ = 0, first_ = 0;
};

}  // namespace firstlight
