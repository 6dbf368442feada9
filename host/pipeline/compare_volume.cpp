#include "host/pipeline/compare_volume.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/figures_of_merit/volume_quality.hpp"

namespace firstlight::merits {
namespace {

Axis scan_axis(const char* name, const std::vector<double>& positions, std::int64_t size) {
    return positions.empty() ? index_axis(name, name, size) : listed_axis(name, "m", name, positions);
}

bool same_grid(const Axis& a, const Axis& b) {
    if (a.size != b.size || a.unit != b.unit) return false;
    const double slack = 1e-6 * std::max(std::abs(step_m(a)), std::abs(step_m(b)));
    for (std::int64_t i = 0; i < a.size; ++i)
        if (std::abs(a.at(i) - b.at(i)) > slack && a.unit == "m") return false;
    return true;
}

}  // namespace

Volume true_volume(const Truth& truth, const Scan& scan) {
    Volume volume;
    volume.z = scan_axis("z", scan.y_m, scan.rows);
    volume.y = scan_axis("y", scan.x_m, scan.columns);
    volume.x = scan_axis("x", scan.x_m, scan.columns);
    volume.values.assign(truth.mu_per_m.begin(), truth.mu_per_m.end());
    return volume;
}

Comparison against_volume(const Volume& volume, const Volume& expected) {
    if (volume.name != expected.name)
        return {
            {},
            {fmt::format("the volumes are not compared: {} is another quantity than {}", volume.name, expected.name)}};
    const VolumeQuality q = volume_quality(volume.values, on_grid_of(volume, expected));
    const std::string &name = volume.name, unit = volume.unit == "1" ? std::string() : volume.unit;
    Comparison all;
    const auto add = [&](const char* key, const std::string& words, const std::string& in, double value) {
        all.figures.push_back({name + "_" + key, name + " " + words, in, value});
    };
    add("voxels", "voxels compared", "", static_cast<double>(q.voxels));
    add("rmse", "RMSE", unit, q.rmse);
    add("nrmse", "NRMSE", "", q.nrmse);
    add("bias", "bias", unit, q.bias);
    add("ncc", "NCC", "", q.ncc);
    add("inside_voxels", "voxels inside", "", static_cast<double>(q.inside_voxels));
    add("inside_mean", "mean inside", unit, q.inside_mean);
    add("inside_expected", "mean inside, expected", unit, q.inside_expected);
    add("outside_mean", "mean outside", unit, q.outside_mean);
    add("outside_expected", "mean outside, expected", unit, q.outside_expected);
    all.notes.push_back(fmt::format(
        "{}: inside is where what is expected is above half of its maximum; NRMSE is RMSE over the range of "
        "what is expected",
        name));
    if (!same_grid(volume.z, expected.z) || !same_grid(volume.y, expected.y) || !same_grid(volume.x, expected.x))
        all.notes.push_back(fmt::format(
            "{}: the grids differ: what is expected was interpolated to the result's voxels (the mean over each)",
            name));
    return all;
}

}  // namespace firstlight::merits
