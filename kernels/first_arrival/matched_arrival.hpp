// matched_arrival: when unscattered light reaches a pixel, found in the scan itself with the log-matched filter.
//
// Physics, position, standard deviation (Cramer-Rao bound): see support/matched_filter.hpp. Only the shortest 99.9 % of
// the response is used, which costs the position nothing that counts. Modes:
//   pooled     one arrival, found in the pooled trace of the survey sample, plus each pixel's shift
//   per_pixel  each pixel's own, in y / live on nominal bins (true ones spread over those they overlap). A pixel whose signal is below `min_snr` times the square root
//              of the counts in the filter's span takes the median of its neighbours in a second pass: of the smallest
//              window, up to `neighbour_radius`, with 3 of them; else the pooled arrival. Its standard deviation then
//              holds the neighbours' own and their scatter (1.4826 MAD).
// signal_to_background r = a / b is taken from the pooled trace unless given. Responses measured per pixel: their mean.
// Light that is scattered by less than the response's width is found with the unscattered: see time_gate's purity.
// Fills model.arrival [bins, with the pixel's shift] and arrival_sigma [bins]; layers arrival and arrival_sigma [s,
// without the shift]. First pass of per_pixel: layers are NaN where the pixel is starved or masked.
// context.shared: writes "arrival_bins", "arrival_sigma_bins" (pooled, aligned) and, for a reference scan,
// "reference.arrival_bins". Shapes: per trace. Effect: none (0).
// Errors: no response though `measured`; a search range that the response does not fit into; all pixels masked.
// Agreement of CPU and CUDA: the same position to the bit; sigma 1e-6 relative.
//
//   50 photons, Gaussian response of 6 bins FWHM, no background  ->  arrival +- 6 / 2.355 / sqrt(50) = 0.36 bins
#pragma once

#include <limits>

#include "kernels/support/matched_filter.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct MatchedArrival {
    static constexpr StageInfo info{"matched_arrival", "first_arrival", "Arrival of unscattered light from the scan"};

    enum class Mode : std::uint8_t { pooled, per_pixel };
    enum class ResponseFrom : std::uint8_t { measured, gaussian };
    struct Params {
        Mode mode = Mode::pooled;
        double search_from_ps = std::numeric_limits<double>::quiet_NaN();
        double search_to_ps = std::numeric_limits<double>::quiet_NaN();
        double signal_to_background = std::numeric_limits<double>::quiet_NaN();
        ResponseFrom response = ResponseFrom::measured;
        double gaussian_fwhm_ps = 60;
        double min_snr = 5;
        std::int64_t neighbour_radius = 3;
        static const ParamTable& table();
    };
    enum class Task : std::uint8_t { constant, search, map };
    struct Coefficients {
        Task task = Task::constant;
        double arrival = 0, sigma = 0;  // pooled, aligned, bins
        FilterView filter;              // search
        SearchRange range;
        double min_snr = 0;
        const float* map_arrival = nullptr;  // map: [pixels] aligned, bins
        const float* map_sigma = nullptr;
        double bin_width_s = 0, first_bin_centre_s = 0;
    };

    static Survey survey(const Params& params, const Scan&) {
        return params.mode == Mode::per_pixel ? Survey::every_pixel : Survey::sample;
    }
    static std::vector<Layer> layers(const Params&) { return {Layer::arrival, Layer::arrival_sigma}; }
    static Coefficients prepare(const Params&, StageContext&);
    // After the first pass over all pixels (per_pixel only): its layers, whole image in host memory -> the final map.
    static Coefficients refine(const Params&, StageContext&, const ImageTile& first_pass);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

}  // namespace firstlight
