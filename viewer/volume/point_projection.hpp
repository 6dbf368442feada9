// A depth map as points in space, on a screen: which points, where they are from a side, what covers what.
//
//   const SurfaceCloud cloud = surface_cloud(images, 0, "scan.h5", {}, volume);
//   const PointView view = point_view(cloud, look, 400, 300);
//   const ScreenPoint p = view.project(cloud.places[0]);        // p.x, p.y in pixels, p.depth in mm
//   paint_points(cloud, view, rgb, view.point_size(cloud, look), image);
//
// With turn = tilt = 0 the cloud is seen as the image is: x to the right, y downwards, depth away from the eye. Turning
// is about y, then tilting about x:
//     X = x cos(turn) + z sin(turn)      Y = y cos(tilt) - Z sin(tilt)
//     Z = z cos(turn) - x sin(turn)      depth = y sin(tilt) + Z cos(tilt)
// (x, y, z from the middle of the box, z stretched). In perspective lengths shrink by d / (d + depth), where the eye is
// d = 3.5 radii from the middle.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/data/volume.hpp"
#include "viewer/session/looks.hpp"

namespace firstlight::viewer {

using SpacePoint = std::array<float, 3>;  // x, y, depth in mm

struct SurfaceCloud {
    std::vector<SpacePoint> places;
    std::vector<std::int64_t> pixels;    // into the layers' values
    std::vector<std::uint8_t> surfaces;  // 0: strongest, 1: last
    SpacePoint low{}, high{};            // the box: all in x and y; see surface_cloud() for depths
    std::int64_t outside = 0;            // points of all that the box does not hold
    double pitch_mm = 1;                 // between neighbours that are drawn
    std::int64_t grid_step = 1;  // of rows and columns; above 1: there were more points than can be drawn fluently
    std::int64_t points_in_all = 0;
};

// The points of one view (host/pipeline/surface_points.hpp says which). Where there are more than `most`, only every
// n-th row and column of the grid is taken, n being the least that does. The box holds the depths of all points, but
// for those farther than a tenth of the range between the 0.5th and the 99.5th percentile beyond these: a few wrong
// depths leave the others as large as they would be without. Errors: those of surface_points; bad_input when the view
// has none.
[[nodiscard]] SurfaceCloud surface_cloud(const GatedImages& images, std::int64_t view, const std::string& name,
                                         std::optional<double> pixel_m, const Volume* volume,
                                         std::int64_t most = 500000);

struct ScreenPoint {
    double x = 0, y = 0;
    double depth = 0;    // mm, from the middle of the box, away from the eye
    double enlarge = 1;  // of lengths, by perspective
};

struct PointView {
    std::array<double, 3> middle{};  // mm
    double stretch = 1, radius = 1;  // mm, of the stretched box
    double cos_turn = 1, sin_turn = 0, cos_tilt = 1, sin_tilt = 0;
    double pixels_per_mm = 1;  // at the middle
    double centre_x = 0, centre_y = 0;
    std::int64_t columns = 1, rows = 1;  // of the screen
    bool perspective = false;

    [[nodiscard]] ScreenPoint project(const SpacePoint& place) const;
    // Edge of a point's square in pixels, before perspective: as the look says, or so that a surface is closed.
    [[nodiscard]] double point_size(const SurfaceCloud& cloud, const PointsLook& look) const;
};
[[nodiscard]] PointView point_view(const SurfaceCloud& cloud, const PointsLook& look, std::int64_t columns,
                                   std::int64_t rows);

// The points as an image; what no point covers is transparent.
struct PointImage {
    std::int64_t rows = 0, columns = 0;
    std::vector<std::uint8_t> rgba;    // [rows][columns][4]
    std::vector<std::int32_t> points;  // [rows][columns]: the point that is seen there, or -1
    std::vector<float> depths;         // [rows][columns] of those points
};
// Nearer points cover farther ones, of two equally near the later. rgb: [points][3].
void paint_points(const SurfaceCloud& cloud, const PointView& view, const std::vector<std::uint8_t>& rgb, double size,
                  PointImage& image);

// The point seen at or nearest to (x, y), no farther than `reach` pixels; -1: none.
[[nodiscard]] std::int64_t point_at(const PointImage& image, double x, double y, double reach);

// The box around the points: the edges behind them, and round positions in mm along one outer edge of each axis.
struct BoxEdge {
    ScreenPoint from, to;
};
struct BoxLabel {
    int axis = 0;  // 0 x, 1 y, 2 depth
    double mm = 0;
    ScreenPoint at;
    double out_x = 0, out_y = 0;  // direction away from the box, of length 1
};
struct PointBox {
    std::vector<BoxEdge> edges;
    std::vector<BoxLabel> labels;
};
[[nodiscard]] PointBox point_box(const SurfaceCloud& cloud, const PointView& view);

}  // namespace firstlight::viewer
