#include "viewer/volume/point_projection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "host/pipeline/surface_points.hpp"
#include "kernels/support/error.hpp"
#include "viewer/volume/volume_layout.hpp"

namespace firstlight::viewer {
namespace {

constexpr double eye_distance = 3.5;  // radii
constexpr double share_of_panel = 0.86;

double length(const std::array<double, 3>& v) { return std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]); }

// The ends of the box along depth.
std::pair<float, float> box_of_depths(std::vector<float> depths) {
    constexpr double share = 0.005;
    constexpr float beyond = 0.1F;
    const auto [least, most] = std::minmax_element(depths.begin(), depths.end());
    const float first = *least, last = *most;
    const auto n = static_cast<std::ptrdiff_t>(depths.size());
    const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(n - 1));
    const auto at = [&](std::ptrdiff_t i) {
        std::nth_element(depths.begin(), depths.begin() + i, depths.end());
        return depths[static_cast<std::size_t>(i)];
    };
    const float low = at(rank), high = at(n - 1 - rank), more = beyond * (high - low);
    return {std::max(first, low - more), std::min(last, high + more)};
}

double pitch_of(const GatedImages& images, std::optional<double> pixel_m) {
    const double x = std::abs(step_m(images.x)), y = std::abs(step_m(images.y));
    const double pitch = x > 0 && y > 0 ? std::max(x, y) : std::max({x, y, pixel_m.value_or(0)});
    return pitch > 0 ? pitch * 1e3 : 1;
}

}  // namespace

SurfaceCloud surface_cloud(const GatedImages& images, std::int64_t view, const std::string& name,
                           std::optional<double> pixel_m, const Volume* volume, std::int64_t most) {
    const PointCloud all = surface_points(images, name, pixel_m, volume);
    const std::int64_t in_view = images.rows * images.columns;
    std::vector<std::size_t> taken;
    for (std::size_t i = 0; i < all.points.size(); ++i)
        if (all.points[i].view == view) taken.push_back(i);
    if (taken.empty())
        throw Error(ExitCode::bad_input, name + ": no pixel of this view has a depth",
                    "there is nothing to make points of", "choose another view");
    SurfaceCloud cloud;
    cloud.points_in_all = static_cast<std::int64_t>(taken.size());
    const auto on_grid = [&](std::size_t i, std::int64_t step) {
        const std::int64_t pixel = all.pixels[i] % in_view;
        return pixel / images.columns % step == 0 && pixel % images.columns % step == 0;
    };
    const auto count = [&](std::int64_t step) {
        return std::count_if(taken.begin(), taken.end(), [&](std::size_t i) { return on_grid(i, step); });
    };
    while (count(cloud.grid_step) > most && cloud.grid_step < std::max(images.rows, images.columns)) ++cloud.grid_step;
    cloud.pitch_mm = pitch_of(images, pixel_m) * static_cast<double>(cloud.grid_step);
    cloud.low.fill(std::numeric_limits<float>::infinity());
    cloud.high.fill(-std::numeric_limits<float>::infinity());
    std::vector<float> depths;
    for (const std::size_t i : taken) {
        const SurfacePoint& p = all.points[i];
        const SpacePoint place{p.x * 1e3F, p.y * 1e3F, p.z * 1e3F};
        for (std::size_t k = 0; k < 3; ++k) {
            cloud.low[k] = std::min(cloud.low[k], place[k]);
            cloud.high[k] = std::max(cloud.high[k], place[k]);
        }
        depths.push_back(place[2]);
        if (!on_grid(i, cloud.grid_step)) continue;
        cloud.places.push_back(place);
        cloud.pixels.push_back(all.pixels[i]);
        cloud.surfaces.push_back(p.surface);
    }
    std::tie(cloud.low[2], cloud.high[2]) = box_of_depths(depths);
    cloud.outside = std::count_if(depths.begin(), depths.end(),
                                  [&](float depth) { return depth < cloud.low[2] || depth > cloud.high[2]; });
    return cloud;
}

PointView point_view(const SurfaceCloud& cloud, const PointsLook& look, std::int64_t columns, std::int64_t rows) {
    PointView view;
    view.stretch = look.stretch;
    std::array<double, 3> half{};
    for (std::size_t k = 0; k < 3; ++k) {
        const double low = static_cast<double>(cloud.low[k]), high = static_cast<double>(cloud.high[k]);
        view.middle[k] = (low + high) / 2;
        half[k] = (high - low) / 2 * (k == 2 ? look.stretch : 1);
    }
    view.radius = std::max(length(half), 1e-6);
    view.cos_turn = std::cos(look.turn);
    view.sin_turn = std::sin(look.turn);
    view.cos_tilt = std::cos(look.tilt);
    view.sin_tilt = std::sin(look.tilt);
    view.columns = columns;
    view.rows = rows;
    view.perspective = look.perspective;
    const auto side = static_cast<double>(std::min(columns, rows));
    view.pixels_per_mm = look.zoom * share_of_panel * side / (2 * view.radius);
    view.centre_x = static_cast<double>(columns) / 2 + look.shift_x * side;
    view.centre_y = static_cast<double>(rows) / 2 + look.shift_y * side;
    return view;
}

ScreenPoint PointView::project(const SpacePoint& place) const {
    const double x = static_cast<double>(place[0]) - middle[0], y = static_cast<double>(place[1]) - middle[1],
                 z = (static_cast<double>(place[2]) - middle[2]) * stretch;
    const double across = x * cos_turn + z * sin_turn, away = z * cos_turn - x * sin_turn;
    ScreenPoint p;
    p.depth = y * sin_tilt + away * cos_tilt;
    p.enlarge = perspective ? eye_distance * radius / (eye_distance * radius + p.depth) : 1;
    p.x = centre_x + across * pixels_per_mm * p.enlarge;
    p.y = centre_y + (y * cos_tilt - away * sin_tilt) * pixels_per_mm * p.enlarge;
    return p;
}

double PointView::point_size(const SurfaceCloud& cloud, const PointsLook& look) const {
    constexpr double closed = 1.15, largest = 64;
    if (look.point_size > 0) return look.point_size;
    return std::clamp(cloud.pitch_mm * pixels_per_mm * closed, 1.0, largest);
}

void paint_points(const SurfaceCloud& cloud, const PointView& view, const std::vector<std::uint8_t>& rgb, double size,
                  PointImage& image) {
    image.rows = view.rows;
    image.columns = view.columns;
    const auto pixels = static_cast<std::size_t>(image.rows * image.columns);
    image.rgba.assign(pixels * 4, 0);
    image.points.assign(pixels, -1);
    image.depths.assign(pixels, std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < cloud.places.size(); ++i) {
        const ScreenPoint p = view.project(cloud.places[i]);
        const double edge = std::max(1.0, size * p.enlarge);
        const auto first = [edge](double at) { return static_cast<std::int64_t>(std::floor(at - edge / 2 + 0.5)); };
        const std::int64_t side = std::max<std::int64_t>(1, std::llround(edge));
        const std::int64_t left = std::max<std::int64_t>(0, first(p.x)), top = std::max<std::int64_t>(0, first(p.y));
        const std::int64_t right = std::min(image.columns, first(p.x) + side),
                           bottom = std::min(image.rows, first(p.y) + side);
        const auto depth = static_cast<float>(p.depth);
        for (std::int64_t row = top; row < bottom; ++row)
            for (std::int64_t column = left; column < right; ++column) {
                const auto at = static_cast<std::size_t>(row * image.columns + column);
                if (depth > image.depths[at]) continue;
                image.depths[at] = depth;
                image.points[at] = static_cast<std::int32_t>(i);
            }
    }
    for (std::size_t at = 0; at < pixels; ++at) {
        if (image.points[at] < 0) continue;
        const std::uint8_t* colour = rgb.data() + static_cast<std::size_t>(image.points[at]) * 3;
        std::copy_n(colour, 3, image.rgba.begin() + static_cast<std::ptrdiff_t>(at * 4));
        image.rgba[at * 4 + 3] = 255;
    }
}

std::int64_t point_at(const PointImage& image, double x, double y, double reach) {
    const auto column = static_cast<std::int64_t>(std::floor(x)), row = static_cast<std::int64_t>(std::floor(y));
    const auto far = static_cast<std::int64_t>(reach);
    std::int64_t best = -1;
    double best_distance = reach * reach + 1;
    for (std::int64_t r = std::max<std::int64_t>(0, row - far); r <= std::min(image.rows - 1, row + far); ++r)
        for (std::int64_t c = std::max<std::int64_t>(0, column - far); c <= std::min(image.columns - 1, column + far);
             ++c) {
            const std::int32_t point = image.points[static_cast<std::size_t>(r * image.columns + c)];
            const auto distance = static_cast<double>((r - row) * (r - row) + (c - column) * (c - column));
            if (point < 0 || distance >= best_distance) continue;
            best = point;
            best_distance = distance;
        }
    return best;
}

PointBox point_box(const SurfaceCloud& cloud, const PointView& view) {
    std::array<ScreenPoint, 8> corners;  // bit k of the number: high along axis k
    const auto place = [&](std::size_t number) {
        SpacePoint at;
        for (std::size_t k = 0; k < 3; ++k) at[k] = (number >> k & 1) != 0 ? cloud.high[k] : cloud.low[k];
        return at;
    };
    std::size_t nearest = 0;
    double middle_x = 0, middle_y = 0;
    for (std::size_t n = 0; n < 8; ++n) {
        corners[n] = view.project(place(n));
        if (corners[n].depth < corners[nearest].depth) nearest = n;
        middle_x += corners[n].x / 8;
        middle_y += corners[n].y / 8;
    }
    PointBox box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        std::size_t labelled = 0;
        double outermost = -std::numeric_limits<double>::infinity();
        for (std::size_t n = 0; n < 8; ++n) {
            const std::size_t other = n | std::size_t{1} << axis;
            if (other == n) continue;
            if (n == nearest || other == nearest) continue;  // it would run across the points
            box.edges.push_back({corners[n], corners[other]});
            // Numbers stand below the box, those of y at its left.
            const double out = axis == 1 ? -(corners[n].x + corners[other].x) : corners[n].y + corners[other].y;
            if (out > outermost) {
                outermost = out;
                labelled = n;
            }
        }
        const double low = static_cast<double>(cloud.low[axis]), high = static_cast<double>(cloud.high[axis]);
        const double step = round_length((high - low) / 2);
        if (!(step > 0)) continue;
        for (double mm = std::ceil(low / step) * step; mm <= high + step * 1e-6; mm += step) {
            SpacePoint at = place(labelled);
            at[axis] = static_cast<float>(mm);
            BoxLabel label{static_cast<int>(axis), std::abs(mm) < step * 1e-6 ? 0 : mm, view.project(at), 0, 0};
            const double dx = label.at.x - middle_x, dy = label.at.y - middle_y;
            const double away = std::max(1e-9, std::hypot(dx, dy));
            label.out_x = dx / away;
            label.out_y = dy / away;
            box.labels.push_back(label);
        }
    }
    return box;
}

}  // namespace firstlight::viewer
