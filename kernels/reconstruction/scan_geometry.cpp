#include "kernels/reconstruction/scan_geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double most_turns = 2;  // beyond, angles are taken to be degrees
constexpr double pi = 3.14159265358979323846;

[[noreturn]] void refuse(const Scan& scan, const std::string& problem, const std::string& why,
                         const std::string& way_out) {
    throw Error(ExitCode::bad_input, scan.name + ": " + problem, why, way_out);
}

void check_angles(const Scan& scan, const char* stage) {
    double largest = 0;
    for (const double angle : scan.view_angle_rad) largest = std::max(largest, std::abs(angle));
    if (largest > most_turns * 2 * pi)
        refuse(scan, fmt::format("view angles reach {:.4g} rad ({:.0f} turns)", largest, largest / (2 * pi)),
               "angles are in rad; these look like degrees",
               "store them in radians, e.g. np.deg2rad (more than two turns: modulo 2 pi)");
    if (directions(scan.view_angle_rad).size() < 2)
        refuse(scan, fmt::format("its {} views are all from one direction", scan.views),
               fmt::format("angles in /entry/data/view differ by multiples of 180 degrees; {} makes a volume of views "
                           "from many angles",
                           stage),
               "correct the angles (rad), or use --recipe transmission for an image of each view");
}

}  // namespace

std::vector<Direction> directions(const std::vector<double>& angles) {
    std::vector<std::size_t> order(angles.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto folded = [&](std::size_t v) {
        constexpr double same = 1e-6;  // rad
        const double a = std::fmod(std::fmod(angles[v], pi) + pi, pi);
        return a > pi - same ? a - pi : a;
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return folded(a) < folded(b); });
    std::vector<Direction> found;
    for (const std::size_t v : order) {
        if (found.empty() || folded(v) - found.back().angle > 1e-6) found.push_back({folded(v), {}});
        found.back().views.push_back(v);
    }
    return found;
}

void check_view_angles(const Scan& scan, const char* stage) {
    if (scan.views < 2)
        refuse(scan, "there is one view", fmt::format("{} makes a volume of views from many angles", stage),
               "use --recipe transmission for an image, or record counts[view, y, x, t]");
    if (static_cast<std::int64_t>(scan.view_angle_rad.size()) != scan.views)
        refuse(scan, fmt::format("the angles of its {} views are not known", scan.views),
               "/entry/data/view is missing, or counts views instead of giving their rotation",
               "add view[V] with units rad, or use --recipe transmission for an image of each view");
    for (std::size_t v = 0; v < scan.view_angle_rad.size(); ++v)
        if (!std::isfinite(scan.view_angle_rad[v]))
            refuse(scan, fmt::format("the angle of view {} is not a number", v), "a ray needs its direction",
                   "correct /entry/data/view, or leave the view out");
    check_angles(scan, stage);
}

void check_confocal(const Scan& scan, const char* stage) {
    if (scan.path == LightPath::confocal && scan.views == 1) return;
    refuse(scan, "is no confocal scan of one view",
           fmt::format("{} needs laser and detector to look at the same point of the slab, pixel by pixel", stage),
           scan.path == LightPath::transmission
               ? "use --recipe transmission, or correct /entry/path if the scan was confocal"
               : "use another recipe, or correct /entry/path if the scan was confocal");
}

}  // namespace firstlight
