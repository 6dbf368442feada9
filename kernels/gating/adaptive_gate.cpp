#include "kernels/gating/adaptive_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/gating/adaptive_gate_trace.hpp"
#include "kernels/gating/backscatter.hpp"
#include "kernels/gating/forward_scatter.hpp"
#include "kernels/gating/last_surface.hpp"

namespace firstlight {
namespace {

constexpr double pulse_widths = 2;
constexpr double surface_share = 0.99;

BinnedResponse response_of(const Scan& scan, AdaptiveGate::ResponseSource source, const StageContext& context) {
    if (scan.irf.empty())
        throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/irf",
                    "adaptive_gate takes its window and the arrival within it from the response",
                    "add the measured response, or use --adaptive_gate.response gaussian with gaussian_fwhm_ps");
    BinnedResponse response = binned_response(scan);
    if (source == AdaptiveGate::ResponseSource::measured)
        for (const std::string& message : response.messages) context.warn(scan.name + ": " + message);
    return response;
}

// The run of `width` taps that holds the most light; it may stick out of the taps.
struct BestRun {
    std::int64_t start = 0;
    double share = 0;
};
BestRun best_run(const std::vector<float>& taps, std::int64_t width) {
    const auto n = static_cast<std::int64_t>(taps.size());
    BestRun best{(n - width) / 2, 0};
    for (std::int64_t start = 0; start + width <= n; ++start) {
        double share = 0;
        for (std::int64_t k = start; k < start + width; ++k)
            share += static_cast<double>(taps[static_cast<std::size_t>(k)]);
        if (share > best.share) best = {start, share};
    }
    if (width > n) best.share = 1;
    return best;
}

void check(const AdaptiveGate::Params& params, const Scan& scan, std::int64_t width, double range) {
    if (params.superpixel_px % 2 == 0)
        throw Error(ExitCode::usage, fmt::format("adaptive_gate: superpixel_px {} is even", params.superpixel_px),
                    "a superpixel has its pixel in the middle",
                    fmt::format("use {} or {}", params.superpixel_px - 1, params.superpixel_px + 1));
    if (!(range >= 3 * static_cast<double>(width)))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: {:.4g} ps are searched for a window of {:.4g} ps", scan.name,
                                std::max(0.0, range) * scan.bin_width_s * 1e12,
                                static_cast<double>(width) * scan.bin_width_s * 1e12),
                    "less than three windows do not show what the background is",
                    "widen --adaptive_gate.search_from_ps and search_to_ps, or lower window_ps");
}

const SurveySample& sample_of(const StageContext& context) {
    if (context.sample == nullptr)
        throw Error(ExitCode::internal, context.scan.name + ": a survey sample was asked for but not taken");
    return *context.sample;
}

std::int64_t most_surfaces(const AdaptiveGate::Params& params) {
    return params.surfaces == AdaptiveGate::Surfaces::strongest ? 1 : KnownLight::most;
}

// Where a surface's light lies about its window.
SurfaceSpan span_of(const BinnedResponse& response, const WindowTest& test) {
    const TapSpan span = shortest_span(response.taps, surface_share);
    const BestRun run = best_run(response.taps, test.width);
    const std::int64_t slack = test.width / 2;
    return {test.width, std::max<std::int64_t>(0, run.start - span.first) + slack,
            std::max<std::int64_t>(0, span.last - run.start - test.width) + slack};
}

Backscatter background_of(const AdaptiveGate::Params& params, const StageContext& context,
                          const BinnedResponse& response, const WindowTest& test) {
    if (params.background == AdaptiveGate::Background::flat)
        return {std::vector<double>(static_cast<std::size_t>(test.bins), 1.0), 0};
    return pooled_backscatter(context.scan, sample_of(context), span_of(response, test), test.from, test.to,
                              most_surfaces(params));
}

// The strongest of each trace, but where another follows so closely that it would pass for light scattered forwards.
std::vector<Surface> strongest_alone(const std::vector<Surface>& surfaces, std::int64_t width) {
    const auto same_trace = [](const Surface& a, const Surface& b) { return a.tile == b.tile && a.trace == b.trace; };
    std::vector<Surface> alone;
    for (std::size_t s = 0; s < surfaces.size(); ++s) {
        if (s > 0 && same_trace(surfaces[s - 1], surfaces[s])) continue;
        const bool followed = s + 1 < surfaces.size() && same_trace(surfaces[s], surfaces[s + 1]) &&
                              surfaces[s + 1].start < surfaces[s].start + forward_scatter_windows * width;
        if (!followed) alone.push_back(surfaces[s]);
    }
    return alone;
}

ForwardScatter scatter_of(const AdaptiveGate::Params& params, const StageContext& context, const Scan& scan,
                          const BinnedResponse& response, const Backscatter& background, const WindowTest& test) {
    if (params.forward_scattered == AdaptiveGate::ForwardScattered::ignored) return {};
    const SurveySample& sample = sample_of(context);
    const std::vector<Surface> surfaces = find_surfaces(sample, background, test.width, test.from, test.to,
                                                        {most_surfaces(params), span_of(response, test).tail});
    return fit_forward_scatter(scan, sample, strongest_alone(surfaces, test.width), test.width);
}

// `seen`: the response with the light that was scattered forwards, which the filter looks for.
void lay_filters(const BinnedResponse& seen, const BinnedResponse& response, StageContext& context,
                 AdaptiveGate::Coefficients& c) {
    std::int64_t span_start = 0;
    for (int s = 0; s < AdaptiveGate::filter_strengths; ++s) {
        const MatchedFilter f = make_matched_filter(seen, std::exp2(3 * s));
        if (f.taps > c.test.bins)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: the response spans {} bins and a trace has {}", context.scan.name, f.taps,
                                    c.test.bins),
                        "the arrival is found by laying the response over the trace",
                        "shorten /entry/calibration/irf, or use --adaptive_gate.response gaussian");
        c.filters[s] = {context.keep.keep(f.weight), context.keep.keep(f.share), context.keep.keep(f.slope), f.taps,
                        f.zero};
        span_start = std::llround(seen.zero - f.zero);
    }
    // Light that arrives at a has its densest window at a + run.start - zero; it may be half a window off.
    const BestRun run = best_run(seen.taps, c.test.width);
    const double off = static_cast<double>(c.test.width) / 2 + 1;
    const auto place = static_cast<double>(span_start - run.start);
    c.place_from = static_cast<std::int64_t>(std::floor(place - off));
    c.place_to = static_cast<std::int64_t>(std::ceil(place + off));
    const double open = static_cast<double>(run.start) - seen.zero;
    const double share = response.cumulative.between(open, open + static_cast<double>(c.test.width));
    if (context.shared != nullptr)
        (*context.shared)[context.is_reference ? "reference.gate_share" : "gate_share"] = share;
    if (context.found != nullptr) (*context.found)["gate_share"] = share;
}

#define FL_ADD_COUNTS(TYPE)                                                                           \
    FL_SIMD void add_counts(const TYPE* counts, std::int64_t n, float* sum) {                         \
        for (std::int64_t i = 0; i < n; ++i) sum[i] += static_cast<float>(counts[i]);                 \
    }                                                                                                 \
    FL_SIMD void add_live_counts(const TYPE* counts, const float* live, std::int64_t n, float* sum) { \
        for (std::int64_t i = 0; i < n; ++i) sum[i] += static_cast<float>(counts[i]) / live[i];       \
    }
FL_ADD_COUNTS(std::uint8_t)
FL_ADD_COUNTS(std::uint16_t)
FL_ADD_COUNTS(std::uint32_t)
FL_ADD_COUNTS(float)
#undef FL_ADD_COUNTS

// Counts around a trace, added up; z: over their live fractions where there are any.
void add_up(const TraceTile& tile, std::int64_t trace, std::int64_t radius, std::vector<float>& y,
            std::vector<float>& z) {
    const std::int64_t bins = tile.counts.bins;
    std::fill(y.begin(), y.end(), 0.0F);
    std::fill(z.begin(), z.end(), 0.0F);
    each_neighbour(tile, trace, radius, [&](std::int64_t other, std::int64_t later) {
        const std::int64_t first = std::max<std::int64_t>(0, -later);
        const std::int64_t n = std::min(bins, bins - later) - first;
        if (n <= 0) return;
        const std::int64_t from = other * bins + first + later;
        visit_counts(tile.counts, [&](const auto* counts) {
            add_counts(counts + from, n, y.data() + first);
            if (!z.empty()) add_live_counts(counts + from, tile.model.live + from, n, z.data() + first);
        });
    });
}

// A trace, or the sum of several, as find_last_surface takes it.
struct SummedTrace {
    const AdaptiveGate::Coefficients& c;
    const float* y;
    const float* z;  // y over the live fractions
    const std::vector<double>& before;
    TraceNoise noise;
    std::int64_t last;

    [[nodiscard]] BinsBehind sums(std::int64_t from, const KnownLight& known) const {
        BinsBehind sums;
        sums.counts = sum_counts({y, CountType::f4, 1, last}, 0, from, last);
        sums.shape = shape_of_range(noise, before, from, last);
        for (std::int64_t i = from; i < last; ++i)
            sums.known += live_at(noise, i) * known_in_bin(c.filters[0], known, noise.edges, i);
        return sums;
    }
    [[nodiscard]] FoundWindow window(std::int64_t from, const BinsBehind& behind, const KnownLight& known) const {
        std::vector<double> light(static_cast<std::size_t>(last));
        for (std::int64_t i = from; i < last; ++i)
            light[static_cast<std::size_t>(i)] = known_in_bin(c.filters[0], known, noise.edges, i);
        return window_behind(
            c.test, noise, y, [&](std::int64_t i) { return light[static_cast<std::size_t>(i)]; }, behind, from,
            last - c.test.width + 1);
    }
    [[nodiscard]] FoundArrival light(const FilterView& filter, const SearchRange& places, const SearchRange& around,
                                     const KnownLight& known) const {
        std::vector<float> rest(static_cast<std::size_t>(c.test.bins));
        for (std::int64_t i = around.first; i < around.last - 1 + filter.taps; ++i)
            rest[static_cast<std::size_t>(i)] =
                static_cast<float>(static_cast<double>(z[i]) - known_in_bin(filter, known, noise.edges, i));
        return find_in_trace(rest.data(), noise.live, noise.edges, filter, places, around);
    }
};

}  // namespace

const ParamTable& AdaptiveGate::Params::table() {
    static const ParamTable t{
        real(&Params::false_acceptance, "false_acceptance", "",
             "chance that background alone is taken for light in a pixel", 1e-6, 0.5),
        real(&Params::window_ps, "window_ps", "ps", "length of the gate", 1e-3, 1e6)
            .auto_is("2 times the response's FWHM"),
        choice(&Params::background, "background",
               "background over time: as the scan's own traces show it, or the same in all bins", {"pooled", "flat"}),
        integer(&Params::superpixel_px, "superpixel_px", "px",
                "side of the largest square of traces that are added up where one shows nothing; odd", 1, 15),
        real(
            &Params::few_counts, "few_counts", "",
            "a window of fewer counts takes the time of the square of traces around it where that shows the same light",
            0, 1e6),
        choice(&Params::forward_scattered, "forward_scattered",
               "light that was scattered forwards and comes a little late: fitted to the scan, or left out of the "
               "response",
               {"fitted", "ignored"}),
        real(&Params::search_from_ps, "search_from_ps", "ps", "earliest time searched, on the scan's time axis", -1e9,
             1e9)
            .auto_is("the first bin"),
        real(&Params::search_to_ps, "search_to_ps", "ps", "latest time searched, on the scan's time axis", -1e9, 1e9)
            .auto_is("the last bin"),
        choice(&Params::response, "response", "the measured response, or a Gaussian", {"measured", "gaussian"}),
        real(&Params::gaussian_fwhm_ps, "gaussian_fwhm_ps", "ps", "full width at half maximum of the Gaussian response",
             0.1, 1e6)
            .only_if("response", "gaussian"),
        choice(&Params::surfaces, "surfaces",
               "surfaces of a pixel that are found: the strongest, or also the last one behind it",
               {"strongest", "strongest_and_last"}),
        real(&Params::least_share, "least_share", "",
             "a surface behind counts where its light is at least this share of the strongest's", 0, 1)
            .only_if("surfaces", "strongest_and_last"),
    };
    return t;
}

AdaptiveGate::Coefficients AdaptiveGate::prepare(const Params& params, StageContext& context) {
    Scan scan = with_response(context.scan, params.response == ResponseSource::gaussian
                                                ? gaussian_response(params.gaussian_fwhm_ps * 1e-12)
                                                : context.scan.irf);
    const BinnedResponse response = response_of(scan, params.response, context);
    const double width =
        std::isnan(params.window_ps) ? pulse_widths * response.fwhm_bins : params.window_ps * 1e-12 / scan.bin_width_s;
    Coefficients c;
    c.test.bins = scan.bins;
    c.test.width = std::max<std::int64_t>(1, std::llround(width));
    const auto bins = static_cast<double>(scan.bins);
    const auto position = [&](double ps, double otherwise) {
        return std::isnan(ps) ? otherwise : std::clamp(scan.bin_of(ps * 1e-12), 0.0, bins);
    };
    c.test.from = position(params.search_from_ps, 0);
    c.test.to = position(params.search_to_ps, bins);
    check(params, scan, c.test.width, c.test.to - c.test.from);

    const Backscatter background = background_of(params, context, response, c.test);
    const ForwardScatter scatter = scatter_of(params, context, scan, response, background, c.test);
    scan.irf = with_forward_scatter(scan, scatter);
    lay_filters(scatter.share > 0 ? binned_response(scan) : response, response, context, c);

    c.radius = params.superpixel_px / 2;
    c.few_counts = params.few_counts;
    c.last = params.surfaces == Surfaces::strongest_and_last;
    c.least_share = params.least_share;
    std::vector<double> rate;
    for (auto i = static_cast<std::size_t>(c.test.from + 0.5); i < static_cast<std::size_t>(c.test.to + 0.5); ++i)
        rate.push_back(background.rate[i] + background.dark);
    c.test.alpha = context.keep.keep(
        alpha_levels(rate, c.test.width, params.false_acceptance / static_cast<double>(c.radius + 1)));
    c.test.background = context.keep.keep(cumulated(background.rate));
    c.bin_width_s = scan.bin_width_s;
    c.first_bin_centre_s = scan.first_bin_centre_s;
    if (context.found != nullptr) {
        (*context.found)["window_ps"] = static_cast<double>(c.test.width) * scan.bin_width_s * 1e12;
        (*context.found)["forward_scattered_share"] = scatter.share;
        if (scatter.share > 0) (*context.found)["forward_scattered_ps"] = scatter.delay_bins * scan.bin_width_s * 1e12;
        double all = 0;
        for (const double r : rate) all += r;
        if (params.background == Background::pooled) (*context.found)["background_counts"] = all;
    }
    return c;
}

GateSearch gate_on_cpu(const TraceTile& tile, std::int64_t trace, const AdaptiveGate::Coefficients& c,
                       SearchRoom& room) {
    GateSearch best;
    for (std::int64_t radius = 0; radius <= c.radius && !tile.is_masked(trace); ++radius) {
        if (best.gate.accepted && best.gate.window.counts >= c.few_counts) break;
        const TraceNoise noise = summed_noise(tile, trace, radius);
        const std::int64_t first = first_searched(c.test, noise);
        const std::int64_t last = last_searched(c.test, noise);
        AcceptedGate larger;
        if (first < last) {
            add_up(tile, trace, radius, room.y, room.z);
            fill_shape(c.test, noise, room.before);
            larger.counts = sum_counts({room.y.data(), CountType::f4, 1, tile.counts.bins}, 0, first, last);
            larger.shape = shape_of_range(noise, room.before, first, last);
            larger.window = most_significant_window(c.test, noise, room.y.data(), room.before, first, last,
                                                    larger.counts, larger.shape);
        }
        const double u =
            dither(static_cast<std::uint64_t>(tile.window.pixel(trace)), static_cast<std::uint64_t>(radius));
        if (!is_significant(c.test, larger.window, larger.counts, larger.shape, u)) continue;
        const FilterPlaces look = filter_places(c, larger.window.start);
        const FoundArrival light = find_in_trace(room.light(), noise.live, noise.edges,
                                                 c.filters[filter_for(larger, c.test.width)], look.places, look.around);
        larger.accepted = stands_out(light);
        if (!larger.accepted || !is_better(best.gate, larger, c.test.width)) continue;
        best = {larger, light, radius};
    }
    return best;
}

void AdaptiveGate::on_cpu(const TraceTile& tile, const Coefficients& c) {
    SearchRoom room(tile);
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        const GateSearch found = gate_on_cpu(tile, i, c, room);
        write_gate(tile, i, c, sum_counts(tile.counts, i, 0, tile.counts.bins), found.gate, found.light);
        if (!c.last) continue;
        LastSurface last;
        if (found.gate.accepted) {
            const TraceNoise noise = summed_noise(tile, i, found.radius);
            add_up(tile, i, found.radius, room.y, room.z);
            fill_shape(c.test, noise, room.before);
            const SummedTrace trace{c, room.y.data(), room.light(), room.before, noise, last_searched(c.test, noise)};
            last =
                find_last_surface(trace, c, found.gate, found.light, static_cast<std::uint64_t>(tile.window.pixel(i)));
        }
        write_last(tile, i, c, found.gate.accepted, last);
    }
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) flag_low_counts(tile, i);
}

}  // namespace firstlight
