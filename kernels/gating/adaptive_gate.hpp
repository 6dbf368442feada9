// adaptive_gate: in each pixel, the gate where light stands out of the background most, where it does at all.
//
// Physics: seen in reflection, every pixel has its surface at a time of its own, and fog in front lights up before it.
// The gate is the window of two pulse widths (of the response, FWHM) whose counts are least likely to be background
// (gating/significant_window.hpp). It is accepted when background alone would give such a window anywhere in the
// searched range with a chance below `false_acceptance`; at that rate pixels without a surface are taken for one, for
// any number of counts from 5 on, within 20 % of it (where two counts in one window are rarer than the rate, less
// often). Background over time: `pooled` from the scan's own traces (gating/backscatter.hpp), scaled to each; `flat`
// the same in all bins.
// A pixel that is not accepted is tried with the traces around it added, 3 x 3 and so on up to `superpixel_px` a side
// (aligned by whole bins of their shifts; a third of the rate for each of three sizes, so that all together keep it).
// Its time is then its neighbourhood's, its counts are its own; edges of surfaces grow by as many pixels. A pixel whose
// own window holds fewer than `few_counts` takes the time of the smallest square that holds as many and shows the same
// light (windows that touch), because the place of two or three photons within a pulse is uncertain by most of it.
// Within an accepted window the arrival is the maximum of the log-matched filter (support/matched_filter.hpp), its
// standard deviation the Cramer-Rao bound. The filter looks for the response and, where the scan shows it, for the
// light behind it that was scattered forwards on its way (gating/forward_scatter.hpp), which would else make every
// surface look too far away; the standard deviation knows nothing of how well that is known.
// Light that does not stand out of the bins around the response is not accepted: it is an edge of the fog.
// `surfaces = strongest_and_last` searches what lies behind the accepted gate, too, for the last surface that passes
// the same test (gating/last_surface.hpp): the wall behind a net or glass. Where none does, last is the strongest.
//     ballistic = (sum y / live - B) / gain,  var = (sum y / live^2 + var B) / gain^2,  sums over the window,
// B the background's curve in it, scaled by the counts outside it: unbiased in a given window, but a window that was
// chosen for its counts holds about one count more than its light when there are few.
//
// Reads model.live, edges, gain, dark, shift, flags. Fills model.arrival, arrival_sigma [bins]. Layers: counts (all),
// ballistic, ballistic_sigma, background [counts], arrival, arrival_sigma [s, without the shift], snr; of the last
// surface arrival_last, arrival_last_sigma, ballistic_last. Where nothing was accepted all but counts are NaN and the
// flag is low_counts; masked pixels: NaN. Effect: counts in the gate less
// all. context.shared: writes "gate_share", the share of the response's unscattered light in a window placed best.
// halo(): a tile must come with superpixel_px / 2 more pixels on each side; results of those pixels are incomplete.
// Errors: no response and none given; a window that is not shorter than a third of the searched range; an even
// superpixel_px; every pixel masked. CPU and CUDA agree to relative 1e-5.
// Source: J. Rapp & V. K. Goyal, IEEE Trans. Comput. Imaging 3, 445 (2017); what differs and why: significant_window.
//
//   26 counts in 256 bins, 7 of them within 8 bins  ->  accepted: 1 trace in 640 has such a window by chance
#pragma once

#include <limits>

#include "kernels/gating/significant_window.hpp"
#include "kernels/support/matched_filter.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct AdaptiveGate {
    static constexpr StageInfo info{"adaptive_gate", "gating", "Where light stands out of the background, per pixel"};
    static constexpr bool finds_arrival = true;  // needs no stage before it that says when light arrives

    enum class Background : std::uint8_t { pooled, flat };
    enum class ForwardScattered : std::uint8_t { fitted, ignored };
    enum class ResponseSource : std::uint8_t { measured, gaussian };
    enum class Surfaces : std::uint8_t { strongest, strongest_and_last };
    struct Params {
        double false_acceptance = 0.01;
        double window_ps = std::numeric_limits<double>::quiet_NaN();
        Background background = Background::pooled;
        std::int64_t superpixel_px = 5;
        double few_counts = 8;
        ForwardScattered forward_scattered = ForwardScattered::fitted;
        double search_from_ps = std::numeric_limits<double>::quiet_NaN();
        double search_to_ps = std::numeric_limits<double>::quiet_NaN();
        ResponseSource response = ResponseSource::measured;
        double gaussian_fwhm_ps = 60;
        Surfaces surfaces = Surfaces::strongest;
        double least_share = 0.02;
        static const ParamTable& table();
    };
    static constexpr int filter_strengths = 4;  // signal over background per bin 1, 8, 64, 512: the nearest is taken
    struct Coefficients {
        WindowTest test;
        FilterView filters[filter_strengths];
        std::int64_t place_from = 0, place_to = 0;  // of the response's span after the window's start, bins
        std::int64_t radius = 0;                    // of the largest superpixel
        double few_counts = 0;
        double bin_width_s = 0, first_bin_centre_s = 0;
        bool last = false;       // the last surface is searched, too
        double least_share = 0;  // of the strongest's light
    };

    static Survey survey(const Params& params, const Scan&) {
        const bool asks =
            params.background == Background::pooled || params.forward_scattered == ForwardScattered::fitted;
        return asks ? Survey::sample : Survey::none;
    }
    static std::int64_t halo(const Params& params) { return params.superpixel_px / 2; }
    static std::vector<Layer> layers(const Params& params) {
        std::vector<Layer> layers{Layer::counts,     Layer::ballistic, Layer::ballistic_sigma,
                                  Layer::background, Layer::arrival,   Layer::arrival_sigma,
                                  Layer::snr};
        if (params.surfaces == Surfaces::strongest_and_last)
            for (const Layer layer : {Layer::arrival_last, Layer::arrival_last_sigma, Layer::ballistic_last})
                layers.push_back(layer);
        return layers;
    }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

}  // namespace firstlight
