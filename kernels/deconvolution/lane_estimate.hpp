// The light behind the counts of up to 16 traces side by side, as richardson_lucy.hpp has it.
#pragma once

#include <vector>

#include "kernels/deconvolution/lane_convolution.hpp"
#include "kernels/deconvolution/richardson_lucy.hpp"

namespace firstlight {

class LaneEstimate {
  public:
    static constexpr std::int64_t lanes = trace_lanes;

    // What to work with from now on; the coefficients must stay.
    void use(const RichardsonLucy::Coefficients& c);
    // Takes up to `lanes` traces of a tile (the tile must stay) and starts from light spread evenly.
    void load(const TraceTile& tile, const std::vector<std::int64_t>& traces);
    void iterate(std::int64_t times);
    // 2 sum(y log(y / mean) - (y - mean)) of each of the traces, added up.
    [[nodiscard]] double deviance();
    void store(const TraceTile& tile) const;  // into tile.signal

  private:
    void find_seen();
    void start();
    void fold();    // light_ -> sums_, in true bins
    void unfold();  // sums_, in true bins, folded back -> back_; sums_ is lost
    void transform(const float* from, bool transposed, float* to);
    [[nodiscard]] static float* row(LaneRows& rows, std::int64_t i) {
        return rows[static_cast<std::size_t>(i + convolution_margin)].lane;
    }
    [[nodiscard]] static const float* row(const LaneRows& rows, std::int64_t i) {
        return rows[static_cast<std::size_t>(i + convolution_margin)].lane;
    }

    const RichardsonLucy::Coefficients* c_ = nullptr;
    TraceTile tile_;
    std::vector<std::int64_t> traces_;
    std::int64_t bins_ = 0;
    LaneTaps taps_, transposed_;
    bool seen_is_known_ = false;  // for even bins and one response it is the same for all traces
    LaneRows light_, counts_, inverse_, sums_, back_, seen_, spectra_, work_;
    float dark_[lanes] = {};  // dark / gain
    float gain_[lanes] = {};
    double all_seen_[lanes] = {};
    float least_[lanes] = {};  // what a mean is at least
};

}  // namespace firstlight
