// expected_arrival: when unscattered light should reach a pixel, from what is known before looking at the scan itself.
//
// Physics: light through a medium of thickness L and index n comes (n - 1) L / c later than through air. Sources:
//   calibration  /entry/calibration/arrival, which is on this scan's time axis
//   reference    the arrival in the reference scan's pooled trace, as it is (reference taken through the same medium)
//   geometry     the same plus (n - 1) L / c (reference taken without the medium)
//   given        `given_ps` on the scan's time axis
//   automatic    calibration; else geometry where thickness and index are known; else reference; what it took is told
// `offset_ps` is added to all. A reference scan is placed by its own pooled trace (log-matched filter with the
// response, centroid of the peak without one), whatever the source; where no sample of it is taken, by calibration or
// given time less the medium's delay.
// Fills model.arrival [bins, with the pixel's shift] and arrival_sigma = 0; layer arrival [s, without the shift].
// context.shared: writes "arrival_bins" (aligned), and for a reference scan "reference.arrival_bins" (without offset),
// which the scan's own prepare() reads. Shapes: per trace. Effect: none (0).
// Errors: a source whose data are missing; an arrival outside the scan's time axis. CPU and CUDA agree to the bit.
//
//   calibration 512 ps, bins of 10 ps centred at 5, 15, …, a pixel with shift 0.3  ->  arrival = 51.2 + 0.3 bins
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct ExpectedArrival {
    static constexpr StageInfo info{"expected_arrival", "first_arrival",
                                    "Arrival of unscattered light from calibration"};

    enum class Source : std::uint8_t { automatic, calibration, reference, geometry, given };
    struct Params {
        Source source = Source::automatic;
        double given_ps = 0;
        double offset_ps = 0;
        static const ParamTable& table();
    };
    struct Coefficients {
        double arrival_bins = 0;  // aligned
        double bin_width_s = 0;
        double first_bin_centre_s = 0;
    };

    static Survey survey(const Params&, const Scan&);
    static std::vector<Layer> layers(const Params&) { return {Layer::arrival}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);

    FL_HD static void fill(const TraceTile& tile, const Coefficients& c, std::int64_t i) {
        const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[i];
        tile.model.arrival[i] = static_cast<float>(c.arrival_bins) + shift;
        tile.model.arrival_sigma[i] = 0;
        if (float* layer = tile.layer(Layer::arrival))
            layer[i] = static_cast<float>(c.first_bin_centre_s + (c.arrival_bins - 0.5) * c.bin_width_s);
        if (tile.effect != nullptr) tile.effect[i] = 0;
    }
};

}  // namespace firstlight
