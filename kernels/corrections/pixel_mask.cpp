#include "kernels/corrections/pixel_mask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/lead_bins.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t fewest_hot_bins = 16;
constexpr double mad_to_sigma = 1.4826;      // of a normal distribution
constexpr double counts_of_the_living = 30;  // a Poisson variable of this mean is 0 once in 1e13

double pulses_of(const StageContext& context, std::int64_t pixel) {
    return context.is_reference ? context.scan.reference_pulses_at(context.view, pixel)
                                : context.scan.pulses_at(context.view, pixel);
}

// Laser pulses per pixel where they differ between pixels; empty where one number serves all.
std::vector<double> uneven_pulses(const StageContext& context) {
    std::vector<double> pulses(static_cast<std::size_t>(context.scan.pixels()));
    for (std::size_t p = 0; p < pulses.size(); ++p) {
        pulses[p] = pulses_of(context, static_cast<std::int64_t>(p));
        if (!(pulses[p] > 0)) pulses[p] = 1;
    }
    const bool even = std::all_of(pulses.begin(), pulses.end(), [&](double v) { return v == pulses.front(); });
    return even ? std::vector<double>{} : pulses;
}

// The value that `share` of the values lie below; reorders them.
double quantile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

// Returns how many of the sample are hot.
std::int64_t measure(PixelMask::Coefficients& c, const StageContext& context, const std::vector<double>& pulses) {
    std::vector<double> rates;
    std::vector<double> totals;
    double exposure_sum = 0;
    for (const TraceTile& tile : context.sample->tiles)
        for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
            const std::int64_t pixel = tile.window.pixel(i);
            const double total = sum_counts(tile.counts, i, 0, tile.counts.bins);
            if (!std::isfinite(total)) continue;
            if (c.given != nullptr && (context.scan.pixel_mask[static_cast<std::size_t>(pixel)] & masked_flags) != 0)
                continue;
            const double exposure = pulses.empty() ? 1.0 : pulses[static_cast<std::size_t>(pixel)];
            totals.push_back(total);
            rates.push_back(sum_counts(tile.counts, i, 0, c.hot_bins) / exposure);
            exposure_sum += exposure;
        }
    if (rates.empty()) return 0;  // nothing left to learn from: the flags given are all there is
    const double exposure = exposure_sum / static_cast<double>(rates.size());

    c.median = quantile(rates, 0.5);
    std::vector<double> deviations(rates.size());
    for (std::size_t i = 0; i < rates.size(); ++i) deviations[i] = std::abs(rates[i] - c.median);
    c.spread = mad_to_sigma * quantile(deviations, 0.5);
    const double inlier =
        c.median + c.threshold * std::max(c.spread, std::sqrt(std::max(c.median * exposure, 1.0)) / exposure);
    double sum = 0;
    double inliers = 0;
    for (const double rate : rates)
        if (rate <= inlier) {
            sum += rate;
            inliers += 1;
        }
    c.mean = sum / inliers;  // the median itself is an inlier
    c.zero_is_dead = quantile(totals, context.is_reference ? 0.5 : 0.1) >= counts_of_the_living;
    c.measured = true;
    if (context.found != nullptr) {
        (*context.found)["hot_bins"] = static_cast<double>(c.hot_bins);
        (*context.found)["hot_above_counts"] =
            c.median * exposure +
            c.threshold * std::max(c.spread * exposure, std::sqrt(std::max(c.mean * exposure, 1.0)));
    }
    const double limit =
        c.median + c.threshold * std::max(c.spread, std::sqrt(std::max(c.mean * exposure, 1.0)) / exposure);
    return std::count_if(rates.begin(), rates.end(), [&](double rate) { return rate > limit; });
}

}  // namespace

const ParamTable& PixelMask::Params::table() {
    static const ParamTable t{
        choice(&Params::source, "source",
               "where the flags come from: the file's pixel_mask, the counts, or automatic (both)",
               {"automatic", "given", "measured"}),
        choice(&Params::statistic, "statistic",
               "which counts show a hot pixel: those before the light, all of the trace, or automatic (before the "
               "light where 16 such bins exist)",
               {"automatic", "before_light", "total"})
            .only_if("source", "automatic|measured"),
        real(&Params::threshold_mad, "threshold_mad", "",
             "hot is what exceeds the median by this many robust standard deviations", 1, 1e3)
            .only_if("source", "automatic|measured"),
        real(&Params::guard_ps, "guard_ps", "ps", "bins this close before the first light are left out", 0, 1e6)
            .only_if("statistic", "automatic|before_light"),
    };
    return t;
}

Survey PixelMask::survey(const Params& params, const Scan& /*scan*/) {
    return params.source == Source::given ? Survey::none : Survey::sample;
}

PixelMask::Coefficients PixelMask::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    Coefficients c;
    if (params.source != Source::measured && !scan.pixel_mask.empty()) {
        if (static_cast<std::int64_t>(scan.pixel_mask.size()) != scan.pixels())
            throw Error(ExitCode::bad_input, scan.name + ": /entry/calibration/pixel_mask is of another size",
                        fmt::format("expected {} x {} pixels, found {} values", scan.rows, scan.columns,
                                    scan.pixel_mask.size()),
                        "write one value per pixel, or use --pixel_mask.source measured");
        c.given = context.keep.keep(scan.pixel_mask);
    }
    if (params.source == Source::given) {
        if (c.given == nullptr)
            throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/pixel_mask",
                        "pixel_mask.source = \"given\" needs it", "use --pixel_mask.source measured");
        return c;
    }
    c.threshold = params.threshold_mad;
    c.maximum_is_saturated = scan.gates.empty();
    c.hot_bins = scan.bins;
    std::string too_few;  // bins for that, where it is so
    const std::string few_bins = fmt::format("hot pixels show themselves in at least {}", fewest_hot_bins);
    if (params.statistic != Statistic::total) {
        const std::int64_t lead = lead_bins(context, params.guard_ps);
        if (lead >= fewest_hot_bins) c.hot_bins = lead;
        else {
            too_few = fmt::format("{}: only {} bins lie before the light", scan.name, lead);
            if (params.statistic == Statistic::before_light)
                throw Error(ExitCode::bad_input, too_few, few_bins,
                            "lower --pixel_mask.guard_ps, or use --pixel_mask.statistic total");
        }
    }
    const std::vector<double> pulses = uneven_pulses(context);
    const std::int64_t hot_ones = measure(c, context, pulses);
    if (!too_few.empty() && hot_ones > 0)
        context.warn(
            fmt::format("{} ({}): total counts are compared instead, and {} of {} pixels looked at count as "
                        "hot, which bright parts of a mostly dark scene may be; --pixel_mask.source given uses "
                        "the file's mask alone",
                        too_few, few_bins, hot_ones, context.sample->traces));
    c.exposure = context.keep.keep(pulses);
    return c;
}

void PixelMask::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        const std::int64_t pixel = tile.window.pixel(i);
        const double total = sum_counts(tile.counts, i, 0, tile.counts.bins);
        unsigned flags = tile.model.flags[i];
        if (c.given != nullptr) flags |= c.given[pixel];
        if (c.measured)
            flags |= measured_flags(c, pixel, total, sum_counts(tile.counts, i, 0, c.hot_bins),
                                    any_count_at_maximum(tile.counts, i));
        tile.model.flags[i] = static_cast<std::uint8_t>(flags);
        if (tile.effect != nullptr)
            tile.effect[i] = (flags & masked_flags) != 0 && total - total == 0 ? static_cast<float>(-total) : 0.0F;
    }
}

}  // namespace firstlight
