#include "kernels/first_arrival/matched_arrival.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/first_arrival/matched_arrival_trace.hpp"
#include "kernels/support/pooled_trace.hpp"

namespace firstlight {
namespace {

constexpr std::size_t enough_neighbours = 3;

BinnedResponse response_for(const MatchedArrival::Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (params.response == MatchedArrival::ResponseFrom::gaussian) {
        Scan assumed = scan;
        assumed.irf = gaussian_response(params.gaussian_fwhm_ps * 1e-12);
        return binned_response(assumed);
    }
    if (scan.irf.empty())
        throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/irf",
                    "matched_arrival looks for light with the shape of the response",
                    "add the response, or set --matched_arrival.response gaussian with gaussian_fwhm_ps");
    BinnedResponse response = binned_response(scan);
    if (!context.is_reference)
        for (const std::string& message : response.messages) context.warn(scan.name + ": " + message);
    return response;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

struct MapValue {
    double arrival, sigma;
};

// Median of the arrivals; the neighbours' own deviation and their scatter.
MapValue typical(const std::vector<double>& arrivals, const std::vector<double>& sigmas) {
    const double arrival = median(arrivals);
    std::vector<double> away;
    for (const double a : arrivals) away.push_back(std::abs(a - arrival));
    return {arrival, std::hypot(median(sigmas), 1.4826 * median(away))};
}

// One row of even counts, written out per stored type because multiversioned functions cannot be templates.
#define FL_TO_FLOAT(NAME, TYPE)                                             \
    FL_SIMD void NAME(const TYPE* y, std::int64_t n, float* out) {          \
        for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(y[i]); \
    }
FL_TO_FLOAT(to_float_u1, std::uint8_t)
FL_TO_FLOAT(to_float_u2, std::uint16_t)
FL_TO_FLOAT(to_float_u4, std::uint32_t)
FL_TO_FLOAT(to_float_f4, float)
#undef FL_TO_FLOAT
void to_float(const std::uint8_t* y, std::int64_t n, float* out) { to_float_u1(y, n, out); }
void to_float(const std::uint16_t* y, std::int64_t n, float* out) { to_float_u2(y, n, out); }
void to_float(const std::uint32_t* y, std::int64_t n, float* out) { to_float_u4(y, n, out); }
void to_float(const float* y, std::int64_t n, float* out) { to_float_f4(y, n, out); }

void even_counts(const TraceTile& tile, std::int64_t trace, float* out) {
    if (tile.model.live == nullptr && tile.model.edges == nullptr) {
        visit_counts(tile.counts, [&](const auto* y) { to_float(y + trace * tile.counts.bins, tile.counts.bins, out); });
        return;
    }
    for (std::int64_t i = 0; i < tile.counts.bins; ++i) out[i] = even_count_at(tile, trace, i);
}

}  // namespace

const ParamTable& MatchedArrival::Params::table() {
    static const ParamTable t{
        choice(&Params::mode, "mode", "one arrival from the pooled trace, or each pixel's own", {"pooled", "per_pixel"}),
        real(&Params::search_from_ps, "search_from_ps", "ps", "earliest arrival looked for, on the scan's time axis", -1e9,
             1e9)
            .auto_is("start of the scan"),
        real(&Params::search_to_ps, "search_to_ps", "ps", "latest arrival looked for, on the scan's time axis", -1e9, 1e9)
            .auto_is("end of the scan"),
        real(&Params::signal_to_background, "signal_to_background", "",
             "unscattered counts over background counts per bin, for the filter's weights", 1e-3, 1e6)
            .auto_is("from the pooled trace"),
        choice(&Params::response, "response", "shape looked for: the measured response, or a Gaussian",
               {"measured", "gaussian"}),
        real(&Params::gaussian_fwhm_ps, "gaussian_fwhm_ps", "ps", "full width at half maximum of the Gaussian", 1e-3, 1e6)
            .only_if("response", "gaussian"),
        real(&Params::min_snr, "min_snr", "", "pixels with less signal over noise take their neighbours' arrival", 0, 1e6)
            .only_if("mode", "per_pixel"),
        integer(&Params::neighbour_radius, "neighbour_radius", "pixels",
                "how far a starved pixel looks for neighbours before it takes the pooled arrival", 1, 64)
            .only_if("mode", "per_pixel"),
    };
    return t;
}

MatchedArrival::Coefficients MatchedArrival::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const auto bound = [&](double ps, double otherwise) { return std::isnan(ps) ? otherwise : scan.bin_of(ps * 1e-12); };
    const double from = bound(params.search_from_ps, 0);
    const double to = bound(params.search_to_ps, static_cast<double>(scan.bins));
    const BinnedResponse response = response_for(params, context);
    const PooledTrace pooled = pool_traces(scan, context.sample);
    std::vector<double> counts = pooled.counts;
    for (double& y : counts) y += pooled.dark_per_bin;
    const PooledArrival found = find_arrival(scan, counts, response, from, to, params.signal_to_background);

    Coefficients c;
    c.arrival = found.position;
    c.sigma = found.sigma;
    c.bin_width_s = scan.bin_width_s;
    c.first_bin_centre_s = scan.first_bin_centre_s;
    if (context.shared != nullptr) {
        (*context.shared)["arrival_bins"] = c.arrival;
        (*context.shared)["arrival_sigma_bins"] = c.sigma;
        if (context.is_reference) (*context.shared)["reference.arrival_bins"] = c.arrival;
    }
    if (context.found != nullptr) {
        (*context.found)["arrival_ps"] = scan.time_of(c.arrival) * 1e12;
        (*context.found)["arrival_sigma_ps"] = c.sigma * scan.bin_width_s * 1e12;
        (*context.found)["signal_to_background"] = found.signal_to_background;
    }
    if (params.mode == Mode::pooled) return c;
    const MatchedFilter filter = make_matched_filter(response, found.signal_to_background);
    c.task = Task::search;
    c.min_snr = params.min_snr;
    c.range = search_range(filter.view(), scan.bins, from, to);
    c.filter = {context.keep.keep(filter.weight), context.keep.keep(filter.share), context.keep.keep(filter.slope),
                filter.taps, filter.zero};
    return c;
}

MatchedArrival::Coefficients MatchedArrival::refine(const Params& params, StageContext& context,
                                                    const ImageTile& first_pass) {
    const Scan& scan = context.scan;
    const float* arrival_s = first_pass.layer(Layer::arrival);
    const float* sigma_s = first_pass.layer(Layer::arrival_sigma);
    const std::int64_t pixels = first_pass.pixels();
    std::vector<float> arrival(static_cast<std::size_t>(pixels));
    std::vector<float> sigma(arrival.size());
    for (std::int64_t p = 0; p < pixels; ++p) {
        arrival[static_cast<std::size_t>(p)] = static_cast<float>(scan.bin_of(static_cast<double>(arrival_s[p])));
        sigma[static_cast<std::size_t>(p)] = static_cast<float>(static_cast<double>(sigma_s[p]) / scan.bin_width_s);
    }
    Coefficients c;
    c.task = Task::map;
    c.bin_width_s = scan.bin_width_s;
    c.first_bin_centre_s = scan.first_bin_centre_s;
    if (context.shared != nullptr && context.shared->count("arrival_bins") != 0) {
        c.arrival = context.shared->at("arrival_bins");
        c.sigma = context.shared->at("arrival_sigma_bins");
    }
    const std::vector<float> own = arrival;  // filled pixels lend nothing to others
    const std::vector<float> own_sigma = sigma;
    std::int64_t filled = 0;
    std::int64_t pooled = 0;
    for (std::int64_t y = 0; y < first_pass.rows; ++y)
        for (std::int64_t x = 0; x < first_pass.columns; ++x) {
            const auto p = static_cast<std::size_t>(y * first_pass.columns + x);
            if (!std::isnan(own[p])) continue;
            ++filled;
            std::vector<double> arrivals;
            std::vector<double> sigmas;
            for (std::int64_t r = 1; r <= params.neighbour_radius && arrivals.size() < enough_neighbours; ++r) {
                arrivals.clear();
                sigmas.clear();
                for (std::int64_t v = std::max<std::int64_t>(y - r, 0); v <= std::min(y + r, first_pass.rows - 1); ++v)
                    for (std::int64_t u = std::max<std::int64_t>(x - r, 0); u <= std::min(x + r, first_pass.columns - 1); ++u) {
                        const auto q = static_cast<std::size_t>(v * first_pass.columns + u);
                        if (std::isnan(own[q])) continue;
                        arrivals.push_back(static_cast<double>(own[q]));
                        sigmas.push_back(static_cast<double>(own_sigma[q]));
                    }
            }
            MapValue value{c.arrival, c.sigma};
            if (arrivals.empty()) ++pooled;
            else value = typical(arrivals, sigmas);
            arrival[p] = static_cast<float>(value.arrival);
            sigma[p] = static_cast<float>(value.sigma);
        }
    if (context.found != nullptr) {
        (*context.found)["pixels_from_neighbours"] = static_cast<double>(filled - pooled);
        (*context.found)["pixels_from_pooled_trace"] = static_cast<double>(pooled);
    }
    c.map_arrival = context.keep.keep(arrival);
    c.map_sigma = context.keep.keep(sigma);
    return c;
}

void MatchedArrival::on_cpu(const TraceTile& tile, const Coefficients& c) {
    std::vector<float> y(c.task == Task::search ? static_cast<std::size_t>(tile.counts.bins) : 0);
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) {
        if (c.task != Task::search) {
            write_known(tile, c, i);
        } else if (!takes_part(tile, i)) {
            write_found(tile, c, i, {});
        } else {
            even_counts(tile, i, y.data());
            write_found(tile, c, i, find_in_trace(y.data(), c.filter, c.range));
        }
    }
}

}  // namespace firstlight
