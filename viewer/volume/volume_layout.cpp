#include "viewer/volume/volume_layout.hpp"

#include <algorithm>
#include <cmath>

namespace firstlight::viewer {
namespace {

// Of the axes z, y, x (0, 1, 2): which goes down and which across in the plane along the axis.
constexpr std::array<std::size_t, 3> down_of{1, 0, 0}, across_of{2, 2, 1};

std::array<const Axis*, 3> axes_of(const Volume& volume) { return {&volume.z, &volume.y, &volume.x}; }

}  // namespace

VolumeLayout layout_of(const Volume& volume, double width, double height, double gap) {
    VolumeLayout layout;
    const std::array<const Axis*, 3> axes = axes_of(volume);
    double finest = 0;
    layout.lengths_known = true;
    for (std::size_t k = 0; k < 3; ++k) {
        if (axes[k]->unit != "m") layout.lengths_known = false;
        layout.voxel_m[k] = std::abs(step_m(*axes[k]));
        if (layout.voxel_m[k] > 0) finest = finest == 0 ? layout.voxel_m[k] : std::min(finest, layout.voxel_m[k]);
    }
    if (finest == 0) layout.lengths_known = false;
    for (double& step : layout.voxel_m) {
        if (!layout.lengths_known) step = 1;
        else if (step == 0) step = finest;
    }
    std::array<double, 3> length{};
    for (std::size_t k = 0; k < 3; ++k) length[k] = layout.voxel_m[k] * static_cast<double>(axes[k]->size);
    const auto [z, y, x] = length;

    const auto fitting = [](double room, double what) { return std::max(1.0, room) / what; };
    const double row = std::min(fitting(width - 2 * gap, 2 * x + y), fitting(height, std::max(y, z)));
    const double column = std::min(fitting(width, std::max(x, y)), fitting(height - 2 * gap, y + 2 * z));
    const double square = std::min(fitting(width - gap, x + y), fitting(height - gap, y + z));
    const double s = layout.scale = std::max({row, column, square});
    auto& planes = layout.planes;
    for (std::size_t k = 0; k < 3; ++k)
        planes[k] = {0, 0, std::max(1.0, length[across_of[k]] * s), std::max(1.0, length[down_of[k]] * s)};
    if (s == square) {
        planes[1].top = planes[2].top = planes[0].height + gap;
        planes[2].left = planes[0].width + gap;
    } else if (s == column) {
        planes[1].top = planes[0].height + gap;
        planes[2].top = planes[1].top + planes[1].height + gap;
    } else {
        planes[1].left = planes[0].width + gap;
        planes[2].left = planes[1].left + planes[1].width + gap;
    }
    for (const PlaneBox& plane : planes) {
        layout.width = std::max(layout.width, plane.left + plane.width);
        layout.height = std::max(layout.height, plane.top + plane.height);
    }
    return layout;
}

VoxelAt voxel_under(const Volume& volume, const VolumeLayout& layout, std::size_t plane, double px, double py,
                    const VoxelAt& now) {
    const PlaneBox& box = layout.planes[plane];
    const std::array<const Axis*, 3> axes = axes_of(volume);
    std::array<std::int64_t, 3> at{now.z, now.y, now.x};
    const auto index = [](double share, std::int64_t n) {
        return static_cast<std::int64_t>(
            std::clamp(std::floor(share * static_cast<double>(n)), 0.0, static_cast<double>(n - 1)));
    };
    at[down_of[plane]] = index((py - box.top) / box.height, axes[down_of[plane]]->size);
    at[across_of[plane]] = index((px - box.left) / box.width, axes[across_of[plane]]->size);
    return {at[0], at[1], at[2]};
}

PlanePoint middle_of(const Volume& volume, const VolumeLayout& layout, std::size_t plane, const VoxelAt& voxel) {
    const PlaneBox& box = layout.planes[plane];
    const std::array<const Axis*, 3> axes = axes_of(volume);
    const std::array<std::int64_t, 3> at{voxel.z, voxel.y, voxel.x};
    const auto place = [&](std::size_t axis) {
        return (static_cast<double>(at[axis]) + 0.5) / static_cast<double>(axes[axis]->size);
    };
    return {box.left + place(across_of[plane]) * box.width, box.top + place(down_of[plane]) * box.height};
}

double round_length(double most) {
    if (!(most > 0)) return 0;
    const double power = std::pow(10, std::floor(std::log10(most)));
    for (const double digit : {5.0, 2.0})
        if (digit * power <= most) return digit * power;
    return power;
}

}  // namespace firstlight::viewer
