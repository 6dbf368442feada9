// bin_nonlinearity: the true widths of the time bins (differential nonlinearity of the time converter).
//
// Physics: a bin whose true width is w collects w times the light of a perfect one. A code-density measurement with
// constant light gives w per bin, mean 1; the true edges are their running sum.
// Fills model.edges [bins + 1], the same for all traces; without /entry/calibration/bin_width_correction nothing is
// done. A mean other than 1 is divided out, with a warning beyond 1e-3. Effect: 0, counts stay where they were
// measured. Errors (bad_input): a width that is not positive or not finite, or another number of them than bins. CPU
// and CUDA agree to the bit. Source: W. Becker, Advanced TCSPC Techniques (2005), section 4.
//
//   widths 1.5 0.5 1 1  ->  edges 0 1.5 2 3 4
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

struct BinNonlinearity {
    static constexpr StageInfo info{"bin_nonlinearity", "corrections", "True widths of the time bins"};
    struct Params {
        bool apply = true;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* edges = nullptr;  // [bins + 1]; null: bins are even
    };

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

}  // namespace firstlight
