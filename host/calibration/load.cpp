#include "host/calibration/load.hpp"

#include <fmt/format.h>

#include "kernels/support/error.hpp"

namespace firstlight {

std::vector<std::string> apply_calibration(const Calibration& c, const std::string& name, Scan& scan) {
    if (c.rows != 0 && (c.rows != scan.rows || c.columns != scan.columns))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: is of {} x {} pixels, {} of {} x {}", name, c.rows, c.columns, scan.name,
                                scan.rows, scan.columns),
                    "a calibration per pixel belongs to one detector", "calibrate with scans of the same size");
    std::vector<std::string> replaced;
    const auto put = [&](const char* what, const auto& from, auto& to, bool empty) {
        if (empty) return;
        replaced.push_back(fmt::format("{} from {}", what, name));
        to = from;
    };
    const auto number = [&](const char* what, const std::optional<double>& from, std::optional<double>& to) {
        put(what, from, to, !from);
    };
    put("response", c.irf, scan.irf, c.irf.empty());
    number("arrival", c.arrival_s, scan.arrival_s);
    put("time skew", c.t0_map_s, scan.t0_map_s, c.t0_map_s.empty());
    put("dark counts", c.dark_rate_hz, scan.dark_rate_hz, c.dark_rate_hz.empty());
    put("flat field", c.flat, scan.flat, c.flat.empty());
    put("pixel mask", c.pixel_mask, scan.pixel_mask, c.pixel_mask.empty());
    number("refractive index", c.medium.refractive_index, scan.medium.refractive_index);
    number("absorption", c.medium.mu_a_per_m, scan.medium.mu_a_per_m);
    number("reduced scattering", c.medium.mu_s_prime_per_m, scan.medium.mu_s_prime_per_m);
    if (!scan.medium.thickness_m) number("thickness", c.medium.thickness_m, scan.medium.thickness_m);
    return replaced;
}

}  // namespace firstlight
