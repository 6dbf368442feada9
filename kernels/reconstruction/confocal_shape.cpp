// What confocal_diffuse takes from the scan: the slab, and the grids that follow from it.
#include "kernels/reconstruction/confocal_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "kernels/reconstruction/confocal_diffuse.hpp"
#include "kernels/reconstruction/scan_geometry.hpp"
#include "kernels/support/fft.hpp"
#include "kernels/support/slab_kernel.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double uneven = 1e-3;       // of the pitch
constexpr double bins_per_sigma = 6;  // of the light's delay in the slab
constexpr double slices_per_pitch = 1.5;
constexpr double spreads_of_padding = 8;

[[noreturn]] void refuse(const Scan& scan, const std::string& problem, const std::string& why, const std::string& way) {
    throw Error(ExitCode::bad_input, scan.name + ": " + problem, why, way);
}

double pitch_of(const Scan& scan, const std::vector<double>& at, std::int64_t n, const char* axis) {
    if (static_cast<std::int64_t>(at.size()) != n)
        refuse(scan, fmt::format("it is not known where the scan's pixels are along {}", axis),
               fmt::format("confocal_diffuse needs /entry/data/{} in metres: echoes come later from the side", axis),
               fmt::format("write the pixel centres to /entry/data/{}, or import with --scan-size-m", axis));
    if (n == 1) return 0;
    const double pitch = (at.back() - at.front()) / static_cast<double>(n - 1);
    for (std::int64_t i = 0; i < n; ++i) {
        const double off = at[static_cast<std::size_t>(i)] - (at.front() + static_cast<double>(i) * pitch);
        if (!(std::abs(off) <= uneven * std::abs(pitch)) || pitch == 0)
            refuse(scan, fmt::format("the pixels are not evenly spaced along {}", axis),
                   fmt::format("pixel {} is {} m from where even spacing puts it", i, off),
                   "resample the scan to an even grid");
    }
    return std::abs(pitch);
}

// How the slab delays light. A medium that is none, by a wrong unit for instance, is refused before anything follows
// from it.
SlabDelay delay_of(const Scan& scan, const Slab& slab) {
    const std::string medium =
        fmt::format("thickness_mm is {:g} and mu_s_prime_per_m {:g}", slab.thickness_m * 1e3, slab.mu_s_prime_per_m);
    const char* const way =
        "check thickness_mm and mu_s_prime_per_m, and /entry/geometry/medium, which is in m and 1/m "
        "(1 per mm is 1000 per m)";
    const double free_paths = slab.thickness_m * slab.mu_s_prime_per_m;
    if (!(free_paths >= 1))
        refuse(scan, fmt::format("the slab is only {:.3g} transport mean free paths thick", free_paths),
               medium + ": light does not diffuse in so thin a slab; is a unit wrong?", way);
    const SlabDelay delay = light_delay(slab);
    const double recorded_s = scan.bin_width_s * static_cast<double>(scan.bins);
    if (!std::isfinite(delay.mean_s) || !std::isfinite(delay.sigma_s) || !std::isfinite(delay.span_s))
        refuse(scan, "hardly any light would come through the slab",
               medium + ": its delay cannot even be computed; is a unit wrong?", way);
    if (delay.mean_s > recorded_s)
        refuse(scan,
               fmt::format("the slab would delay light by {:.4g} ps, longer than the time axis of {:.4g} ps",
                           delay.mean_s * 1e12, recorded_s * 1e12),
               medium + "; is a unit wrong?", way);
    return delay;
}

std::int64_t quick_multiple_of_4(std::int64_t n) { return 4 * quick_length((n + 3) / 4); }

}  // namespace

Slab ConfocalDiffuse::slab(const Params& params, const Scan& scan) {
    std::vector<std::string> missing;
    const auto value = [&](double given, double unit, const std::optional<double>& in_file, const char* name) {
        if (!std::isnan(given)) return given * unit;
        if (!in_file) missing.emplace_back(name);
        return in_file.value_or(0);
    };
    Slab slab;
    slab.thickness_m = value(params.thickness_mm, 1e-3, scan.medium.thickness_m, "thickness_mm");
    slab.refractive_index = value(params.refractive_index, 1, scan.medium.refractive_index, "refractive_index");
    slab.mu_s_prime_per_m = value(params.mu_s_prime_per_m, 1, scan.medium.mu_s_prime_per_m, "mu_s_prime_per_m");
    slab.mu_a_per_m = value(params.mu_a_per_m, 1, scan.medium.mu_a_per_m, "mu_a_per_m");
    if (!std::isnan(params.extrapolation_mm)) slab.extrapolation_m = params.extrapolation_mm * 1e-3;
    if (!missing.empty())
        refuse(scan, fmt::format("the scattering medium is not known: {} missing", fmt::join(missing, ", ")),
               "confocal_diffuse takes the slab's blur and delay out of the light, and needs to know them",
               fmt::format("put them into /entry/geometry/medium, measure them with `firstlight calibrate medium` and "
                           "give that file as --calibration, or give --confocal_diffuse.{} and so on",
                           missing.front()));
    return slab;
}

void ConfocalDiffuse::check_geometry(const Scan& scan) { check_confocal(scan, info.name); }

ConfocalShape ConfocalDiffuse::shape(const Params& params, const Scan& scan) {
    check_geometry(scan);
    if (params.min_depth_mm >= params.max_depth_mm)  // false where one is automatic
        throw Error(ExitCode::usage,
                    fmt::format("min_depth_mm is {:g} and max_depth_mm {:g}", params.min_depth_mm, params.max_depth_mm),
                    "the volume ends before it begins", "give a max_depth_mm above min_depth_mm, or leave one out");
    ConfocalShape s;
    s.rows = scan.rows;
    s.columns = scan.columns;
    s.pitch_m[0] = pitch_of(scan, scan.y_m, scan.rows, "y");
    s.pitch_m[1] = pitch_of(scan, scan.x_m, scan.columns, "x");
    for (int a = 0; a < 2; ++a)  // one row or column: nothing is done along it, any pitch will do
        if (s.pitch_m[a] == 0) s.pitch_m[a] = s.pitch_m[1 - a] > 0 ? s.pitch_m[1 - a] : 1;
    const bool behind_slab = params.inversion != Inversion::none;
    const SlabDelay delay = behind_slab ? delay_of(scan, slab(params, scan)) : SlabDelay{};
    if (std::isnan(params.bins_together)) {
        double widest_s = std::min(s.pitch_m[0], s.pitch_m[1]) / slices_per_pitch * 2 / speed_of_light;
        if (behind_slab) widest_s = std::min(widest_s, delay.sigma_s / bins_per_sigma);
        s.together = std::clamp<std::int64_t>(static_cast<std::int64_t>(widest_s / scan.bin_width_s), 1, scan.bins);
    } else {
        s.together = std::llround(params.bins_together);
        if (static_cast<double>(s.together) != params.bins_together || s.together > scan.bins)
            throw Error(ExitCode::usage, fmt::format("bins_together is {}", params.bins_together),
                        fmt::format("it is a whole number of time bins, and the scan has {}", scan.bins),
                        "give auto or a whole number");
    }
    s.bins = scan.bins / s.together;
    const auto together = static_cast<double>(s.together);
    const double width_s = scan.bin_width_s * together;
    s.slice_m = speed_of_light * width_s / 2;
    const double first_s =
        scan.first_bin_centre_s + (together - 1) / 2 * scan.bin_width_s - params.time_zero_ps * 1e-12;
    s.delay_bins = std::llround(first_s / width_s);
    s.first_z_bins = first_s / width_s - static_cast<double>(s.delay_bins);
    const std::int64_t end = s.delay_bins + s.bins;  // of the slices that light was recorded of

    const auto padded = [](std::int64_t n, double more) {
        return n == 1 ? 1 : quick_length(n + static_cast<std::int64_t>(std::ceil(more)));
    };
    s.pad[0] = s.pad[1] = s.pad[2] = 1;
    if (behind_slab) {
        s.pad[0] = padded(s.rows, spreads_of_padding * delay.spread_m / s.pitch_m[0]);
        s.pad[1] = padded(s.columns, spreads_of_padding * delay.spread_m / s.pitch_m[1]);
        s.pad[2] = quick_length(s.bins + static_cast<std::int64_t>(std::ceil(delay.span_s / width_s)));
    }
    const auto slice_at = [&](double mm) { return mm * 1e-3 / s.slice_m - s.first_z_bins; };
    s.first_slice = static_cast<std::int64_t>(
        std::ceil(slice_at(std::isnan(params.min_depth_mm) ? 0 : params.min_depth_mm) - 1e-9));
    s.first_slice = std::max<std::int64_t>(0, s.first_slice);
    std::int64_t last = end - static_cast<std::int64_t>(std::ceil(delay.mean_s / width_s));  // one past
    if (!std::isnan(params.max_depth_mm))
        last = std::min(end, static_cast<std::int64_t>(std::floor(slice_at(params.max_depth_mm) + 1e-9)) + 1);
    s.slices = last - s.first_slice;
    if (s.slices < 1) {
        const double to_m = (static_cast<double>(end - 1) + s.first_z_bins) * s.slice_m;
        refuse(scan, "no depth is left to reconstruct",
               fmt::format("light was recorded up to {:.3f} m behind the slab's far face, the slab itself delays it by "
                           "{:.3f} m",
                           to_m, delay.mean_s * speed_of_light / 2),
               "give other min_depth_mm and max_depth_mm, or time_zero_ps if the time axis does not start when the "
               "pulse enters the slab");
    }
    s.migrate[0] = padded(s.rows, static_cast<double>(s.rows));
    s.migrate[1] = padded(s.columns, static_cast<double>(s.columns));
    s.migrate[2] = quick_multiple_of_4(2 * std::max<std::int64_t>(2, end));
    return s;
}

}  // namespace firstlight
