// What a scan is, apart from its counts: size, time axis, exposure and the detector's calibration, as read from
// /entry (docs/file_format.md). Host memory, SI units as in the file. An empty vector means "not in the file".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/support/views.hpp"

namespace firstlight {

struct Response {                // instrument response (IRF)
    std::vector<double> values;  // [k], or [y*x][k] when per_pixel
    std::vector<double> time_s;  // [k]; empty: sampled at the data's bins
    bool per_pixel = false;
    [[nodiscard]] bool empty() const { return values.empty(); }
};

struct Medium {
    std::optional<double> thickness_m, refractive_index, mu_s_per_m, mu_s_prime_per_m, mu_a_per_m, g;
};

enum class ScanKind : std::uint8_t { histogram, gated, events };  // what was recorded; stages see traces of all three

// A gated camera's time axis: one frame per gate. Trace bin i is gate i.
struct GateAxis {
    std::vector<double> delay_s, width_s, exposure_s;  // [gates]; delays may be uneven
    std::int64_t bit_depth = 0;                        // 0: not in the file
    double saturation_count = 0;                       // counts from here on are saturated; 0: not in the file
    [[nodiscard]] bool empty() const { return delay_s.empty(); }
};

enum class LightPath : std::uint8_t { transmission, reflection, confocal };

struct Scan {
    std::string name;  // for messages: the file's path, or "array"
    ScanKind kind = ScanKind::histogram;
    LightPath path = LightPath::transmission;
    std::int64_t views = 1, rows = 0, columns = 0, bins = 0;
    CountType type = CountType::u2;
    bool has_views_axis = false;  // counts[view, y, x, t] rather than counts[y, x, t]
    double bin_width_s = 0;
    double first_bin_centre_s = 0;
    GateAxis gates;                      // gated scans: their time axis; bin_width_s is the mean step of the delays
    std::vector<double> x_m, y_m;        // pixel centres in the object plane; empty: pixel index
    std::vector<double> view_angle_rad;  // [view]

    std::vector<double> pulses;      // laser pulses per pixel: [1], [views] or [rows*columns]
    std::vector<double> exposure_s;  // same shapes
    std::optional<double> repetition_rate_hz, wavelength_m, pulse_fwhm_s;
    std::optional<double> dead_time_s, jitter_fwhm_s, pde, numerical_aperture;
    Medium medium;
    std::optional<double> standoff_m;

    Response irf;
    std::optional<double> arrival_s;   // calibrated arrival of unscattered light, on the time axis of the data
    std::vector<double> t0_map_s;      // [rows*columns]
    std::vector<double> dark_rate_hz;  // [rows*columns]: expected dark counts per bin = rate * pulses * bin width
    std::vector<double> flat;          // [rows*columns], mean 1
    std::vector<double> bin_width_correction;  // [bins], mean 1
    std::vector<std::uint8_t> pixel_mask;      // [rows*columns], Flag bits

    bool has_reference = false;            // /entry/reference/counts, the same scan without object or medium
    std::vector<double> reference_pulses;  // as `pulses`
    double filter_transmission = 1.0;

    [[nodiscard]] std::int64_t pixels() const { return rows * columns; }
    // Laser pulses of pixel p in view v; 0 when the file does not say.
    [[nodiscard]] double pulses_at(std::int64_t view, std::int64_t pixel) const {
        return value_at(pulses, view, pixel);
    }
    [[nodiscard]] double reference_pulses_at(std::int64_t view, std::int64_t pixel) const {
        return value_at(reference_pulses, view, pixel);
    }
    // A time on the data's axis (s) as a position in bins, and back.
    [[nodiscard]] double bin_of(double time_s) const { return (time_s - first_bin_centre_s) / bin_width_s + 0.5; }
    [[nodiscard]] double time_of(double position_bins) const {
        return first_bin_centre_s + (position_bins - 0.5) * bin_width_s;
    }

  private:
    [[nodiscard]] double value_at(const std::vector<double>& values, std::int64_t view, std::int64_t pixel) const {
        if (values.empty()) return 0;
        if (values.size() == 1) return values[0];
        if (static_cast<std::int64_t>(values.size()) == pixels()) return values[static_cast<std::size_t>(pixel)];
        return values[static_cast<std::size_t>(view)];
    }
};

}  // namespace firstlight
