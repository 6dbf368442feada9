// The survey sample of a held scan: what a gate with `optimal` edges looks at, made again from held traces.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/gating/held_traces.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

class HeldSample {
  public:
    // `held`: of one view, with step 1, in the queue's memory. Live fractions come back from the held sums: exact to
    // about 1e-6 where a bin holds counts; 1 where it holds none, as counts / live is 0 either way.
    HeldSample(Queue& queue, const Scan& scan, const HeldTraces& held);
    SurveySample sample;

  private:
    struct Tile {
        std::vector<float> counts, live, gain, dark, dark_variance, shift, arrival, arrival_sigma;
        std::vector<std::uint8_t> flags;
    };
    std::vector<Tile> tiles_;
    std::vector<float> edges_;
};

}  // namespace firstlight
