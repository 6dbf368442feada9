// matched_arrival: when light arrived, found in the scan itself by the log-matched filter (support/matched_filter.hpp).
//
//   pooled     one arrival for all pixels, in the pooled trace of the survey sample (each pixel's shift added)
//   per_pixel  one per pixel. A first pass over all pixels finds them; where the signal is below `min_snr` times its
//              noise, or the pixel is masked, the median of the good pixels in the smallest window up to
//              `neighbour_radius` that holds 3 of them stands in, else the pooled arrival.
// Physics: argmax_d sum_i (y_i / live_i) log(1 + r h(c_i - d)), c_i being the true centre of bin i (model.edges); sigma
// is the Cramer-Rao bound 1 / sqrt(sum live (a h')^2 / (a h + b)). Under pile-up raw counts would put the light early
// (by 0.2 sigma of the response at a detection in half of the cycles). model.gain and model.dark make no difference
// here. Reads model.live, model.edges, model.shift and model.flags, which earlier stages of the same pass fill in.
// Responses of their own per pixel are taken as their mean. Arrivals are searched in [search_from, search_to] on the
// scan's time axis, moved by the pixel's shift.
// Where there is no light at all, so that sigma would be infinite, both are NaN and the flag is low_counts.
// Fills model.arrival, model.arrival_sigma [bins]; layers arrival, arrival_sigma [s, without the shift] and counts.
// context.shared: writes "arrival_bins" (aligned, pooled; with "reference." before it for a reference scan).
// Effect: 0. Shapes: per trace. Errors: no response and none given; a search range that the response does not fit.
// CPU and CUDA agree to the bit for whole counts without model.live; otherwise the arrival does, and sigma to 1e-6 of
// itself. Source: S. M. Kay, Fundamentals of Statistical Signal Processing I.
//
//   1000 photons, Gaussian response of sigma 2 bins, no background  ->  arrival_sigma = 2 / sqrt(1000) = 0.063 bins
#pragma once

#include <cmath>
#include <limits>

#include "kernels/support/matched_filter.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct MatchedArrival {
    static constexpr StageInfo info{"matched_arrival", "first_arrival", "Arrival of light found in the scan itself"};

    enum class Mode : std::uint8_t { pooled, per_pixel };
    enum class ResponseSource : std::uint8_t { measured, gaussian };
    struct Params {
        Mode mode = Mode::pooled;
        ResponseSource response = ResponseSource::measured;
        double gaussian_fwhm_ps = 60;
        double search_from_ps = std::numeric_limits<double>::quiet_NaN();
        double search_to_ps = std::numeric_limits<double>::quiet_NaN();
        double signal_to_background = std::numeric_limits<double>::quiet_NaN();
        double min_snr = 5;
        std::int64_t neighbour_radius = 5;
        static const ParamTable& table();
    };
    struct Coefficients {
        double pooled_bins = 0, pooled_sigma = 0;  // aligned
        bool search = false;                       // first pass: look in every trace
        FilterView filter;
        double from_bins = 0, to_bins = 0;
        double min_snr = 0;
        const float* map = nullptr;        // [pixels] aligned arrival, bins: what the first pass came to
        const float* map_sigma = nullptr;  // [pixels]
        double bin_width_s = 0, first_bin_centre_s = 0;
    };

    static Survey survey(const Params& params, const Scan&) {
        return params.mode == Mode::per_pixel ? Survey::every_pixel : Survey::sample;
    }
    static std::vector<Layer> layers(const Params&) { return {Layer::counts, Layer::arrival, Layer::arrival_sigma}; }
    static Coefficients prepare(const Params&, StageContext&);
    static Coefficients refine(const Params&, StageContext&, const ImageTile& first_pass);
    static void on_cpu(const TraceTile&, const Coefficients&);

    // Writes an aligned arrival (NaN: not found) into the model and the layers of a trace.
    FL_HD static void fill(const TraceTile& tile, const Coefficients& c, std::int64_t i, float arrival, float sigma) {
        if (!(sigma < HUGE_VALF)) {  // NaN, too
            arrival = sigma = std::numeric_limits<float>::quiet_NaN();
            if (tile.model.flags != nullptr && !c.search && !tile.is_masked(i))
                tile.model.flags[i] = static_cast<std::uint8_t>(tile.model.flags[i] | low_counts);
        }
        const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[i];
        tile.model.arrival[i] = arrival + shift;
        tile.model.arrival_sigma[i] = sigma;
        if (float* layer = tile.layer(Layer::arrival))
            layer[i] = static_cast<float>(c.first_bin_centre_s + (static_cast<double>(arrival) - 0.5) * c.bin_width_s);
        if (float* layer = tile.layer(Layer::arrival_sigma))
            layer[i] = static_cast<float>(static_cast<double>(sigma) * c.bin_width_s);
        if (tile.effect != nullptr) tile.effect[i] = 0;
    }
};

}  // namespace firstlight
