// pile_up: the share of laser cycles in which each bin could still count.
//
// Physics: a detector that counts one photon per cycle is blind after it, so early light hides late light. Of C cycles
//     alive_i = C - sum_{j<i} N_j     x = N_i / alive_i     lambda_i = -ln(1 - x)
// are still alive when bin i begins, and lambda_i is the mean number of detections that bin i would see. Counts stay as
// measured; the bin's live fraction (alive_i / C) * x / lambda_i is filled in, so that E[N_i] = C * live_i * lambda_i.
// A free-running detector that is blind for a dead time tau after each count is alive for 1 - m tau of the time, m
// being its counts per second.
// Fills model.live, in (0, 1]. A trace with fewer than `min_live_cycles` cycles left at its end (or more counts than
// pulses) says nothing about what it hid: flag saturated, and live as if so many had been left. So is a free-running
// trace that was blind for more than 99 % of the time. Effect: counts hidden by pile-up, sum of (y / live - y).
// Shapes: live per trace and bin. Errors: first_photon without /entry/exposure/pulses; free_running without dead time
// or exposure; `automatic` is first_photon where pulses are known, else live is 1 and a warning says so. Agreement of
// CPU and CUDA: relative 1e-6; error of live against double precision: relative 1e-6. Source: P. B. Coates, J. Phys. E
// 1, 878 (1968); for free running G. F. Knoll, Radiation Detection and Measurement, section 4.VII (non-paralyzable).
//
//   100 cycles, counts 50 25  ->  lambda 0.693 0.693, live 0.721 0.361
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

struct PileUp {
    static constexpr StageInfo info{"pile_up", "corrections", "Share of cycles in which a bin could count"};

    enum class Model : std::uint8_t { automatic, first_photon, free_running, none };
    struct Params {
        Model model = Model::automatic;
        double min_live_cycles = 10;
        double dead_time_ns = std::numeric_limits<double>::quiet_NaN();
        static const ParamTable& table();
    };
    struct Coefficients {
        Model model = Model::none;          // never automatic
        const double* per_pixel = nullptr;  // [pixels] laser pulses, or seconds for free_running; null: `everywhere`
        double everywhere = 0;
        double min_live_cycles = 0;
        double dead_time_s = 0;
    };

    static Survey survey(const Params&, const Scan&) { return Survey::none; }
    static std::vector<Layer> layers(const Params&) { return {}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const TraceTile&, const Coefficients&);
};

// Share of the time for which a free-running detector was not blind; `overwhelmed` where that is below 1 %.
FL_HD inline float free_running_share(double total, double seconds, double dead_time_s, bool& overwhelmed) {
    constexpr double lowest = 0.01;
    const double share = 1 - total * dead_time_s / seconds;
    overwhelmed = total > 0 && !(share >= lowest);
    return static_cast<float>(total > 0 ? (overwhelmed ? lowest : share) : 1.0);
}

}  // namespace firstlight
