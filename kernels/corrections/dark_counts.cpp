#include "kernels/corrections/dark_counts.hpp"

#include <fmt/format.h>

#include "kernels/support/gate_axis.hpp"
#include "kernels/support/lead_bins.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

bool from_rate(const DarkCounts::Params& params, const Scan& scan) {
    return params.source == DarkCounts::Source::rate ||
           (params.source == DarkCounts::Source::automatic && !scan.dark_rate_hz.empty());
}

std::vector<float> expected_per_bin(const StageContext& context) {
    const Scan& scan = context.scan;
    if (scan.dark_rate_hz.empty())
        throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/dark_rate",
                    "dark_counts.source = \"rate\" needs the measured dark rate",
                    "use --dark_counts.source before_light, or measure the rate");
    std::vector<float> expected(static_cast<std::size_t>(scan.pixels()));
    const bool gated = !scan.gates.empty();
    const double frame_s = gated ? mean_exposure_s(scan.gates) : 0;
    for (std::int64_t p = 0; p < scan.pixels(); ++p) {
        const double pulses =
            context.is_reference ? scan.reference_pulses_at(context.view, p) : scan.pulses_at(context.view, p);
        if (gated && (pulses > 0 || !context.is_reference)) {
            const double own = scan.pulses_at(context.view, p);
            const double longer = context.is_reference && own > 0 ? pulses / own : 1;
            expected[static_cast<std::size_t>(p)] =
                static_cast<float>(scan.dark_rate_hz[static_cast<std::size_t>(p)] * frame_s * longer);
            continue;
        }
        if (pulses <= 0)
            throw Error(ExitCode::bad_input,
                        scan.name + ": " +
                            (context.is_reference ? "/entry/reference/pulses" : "/entry/exposure/pulses") +
                            " is missing or not positive",
                        "dark counts per bin are dark_rate * pulses * bin width",
                        "write the number of laser pulses per pixel, or use --dark_counts.source before_light");
        const auto i = static_cast<std::size_t>(p);
        expected[i] = static_cast<float>(scan.dark_rate_hz[i] * pulses * scan.bin_width_s);
    }
    return expected;
}

}  // namespace

const ParamTable& DarkCounts::Params::table() {
    static const ParamTable t{
        choice(&Params::source, "source",
               "where the dark counts come from: the measured rate map, the bins before the light, or automatic (the "
               "map where there is one)",
               {"automatic", "rate", "before_light"}),
        real(&Params::guard_ps, "guard_ps", "ps", "bins this close before the first light are left out", 0, 1e6)
            .only_if("source", "automatic|before_light"),
    };
    return t;
}

Survey DarkCounts::survey(const Params& params, const Scan& scan) {
    return from_rate(params, scan) ? Survey::none : Survey::sample;
}

DarkCounts::Coefficients DarkCounts::prepare(const Params& params, StageContext& context) {
    if (from_rate(params, context.scan)) return {context.keep.keep(expected_per_bin(context)), 0};

    const std::int64_t lead = lead_bins(context, params.guard_ps);
    if (lead < fewest_lead_bins) {
        const std::string problem = fmt::format("{}: only {} bins lie before the light", context.scan.name, lead);
        const std::string why = fmt::format("dark counts are measured in at least {}", fewest_lead_bins);
        if (params.source == Source::before_light)
            throw Error(ExitCode::bad_input, problem, why, "lower --dark_counts.guard_ps, or give a dark_rate map");
        context.warn(problem + " (" + why + "): dark counts are taken as 0");
        return {context.keep.keep(std::vector<float>(static_cast<std::size_t>(context.scan.pixels()), 0.0F)), 0};
    }
    if (context.found != nullptr) (*context.found)["lead_bins"] = static_cast<double>(lead);
    return {nullptr, lead};
}

void DarkCounts::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        if (c.per_pixel != nullptr) {
            tile.model.dark[i] = c.per_pixel[tile.window.pixel(i)];
            tile.model.dark_variance[i] = 0;
        } else {
            const double width = lead_width(tile.model, c.lead_bins);
            const double sum = sum_live_counts(tile.counts, tile.model.live, i, 0, c.lead_bins);
            double variance = sum;
            if (tile.model.live != nullptr) {
                variance = 0;
                for (std::int64_t k = 0; k < c.lead_bins; ++k)
                    variance += lead_variance(tile.model, i * tile.counts.bins + k, exact_count_at(tile.counts, i, k));
            }
            tile.model.dark[i] = static_cast<float>(sum / width);
            tile.model.dark_variance[i] = static_cast<float>(variance / (width * width));
        }
        if (tile.effect != nullptr) tile.effect[i] = -tile.model.dark[i] * static_cast<float>(tile.counts.bins);
    }
}

}  // namespace firstlight
