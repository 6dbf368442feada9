// richardson_lucy: the most likely light behind the counts, iteration by iteration.
//
// Physics: counts y_i ~ Poisson[live_i (gain (R H x)_i + dark width_i)], x: light per even bin, H: the response's taps
// (bin_taps.hpp), R: from even to true bins (even_bins.hpp). Each iteration
//     x <- x . A'(y / (A x + b)) / A'1,   A = live gain R H,  b = live dark width
// raises the likelihood and keeps x >= 0. A'1 is what the window sees of each bin's light, so that light near the end
// of the window is not lost; where that is below 1 % (of the response, live aside), x is 0. Light from before the
// window is not in the model: its tail is taken for light within. Without dark counts every iteration conserves
// photons: the sum of A x is the sum of y, to 1e-5 of itself here; with them sum of A x + b nears it as x converges.
// `stop`: `iterations` as many as asked for; `automatic` as many as the survey sample asks for, the same number for
// all traces: an iteration stops being worth it once the last doubling of their number lowered the deviance by less
// than 2 per trace, which is what one more parameter gains from noise alone (Akaike). A deviance per bin near 1 is not
// used: below one count per bin the truth itself has a smaller one (0.64 and 0.89 on the sample scenes), which a single
// iteration reaches. At most 256.
// Responses of up to `most_direct_taps` by taps, longer ones by FFT on the CPU; one per pixel and CUDA always by taps.
// That number is where both cost the same: 20 iterations took, in us per trace on one core (AVX-512, CPU time),
//     taps              33     65     97    129    161    225       by FFT, any number
//     256 bins         5.8    9.7   13.3   16.9   19.5   27.2       20.8 to 26.9
//     1024 bins       27.6   50.5   56.4   72.3   86.9  115.2      111.4 to 119.2
//
// Fills tile.signal (NaN in masked pixels); counts stay as they are. Who may use it: views.hpp, time_gate.hpp.
// Reads model.live, edges, gain, dark. Effect: 0. Units: counts. Shapes: per trace. context.shared: writes "signal".
// Errors: no response; a trace that does not fit into a GPU's shared memory (11,500 bins).
// Agreement of CPU and CUDA: relative L2 1e-5 by taps, 1e-4 by FFT; with double precision: relative L2 1e-5.
// Sources: W. H. Richardson, J. Opt. Soc. Am. 62, 55 (1972); L. B. Lucy, Astron. J. 79, 745 (1974); L. A. Shepp &
// Y. Vardi, IEEE Trans. Med. Imaging 1, 113 (1982) on A'1; H. Akaike, IEEE Trans. Autom. Control 19, 716 (1974).
//
//   taps 0.25 0.5 0.25, y = 0 25 50 25 0, iterations -> inf:  x -> 0 0 100 0 0
#pragma once

#include "kernels/support/lane_fft.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct RichardsonLucy {
    static constexpr StageInfo info{"richardson_lucy", "deconvolution", "Most likely light behind the counts"};

    enum class Stop : std::uint8_t { automatic, iterations };
    struct Params {
        Stop stop = Stop::automatic;
        std::int64_t iterations = 20;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* taps = nullptr;  // [1 or pixels][count]
        std::int64_t count = 0, first = 0;
        bool per_pixel = false;
        std::int64_t iterations = 0;
        FftPlan fft;                      // n = 0: by taps
        const float* spectrum = nullptr;  // [m + 1][2] of the taps, over m
    };
    static constexpr std::int64_t most_direct_taps = 224;
    static constexpr float least_seen = 0.01F;  // share of a bin's light
    static constexpr float no_light = 1e-20F;   // counts; a model of none where counts are
    static constexpr float vanished = 1e-25F;   // counts; light below is none

    static Survey survey(const Params& params, const Scan&) {
        return params.stop == Stop::automatic ? Survey::sample : Survey::none;
    }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

}  // namespace firstlight
