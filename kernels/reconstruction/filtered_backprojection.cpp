#include "kernels/reconstruction/filtered_backprojection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <numeric>

#include "kernels/reconstruction/slice_bands.hpp"
#include "kernels/support/fft.hpp"
#include "kernels/support/lane_fft.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

constexpr double pi = 3.14159265358979323846;
using Window = FilteredBackprojection::Window;

double window_at(Window window, double f) {  // f: 1 at half the sampling frequency
    switch (window) {
        case Window::hann: return 0.5 * (1 + std::cos(pi * f));
        case Window::cosine: return std::cos(0.5 * pi * f);
        case Window::shepp_logan: return f > 0 ? std::sin(0.5 * pi * f) / (0.5 * pi * f) : 1;
        default: return 1;
    }
}

// The spectrum of the windowed ramp over rows of `padded` samples.
std::vector<double> ramp_spectrum(Window window, std::int64_t padded) {
    const auto half = static_cast<std::size_t>(padded / 2 + 1);
    std::vector<double> spectrum(half);
    for (std::size_t f = 0; f < half; ++f) {
        double sum = 0.25;
        for (std::int64_t n = 1; n <= padded / 2; n += 2) {
            const double twice = 2 * n == padded ? 1 : 2;
            const auto turn = static_cast<double>(static_cast<std::int64_t>(f) * n % padded);
            sum -=
                twice * std::cos(2 * pi * turn / static_cast<double>(padded)) / (pi * pi * static_cast<double>(n * n));
        }
        spectrum[f] = sum * window_at(window, 2 * static_cast<double>(f) / static_cast<double>(padded));
    }
    return spectrum;
}

// The same filter as taps at -(columns - 1) .. columns - 1.
std::vector<double> ramp_taps(const std::vector<double>& spectrum, std::int64_t padded, std::int64_t columns) {
    std::vector<double> taps(static_cast<std::size_t>(2 * columns - 1));
    for (std::int64_t n = 0; n < columns; ++n) {
        double sum = 0;
        for (std::size_t f = 0; f < spectrum.size(); ++f) {
            const bool single = f == 0 || 2 * static_cast<std::int64_t>(f) == padded;
            const auto turn = static_cast<double>(static_cast<std::int64_t>(f) * n % padded);
            sum += (single ? 1 : 2) * spectrum[f] * std::cos(2 * pi * turn / static_cast<double>(padded));
        }
        taps[static_cast<std::size_t>(columns - 1 + n)] = taps[static_cast<std::size_t>(columns - 1 - n)] =
            sum / static_cast<double>(padded);
    }
    return taps;
}

std::vector<float> as_floats(const std::vector<double>& values) { return {values.begin(), values.end()}; }

// Variance of mu at a point (pixels from the axis) of slice z.
double variance_at(const ParallelScan& scan, const std::vector<double>& taps, const VolumeTask& input, std::int64_t z,
                   double x, double y) {
    const float* sigma = input.layer(Layer::optical_depth_sigma);
    const std::int64_t columns = input.columns;
    double variance = 0;
    for (std::int64_t v = 0; v < input.views; ++v) {
        const auto view = static_cast<std::size_t>(v);
        const double p =
            std::clamp(x * std::cos(scan.angle_rad[view]) + y * std::sin(scan.angle_rad[view]) + scan.centre, 0.0,
                       static_cast<double>(columns - 1));
        const auto j = std::min(static_cast<std::int64_t>(p), std::max<std::int64_t>(columns - 2, 0));
        const double f = p - static_cast<double>(j);
        double sum = 0;
        for (std::int64_t k = 0; k < columns; ++k) {
            const auto s = static_cast<double>(sigma[(v * input.rows + z) * columns + k]);
            if (!std::isfinite(s)) continue;
            const auto tap = static_cast<std::size_t>(columns - 1 + j - k);
            const double h = (1 - f) * taps[tap] + (tap + 1 < taps.size() ? f * taps[tap + 1] : 0.0);
            sum += h * h * s * s;
        }
        const double weight = scan.gap_rad[view] / scan.pitch_m;
        variance += weight * weight * sum;
    }
    return variance;
}

double median_sigma(const ParallelScan& scan, const std::vector<double>& taps, const VolumeTask& input) {
    std::vector<double> found;
    const std::int64_t slices = std::min<std::int64_t>(8, input.rows);
    const double reach = 0.7 * std::min(scan.centre, static_cast<double>(input.columns - 1) - scan.centre);
    for (std::int64_t s = 0; s < slices; ++s)
        for (int i = 0; i < 25; ++i)
            found.push_back(variance_at(scan, taps, input, (2 * s + 1) * input.rows / (2 * slices),
                                        reach * (i % 5 - 2) / 3, reach * (i / 5 - 2) / 3));  // NOLINT: whole steps
    if (found.empty()) return 0;
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(found.size() / 2), found.end());
    return std::sqrt(found[found.size() / 2]);
}

void warn_of_rays(StageContext& context) {
    const RayCount rays = tell_of_rays(context, FilteredBackprojection::info.name);
    if (rays.unseen + rays.masked == 0 || !context.warn) return;
    std::string what;
    if (rays.unseen > 0)
        what = share_of_rays(rays.unseen, rays) + " saw no photon and count with the least optical depth they can have";
    if (rays.masked > 0)
        what += fmt::format("{}{} are masked and were interpolated", what.empty() ? "" : ", ",
                            share_of_rays(rays.masked, rays));
    context.warn(
        fmt::format("filtered_backprojection: {}: mu is uncertain along them; ml_tr (recipe tomography-ml) uses "
                    "the counts themselves",
                    what));
}

// Filtered rows of one view of a band, into lanes.
void filter_view(const VolumeTask& task, const FilteredBackprojection::Coefficients& c, const SliceBand& band,
                 std::int64_t v, const RealFft& fft, float* rays) {
    const auto padded = static_cast<std::size_t>(c.padded);
    std::vector<float> rows(padded * static_cast<std::size_t>(band.slices), 0.0F);
    std::vector<std::complex<float>> spectra(static_cast<std::size_t>(fft.spectrum_size() * band.slices));
    for (std::int64_t lane = 0; lane < band.slices; ++lane) {
        const std::int64_t at = (v * task.rows + band.first + lane) * task.columns;
        const float* limit = task.layer(Layer::optical_depth_upper_limit);
        fill_rays(task.layer(Layer::optical_depth) + at, limit == nullptr ? nullptr : limit + at, task.columns,
                  rows.data() + static_cast<std::size_t>(lane) * padded, 1);
    }
    fft.forward(rows.data(), spectra.data(), band.slices);
    for (std::int64_t lane = 0; lane < band.slices; ++lane)
        for (std::int64_t f = 0; f < fft.spectrum_size(); ++f)
            spectra[static_cast<std::size_t>(lane * fft.spectrum_size() + f)] *= c.response[f];
    fft.inverse(spectra.data(), rows.data(), band.slices);
    for (std::int64_t k = 0; k < c.columns; ++k)
        for (std::int64_t lane = 0; lane < band.slices; ++lane)
            rays[k * beam_lanes + lane] =
                c.weight[v] * rows[static_cast<std::size_t>(lane) * padded + static_cast<std::size_t>(k)];
}

// Mean of ((OD - A mu) / sigma)^2 of one view of a band: its sum and the number of rays.
RayMisfit misfit_of_view(const VolumeTask& task, float pitch, const SliceBand& band, std::int64_t v,
                         const float* rays) {
    RayMisfit misfit;
    for (std::int64_t lane = 0; lane < band.slices; ++lane)
        for (std::int64_t k = 0; k < task.columns; ++k)
            misfit.add(task, v, band.first + lane, k, pitch * rays[k * beam_lanes + lane]);
    return misfit;
}

}  // namespace

const ParamTable& FilteredBackprojection::Params::table() {
    static const ParamTable t = [] {
        ParamTable table{choice(&Params::window, "window", "what the ramp filter is multiplied with, against noise",
                                {"none", "hann", "shepp_logan", "cosine"})};
        for (Param& param : parallel_scan_params<Params>()) table.push_back(std::move(param));
        return table;
    }();
    return t;
}

std::size_t FilteredBackprojection::work_bytes(const Params&, const Scan& scan) {
    const ParallelBeam beam{scan.views, scan.columns};
    return static_cast<std::size_t>(band_count(scan.rows) * (2 * beam.rays() + beam.pixels())) * sizeof(float);
}

FilteredBackprojection::Coefficients FilteredBackprojection::prepare(const Params& params, StageContext& context) {
    const ParallelScan scan = parallel_scan(params, context, info.name);
    Coefficients c;
    c.views = context.scan.views;
    c.columns = context.scan.columns;
    c.centre = scan.centre;
    c.radius = scan.radius;
    c.pitch = static_cast<float>(scan.pitch_m);
    c.padded = fft_size(2 * c.columns);
    const std::vector<double> spectrum = ramp_spectrum(params.window, c.padded);
    const std::vector<double> taps = ramp_taps(spectrum, c.padded, c.columns);
    std::vector<float> response = as_floats(spectrum), weight(static_cast<std::size_t>(c.views));
    for (float& r : response) r /= static_cast<float>(c.padded);
    for (std::size_t v = 0; v < weight.size(); ++v) weight[v] = static_cast<float>(scan.gap_rad[v] / scan.pitch_m);
    c.response = context.keep.keep(response);
    c.taps = context.keep.keep(as_floats(taps));
    c.weight = context.keep.keep(weight);
    c.linear = context.keep.keep(beam_views(scan.angle_rad, c.columns, c.centre, Footprint::linear));
    c.joseph = context.keep.keep(beam_views(scan.angle_rad, c.columns, c.centre, Footprint::joseph));
    c.figures = std::make_shared<RunFigures>(context, info.name, "chi_squared_per_ray");
    const VolumeTask* input = context.volume_input;
    if (input != nullptr && input->layer(Layer::optical_depth) != nullptr) {
        warn_of_rays(context);
        if (context.found != nullptr && input->layer(Layer::optical_depth_sigma) != nullptr)
            (*context.found)["mu_sigma_per_m"] = median_sigma(scan, taps, *input);
    }
    return c;
}

void FilteredBackprojection::on_cpu(const VolumeTask& task, const Coefficients& c) {
    check_optical_depths(task, info.name);
    const ParallelBeam linear{c.views, c.columns, c.centre, c.linear}, joseph{c.views, c.columns, c.centre, c.joseph};
    const RealFft fft(c.padded);
    std::vector<float> rays(static_cast<std::size_t>(linear.rays()), 0.0F);
    std::vector<float> image(static_cast<std::size_t>(linear.pixels()), 0.0F);
    std::vector<RayMisfit> of_view(static_cast<std::size_t>(c.views));
    for (const SliceBand& band : slice_bands(task.rows)) {
        parallel_for(c.views, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t v = begin; v < end; ++v)
                filter_view(task, c, band, v, fft, rays.data() + linear.ray_at(v, 0));
        });
        beam_back(linear, {}, rays.data(), image.data());
        clear_outside(linear, c.radius, image.data());
        store_slices(linear, band, image.data(), 1.0F, task.volume);
        beam_forward(joseph, {}, image.data(), rays.data());
        parallel_for(c.views, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t v = begin; v < end; ++v)
                of_view[static_cast<std::size_t>(v)] =
                    misfit_of_view(task, c.pitch, band, v, rays.data() + linear.ray_at(v, 0));
        });
        for (const RayMisfit& m : of_view) {
            c.figures->add("chi_squared_per_ray", m.sum, m.rays);
            c.figures->add_residual(m.residual, m.depth);
        }
    }
    c.figures->rows_done(task.rows);
}

}  // namespace firstlight
