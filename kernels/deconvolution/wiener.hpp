// wiener: the response taken out of a trace by a linear filter that leaves noise alone.
//
// Physics: z_i = (y_i / live_i - dark width_i) / gain, spread evenly from true to even bins (even_bins.hpp), has the
// spectrum Z_k = H_k X_k + noise. The filter with the smallest mean squared error where signal and noise are white is
//     X_k = conj(H_k) Z_k / (|H_k|^2 + 1 / snr),
// snr the power of the signal over that of the noise. `auto` estimates it for each trace from its own noise floor:
// Poisson noise is white with power N = sum y_i / (live_i gain)^2, and the signal's is the mean of (|Z_k|^2 - N) over
// that of |H_k|^2 in the frequencies where the response begins to fall, 0.5 <= |H_k|^2 < 0.9 (or, where it has none,
// 0.1 <= |H_k|^2 except k = 0), at least 0.01 N. Light that is not white (a smooth tail) wants a smaller snr.
// Ends: the trace is padded with zeros to more than its length and the response's, so light near the end of the window
// whose response leaves it comes out too weak, and a step to 0 at an end rings over about the response's length.
// The sum is kept to 1 / (1 + 1 / snr). The estimate may be negative. Linear: given snr, twice the counts are twice the
// light, and noise in bins near each other is correlated.
//
// Fills tile.signal (NaN in masked pixels); counts stay as they are. Who may use it: views.hpp, time_gate.hpp.
// Reads model.live, edges, gain, dark. Effect: 0. Units: counts. Shapes: per trace. context.shared: writes "signal".
// Errors: no response; a trace that does not fit into a GPU's shared memory (18,432 bins with its response).
// Agreement of CPU and CUDA: relative L2 1e-5; with double precision: relative L2 1e-5.
// Source: N. Wiener, Extrapolation, Interpolation, and Smoothing of Stationary Time Series (1949).
//
//   taps 0.25 0.5 0.25, y = 0 25 50 25 0, snr 1e6  ->  about 0 0 100 0 0
#pragma once

#include <limits>

#include "kernels/support/lane_fft.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct Wiener {
    static constexpr StageInfo info{"wiener", "deconvolution", "Light with the response taken out, by a linear filter"};

    struct Params {
        double snr = std::numeric_limits<double>::quiet_NaN();
        static const ParamTable& table();
    };
    struct Coefficients {
        FftPlan fft;
        const float* spectrum = nullptr;  // [m + 1][2] of the common response; null: one per pixel
        const float* taps = nullptr;      // [pixels][count], per pixel
        std::int64_t count = 0, first = 0;
        float noise = 0;  // 1 / snr; 0: estimated per trace
    };
    static constexpr float low_band = 0.5F, low_band_end = 0.9F, wide_band = 0.1F;  // of |H|^2
    static constexpr float least_snr = 0.01F;

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

// What sums over frequencies say of a trace: its signal's power in the low band, or where the response has none, in all
// that it passes. k = 1 .. n/2.
struct SignalPower {
    float light = 0, passed = 0;            // sums of |Z|^2 - N and |H|^2 over the low band
    float wide_light = 0, wide_passed = 0;  // over the wide one

    FL_HD void add(float power, float response, float noise) {
        if (response >= Wiener::low_band && response < Wiener::low_band_end) {
            light += power - noise;
            passed += response;
        }
        if (response >= Wiener::wide_band) {
            wide_light += power - noise;
            wide_passed += response;
        }
    }
    // 1 / snr
    FL_HD float inverse_snr(float noise) const {
        const float power = passed > 0 ? light / passed : wide_passed > 0 ? wide_light / wide_passed : 0.0F;
        const float least = Wiener::least_snr * noise;
        return noise > 0 ? noise / (power > least ? power : least) : 1.0F;
    }
};

// conj(h) z / (|h|^2 + q), times `scale`.
FL_INLINE void filtered(const ComplexValue& z, const ComplexValue& h, float q, float scale, ComplexValue& x) {
    const float part = scale / (h.re * h.re + h.im * h.im + q);
    x.re = (h.re * z.re + h.im * z.im) * part;
    x.im = (h.re * z.im - h.im * z.re) * part;
}

}  // namespace firstlight
