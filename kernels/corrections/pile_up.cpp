#include "kernels/corrections/pile_up.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/corrections/pile_up_trace.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t lanes = 8;
using Lanes [[gnu::vector_size(4 * lanes)]] = std::int32_t;
constexpr std::int64_t block = 64;  // bins whose sums wait in the stack for the second loop

// Live fractions of one trace of whole counts that add up to less than 2^31. Counts of later bins are added to the
// cycles that no bin used, rather than those of earlier bins subtracted from all cycles: sums of positive numbers keep
// single precision whatever the number of cycles. Returns true when a bin took more than half of its live cycles, for
// which the polynomial does not hold. Two loops, because only the second one can be done many bins at a time.
#define FL_FILL_LIVE(NAME, TYPE)                                                                                     \
    FL_SIMD bool NAME(const TYPE* y, std::int64_t n, std::int32_t total, float rest, float per_cycle, float* live) { \
        std::int32_t from_here[block];                                                                               \
        std::int32_t later = total;                                                                                  \
        std::int32_t heavy = 0;                                                                                      \
        for (std::int64_t begin = 0; begin < n; begin += block) {                                                    \
            const std::int64_t size = n - begin < block ? n - begin : block;                                         \
            std::int64_t i = 0;                                                                                      \
            for (; i + lanes <= size; i += lanes) { /* running sums of 8 bins in 3 steps */                          \
                Lanes sum;                                                                                           \
                for (int k = 0; k < lanes; ++k) sum[k] = static_cast<std::int32_t>(y[begin + i + k]);                \
                const Lanes here = sum;                                                                              \
                sum += __builtin_shuffle(sum, Lanes{}, Lanes{8, 0, 1, 2, 3, 4, 5, 6});                               \
                sum += __builtin_shuffle(sum, Lanes{}, Lanes{8, 8, 0, 1, 2, 3, 4, 5});                               \
                sum += __builtin_shuffle(sum, Lanes{}, Lanes{8, 8, 8, 8, 0, 1, 2, 3});                               \
                const Lanes left = later - (sum - here);                                                             \
                for (int k = 0; k < lanes; ++k) from_here[i + k] = left[k];                                          \
                later -= sum[lanes - 1];                                                                             \
            }                                                                                                        \
            for (; i < size; ++i) {                                                                                  \
                from_here[i] = later;                                                                                \
                later -= static_cast<std::int32_t>(y[begin + i]);                                                    \
            }                                                                                                        \
            for (i = 0; i < size; ++i) {                                                                             \
                const float here = static_cast<float>(static_cast<std::int32_t>(y[begin + i]));                      \
                const float alive = rest + static_cast<float>(from_here[i]);                                         \
                const float z = here / (alive + alive - here);                                                       \
                const float share = per_cycle * (alive - 0.5F * here) * within_bin(z * z);                           \
                live[begin + i] = share < 1.0F ? share : 1.0F;                                                       \
                heavy |= here + here > alive ? 1 : 0;                                                                \
            }                                                                                                        \
        }                                                                                                            \
        return heavy != 0;                                                                                           \
    }
FL_FILL_LIVE(fill_live_u1, std::uint8_t)
FL_FILL_LIVE(fill_live_u2, std::uint16_t)
FL_FILL_LIVE(fill_live_u4, std::uint32_t)
#undef FL_FILL_LIVE

template <class T>
void fill_live_plainly(const T* y, std::int64_t n, const FirstPhotonCycles& c, float* live) {
    double later = c.cycles - c.rest;
    for (std::int64_t i = 0; i < n; ++i) {
        live[i] =
            live_share(static_cast<float>(c.rest + later), static_cast<float>(y[i]), static_cast<float>(1 / c.cycles));
        later -= static_cast<double>(y[i]);
    }
}

bool fill_quickly(const std::uint8_t* y, std::int64_t n, std::int32_t total, float rest, float per_cycle, float* live) {
    return fill_live_u1(y, n, total, rest, per_cycle, live);
}
bool fill_quickly(const std::uint16_t* y, std::int64_t n, std::int32_t total, float rest, float per_cycle,
                  float* live) {
    return fill_live_u2(y, n, total, rest, per_cycle, live);
}
bool fill_quickly(const std::uint32_t* y, std::int64_t n, std::int32_t total, float rest, float per_cycle,
                  float* live) {
    return fill_live_u4(y, n, total, rest, per_cycle, live);
}

void fill_live(const CountsView& counts, std::int64_t trace, double total, const FirstPhotonCycles& c, float* live) {
    visit_counts(counts, [&](const auto* all) {
        const auto* y = all + trace * counts.bins;
        if constexpr (!std::is_same_v<decltype(all), const float*>) {
            if (total < 0x7fffffff && !fill_quickly(y, counts.bins, static_cast<std::int32_t>(total),
                                                    static_cast<float>(c.rest), static_cast<float>(1 / c.cycles), live))
                return;
        }
        fill_live_plainly(y, counts.bins, c, live);
    });
}

// Pulses, or seconds where `seconds`, of pixel p; 0 where the file does not tell.
double exposure_at(const StageContext& context, bool seconds, std::int64_t p) {
    const Scan& scan = context.scan;
    const double pulses =
        context.is_reference ? scan.reference_pulses_at(context.view, p) : scan.pulses_at(context.view, p);
    if (!seconds) return pulses;
    if (!context.is_reference && !scan.exposure_s.empty()) {
        const auto n = static_cast<std::int64_t>(scan.exposure_s.size());
        const std::int64_t at = n == 1 ? 0 : n == scan.pixels() ? p : context.view;
        return scan.exposure_s[static_cast<std::size_t>(at)];
    }
    return scan.repetition_rate_hz ? pulses / *scan.repetition_rate_hz : 0;
}

// Fills in the exposure; false when no pixel has one.
bool set_exposure(PileUp::Coefficients& c, StageContext& context, bool seconds) {
    std::vector<double> exposure(static_cast<std::size_t>(context.scan.pixels()));
    bool any = false;
    for (std::size_t p = 0; p < exposure.size(); ++p) {
        const double value = exposure_at(context, seconds, static_cast<std::int64_t>(p));
        exposure[p] = value > 0 ? value : 0;
        any = any || value > 0;
    }
    if (!any) return exposure.empty();
    c.everywhere = exposure.front();
    if (std::any_of(exposure.begin(), exposure.end(), [&](double v) { return v != exposure.front(); }))
        c.per_pixel = context.keep.keep(exposure);
    return true;
}

}  // namespace

const ParamTable& PileUp::Params::table() {
    static const ParamTable t{
        choice(&Params::model, "model",
               "what blinds the detector: its first photon of a cycle, a dead time after each count, nothing, or "
               "automatic (first_photon where pulses are known)",
               {"automatic", "first_photon", "free_running", "none"}),
        real(&Params::min_live_cycles, "min_live_cycles", "",
             "a trace with fewer cycles left without a count is flagged saturated", 1, 1e9)
            .only_if("model", "automatic|first_photon"),
        real(&Params::dead_time_ns, "dead_time_ns", "ns", "time for which the detector is blind after a count", 0, 1e9)
            .auto_is("the file's dead_time")
            .only_if("model", "free_running"),
    };
    return t;
}

PileUp::Coefficients PileUp::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const char* pulses_path = context.is_reference ? "/entry/reference/pulses" : "/entry/exposure/pulses";
    Coefficients c;
    c.model = params.model;
    c.min_live_cycles = params.min_live_cycles;
    if (params.model == Model::automatic || params.model == Model::first_photon) {
        c.model = Model::first_photon;
        if (set_exposure(c, context, false)) return c;
        const std::string problem = fmt::format("{}: {} is missing or not positive", scan.name, pulses_path);
        const std::string why = "pile-up is counts per laser pulse";
        if (params.model == Model::first_photon)
            throw Error(ExitCode::bad_input, problem, why,
                        "write the number of laser pulses per pixel, or use --pile_up.model none");
        context.warn(problem + " (" + why + "): pile-up is not corrected; --pile_up.model none says that it is meant");
        c.model = Model::none;
    }
    if (params.model == Model::free_running) {
        if (std::isnan(params.dead_time_ns) && !scan.dead_time_s)
            throw Error(ExitCode::bad_input, scan.name + ": /entry/instrument/detector/dead_time is missing",
                        "pile_up.model = \"free_running\" needs it", "give --pile_up.dead_time_ns");
        c.dead_time_s = std::isnan(params.dead_time_ns) ? *scan.dead_time_s : params.dead_time_ns * 1e-9;
        if (!set_exposure(c, context, true))
            throw Error(ExitCode::bad_input,
                        context.is_reference
                            ? fmt::format("{}: {} or /entry/instrument/source/repetition_rate is missing", scan.name,
                                          pulses_path)
                            : fmt::format("{}: neither /entry/exposure/time nor {} with "
                                          "/entry/instrument/source/repetition_rate is there",
                                          scan.name, pulses_path),
                        "dead time matters per second of exposure", "write them, or use --pile_up.model none");
    }
    return c;
}

void PileUp::on_cpu(const TraceTile& tile, const Coefficients& c) {
    const std::int64_t bins = tile.counts.bins;
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        float* live = tile.model.live == nullptr ? nullptr : tile.model.live + i * bins;
        double hidden = 0;
        bool overwhelmed = false;
        const double exposure = c.per_pixel == nullptr ? c.everywhere : c.per_pixel[tile.window.pixel(i)];
        const double total = c.model == Model::none ? 0 : sum_counts(tile.counts, i, 0, bins);
        if (c.model == Model::none || !(total - total == 0)) {
            if (live != nullptr) std::fill_n(live, bins, 1.0F);
        } else if (c.model == Model::first_photon) {
            const FirstPhotonCycles cycles = first_photon_cycles(exposure, total, c.min_live_cycles);
            fill_live(tile.counts, i, total, cycles, live);
            overwhelmed = cycles.overwhelmed;
            hidden = hidden_counts(cycles);
        } else {
            const float share = free_running_share(total, exposure, c.dead_time_s, overwhelmed);
            std::fill_n(live, bins, share);
            hidden = total * (1 / static_cast<double>(share) - 1);
        }
        if (overwhelmed) tile.model.flags[i] = static_cast<std::uint8_t>(tile.model.flags[i] | saturated);
        if (tile.effect != nullptr) tile.effect[i] = static_cast<float>(hidden);
    }
}

}  // namespace firstlight
