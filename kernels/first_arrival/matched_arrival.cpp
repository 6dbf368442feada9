#include "kernels/first_arrival/matched_arrival.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/matched_filter_trace.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::size_t fewest_neighbours = 3;

BinnedResponse response_of(const MatchedArrival::Params& params, const StageContext& context) {
    if (params.response == MatchedArrival::ResponseSource::measured) {
        if (context.scan.irf.empty())
            throw Error(ExitCode::bad_input, context.scan.name + ": there is no /entry/calibration/irf",
                        "matched_arrival looks for the response in the traces",
                        "add the measured response, or use --matched_arrival.response gaussian with gaussian_fwhm_ps");
        BinnedResponse response = binned_response(context.scan);
        for (const std::string& message : response.messages) context.warn(message);
        return response;
    }
    Scan with_gaussian = context.scan;
    with_gaussian.irf = gaussian_response(params.gaussian_fwhm_ps * 1e-12);
    return binned_response(with_gaussian);
}

// A maximum at an end of the search is one of the range, not of the light.
void warn_at_end(const PooledArrival& found, const BinnedResponse& response, const MatchedArrival::Coefficients& c,
                 StageContext& context) {
    const Scan& scan = context.scan;
    const MatchedFilter filter = make_matched_filter(response, found.signal_to_background);
    const SearchRange range = search_range(filter.view(), nullptr, scan.bins, c.from_bins, c.to_bins);
    const double earliest = static_cast<double>(range.first) + filter.zero;
    const double latest = static_cast<double>(range.last - 1) + filter.zero;
    const bool at_latest = found.position >= latest - 0.5;
    if (latest - earliest < 2 || (!at_latest && found.position > earliest + 0.5)) return;
    context.warn(
        fmt::format("{}: the arrival found, {:.6g} ps, is the {} that was searched, so it is doubtful: the response "
                    "spans {:.4g} ps and must lie within the data (widen --matched_arrival.search_from_ps and "
                    "search_to_ps, shorten the response's tail, or use --matched_arrival.response gaussian)",
                    scan.name, scan.time_of(found.position) * 1e12, at_latest ? "latest" : "earliest",
                    static_cast<double>(filter.taps - 1) * scan.bin_width_s * 1e12));
}

// The lower median of the good pixels around (y, x), in the smallest window that holds enough; -1: none does.
std::int64_t median_neighbour(const ImageTile& images, const std::vector<char>& good, std::int64_t y, std::int64_t x,
                              std::int64_t radius) {
    const float* arrival = images.layer(Layer::arrival);
    for (std::int64_t r = 1; r <= radius; ++r) {
        std::vector<std::int64_t> found;
        for (std::int64_t v = std::max<std::int64_t>(0, y - r); v <= std::min(images.rows - 1, y + r); ++v)
            for (std::int64_t u = std::max<std::int64_t>(0, x - r); u <= std::min(images.columns - 1, x + r); ++u)
                if (good[static_cast<std::size_t>(v * images.columns + u)] != 0)
                    found.push_back(v * images.columns + u);
        if (found.size() < fewest_neighbours) continue;
        const auto middle = found.begin() + static_cast<std::ptrdiff_t>((found.size() - 1) / 2);
        std::nth_element(found.begin(), middle, found.end(), [&](std::int64_t a, std::int64_t b) {
            return arrival[a] < arrival[b] || (arrival[a] == arrival[b] && a < b);
        });
        return *middle;
    }
    return -1;
}

}  // namespace

const ParamTable& MatchedArrival::Params::table() {
    static const ParamTable t{
        choice(&Params::mode, "mode", "one arrival for all pixels, or one per pixel", {"pooled", "per_pixel"}),
        choice(&Params::response, "response", "the measured response, or a Gaussian", {"measured", "gaussian"}),
        real(&Params::gaussian_fwhm_ps, "gaussian_fwhm_ps", "ps", "full width at half maximum of the Gaussian response",
             0.1, 1e6)
            .only_if("response", "gaussian"),
        real(&Params::search_from_ps, "search_from_ps", "ps", "earliest arrival searched, on the scan's time axis",
             -1e9, 1e9)
            .auto_is("the first bin"),
        real(&Params::search_to_ps, "search_to_ps", "ps", "latest arrival searched, on the scan's time axis", -1e9, 1e9)
            .auto_is("the last bin"),
        real(&Params::signal_to_background, "signal_to_background", "bin",
             "photons of the signal over background per bin, r of the filter", 1e-3, 1e6)
            .auto_is("found in the pooled trace"),
        real(&Params::min_snr, "min_snr", "", "a pixel with less signal over noise takes its neighbours' arrival", 0,
             1e6)
            .only_if("mode", "per_pixel"),
        integer(&Params::neighbour_radius, "neighbour_radius", "pixels", "how far such a pixel looks for neighbours", 0,
                100)
            .only_if("mode", "per_pixel"),
    };
    return t;
}

MatchedArrival::Coefficients MatchedArrival::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const BinnedResponse response = response_of(params, context);
    const PooledTrace pooled = pool_traces(scan, context.sample);
    const auto position = [&](double ps, double otherwise) {
        return std::isnan(ps) ? otherwise : scan.bin_of(ps * 1e-12);
    };
    Coefficients c;
    c.from_bins = position(params.search_from_ps, 0);
    c.to_bins = position(params.search_to_ps, static_cast<double>(scan.bins));
    if (!(c.from_bins < c.to_bins))
        throw Error(ExitCode::usage, "matched_arrival.search_from_ps is not before search_to_ps", "",
                    "give the earlier time first");
    const PooledArrival found =
        find_arrival(scan, pooled, response, c.from_bins, c.to_bins, params.signal_to_background);
    c.pooled_bins = found.position;
    c.pooled_sigma = found.sigma;
    if (std::isfinite(found.sigma)) warn_at_end(found, response, c, context);
    else
        context.warn(scan.name +
                     ": the traces together show no light above the background, so no arrival is found (check that "
                     "the light reached the detector, or widen --matched_arrival.search_from_ps and search_to_ps)");
    c.bin_width_s = scan.bin_width_s;
    c.first_bin_centre_s = scan.first_bin_centre_s;
    if (context.shared != nullptr)
        (*context.shared)[context.is_reference ? "reference.arrival_bins" : "arrival_bins"] = found.position;
    if (context.found != nullptr) {
        (*context.found)["arrival_ps"] = scan.time_of(found.position) * 1e12;
        (*context.found)["arrival_sigma_ps"] = found.sigma * scan.bin_width_s * 1e12;
        (*context.found)["signal_to_background"] = found.signal_to_background;
    }
    if (params.mode == Mode::per_pixel) {
        const MatchedFilter filter = make_matched_filter(response, found.signal_to_background);
        c.search = true;
        c.min_snr = params.min_snr;
        c.filter = {context.keep.keep(filter.weight), context.keep.keep(filter.share), context.keep.keep(filter.slope),
                    filter.taps, filter.zero};
    }
    return c;
}

MatchedArrival::Coefficients MatchedArrival::refine(const Params& params, StageContext& context,
                                                    const ImageTile& first_pass) {
    Coefficients c = prepare(params, context);
    c.search = false;
    const float* arrival = first_pass.layer(Layer::arrival);
    const float* sigma = first_pass.layer(Layer::arrival_sigma);
    const auto pixels = static_cast<std::size_t>(first_pass.pixels());
    std::vector<char> good(pixels);
    std::int64_t taken_over = 0;
    for (std::size_t p = 0; p < pixels; ++p) {
        good[p] = std::isfinite(arrival[p]) && (first_pass.flags[p] & masked_flags) == 0 ? 1 : 0;
        taken_over += good[p] != 0 ? 0 : 1;
    }
    std::vector<float> map(pixels);
    std::vector<float> map_sigma(pixels);
    for (std::size_t p = 0; p < pixels; ++p) {
        const auto here = static_cast<std::int64_t>(p);
        const std::int64_t from = good[p] != 0 ? here
                                               : median_neighbour(first_pass, good, here / first_pass.columns,
                                                                  here % first_pass.columns, params.neighbour_radius);
        const auto bins = [&](float seconds) {
            return static_cast<float>(context.scan.bin_of(static_cast<double>(seconds)));
        };
        map[p] = from < 0 ? static_cast<float>(c.pooled_bins) : bins(arrival[from]);
        map_sigma[p] = from < 0 ? static_cast<float>(c.pooled_sigma)
                                : static_cast<float>(static_cast<double>(sigma[from]) / c.bin_width_s);
    }
    if (context.found != nullptr) (*context.found)["pixels_from_neighbours"] = static_cast<double>(taken_over);
    c.map = context.keep.keep(map);
    c.map_sigma = context.keep.keep(map_sigma);
    return c;
}

void MatchedArrival::on_cpu(const TraceTile& tile, const Coefficients& c) {
    constexpr float none = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> z(static_cast<std::size_t>(c.search ? tile.counts.bins : 0));
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        if (float* layer = tile.layer(Layer::counts))
            layer[i] = static_cast<float>(sum_counts(tile.counts, i, 0, tile.counts.bins));
        if (!c.search) {
            const std::int64_t pixel = tile.window.pixel(i);
            fill(tile, c, i, c.map != nullptr ? c.map[pixel] : static_cast<float>(c.pooled_bins),
                 c.map != nullptr ? c.map_sigma[pixel] : static_cast<float>(c.pooled_sigma));
            continue;
        }
        const float shift = tile.model.shift == nullptr ? 0.0F : tile.model.shift[i];
        const SearchRange range =
            search_range(c.filter, tile.model.edges, tile.counts.bins, c.from_bins + static_cast<double>(shift),
                         c.to_bins + static_cast<double>(shift));
        const float* live = tile.model.live == nullptr ? nullptr : tile.model.live + i * tile.counts.bins;
        const bool masked = tile.is_masked(i);
        FoundArrival found{none, none, 0, 0, 0};
        if (!masked && range.first < range.last) {
            visit_counts(tile.counts, [&](const auto* counts) {
                const auto* trace = counts + i * tile.counts.bins;
                for (std::size_t b = 0; b < z.size(); ++b) z[b] = static_cast<float>(trace[b]);
            });
            if (live != nullptr)
                for (std::size_t b = 0; b < z.size(); ++b) z[b] /= live[b];
            found = find_in_trace(z.data(), live, tile.model.edges, c.filter, range, range);
            if (!(static_cast<double>(found.snr) >= c.min_snr)) found.position = found.sigma = none;
        }
        fill(tile, c, i, found.position - shift, found.sigma);
    }
}

}  // namespace firstlight
