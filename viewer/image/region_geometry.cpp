#include "viewer/image/region_geometry.hpp"

#include <algorithm>
#include <cmath>

namespace firstlight::viewer {
namespace {

double distance(Place a, Place b) { return std::hypot(a.x - b.x, a.y - b.y); }

double distance_to_segment(Place p, Place a, Place b) {
    const double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    const double t = square > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0;
    return distance(p, {a.x + t * dx, a.y + t * dy});
}

// On the screen.
struct Box {
    double left, top, right, bottom;
};

Box box_of(const Region& region, const ImageGeometry& geometry) {
    const Place a = geometry.to_screen({region.x0, region.y0}), b = geometry.to_screen({region.x1, region.y1});
    return {std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)};
}

// 1 on the ellipse, less within it.
double ellipse_radius(const Box& box, Place p) {
    const double a = std::max(1e-9, (box.right - box.left) / 2), b = std::max(1e-9, (box.bottom - box.top) / 2);
    return std::hypot((p.x - (box.left + box.right) / 2) / a, (p.y - (box.top + box.bottom) / 2) / b);
}

double distance_to_outline(const Region& region, const ImageGeometry& geometry, Place p) {
    const Box box = box_of(region, geometry);
    if (region.shape == RegionShape::line)
        return distance_to_segment(p, geometry.to_screen({region.x0, region.y0}),
                                   geometry.to_screen({region.x1, region.y1}));
    if (region.shape == RegionShape::ellipse) {
        const double half = std::min(box.right - box.left, box.bottom - box.top) / 2;
        return std::abs(ellipse_radius(box, p) - 1) * half;
    }
    double least = distance_to_segment(p, {box.left, box.top}, {box.right, box.top});
    least = std::min(least, distance_to_segment(p, {box.right, box.top}, {box.right, box.bottom}));
    least = std::min(least, distance_to_segment(p, {box.right, box.bottom}, {box.left, box.bottom}));
    return std::min(least, distance_to_segment(p, {box.left, box.bottom}, {box.left, box.top}));
}

bool is_inside(const Region& region, const ImageGeometry& geometry, Place p) {
    const Box box = box_of(region, geometry);
    if (region.shape == RegionShape::line) return false;
    if (region.shape == RegionShape::ellipse) return ellipse_radius(box, p) <= 1;
    return p.x >= box.left && p.x <= box.right && p.y >= box.top && p.y <= box.bottom;
}

Place snapped(Place p, RegionShape shape) {
    if (shape == RegionShape::line) return {std::floor(p.x) + 0.5, std::floor(p.y) + 0.5};
    return {std::round(p.x), std::round(p.y)};
}

bool moves_x0(RegionPart part) {
    return part == RegionPart::corner_00 || part == RegionPart::corner_01 || part == RegionPart::side_x0;
}
bool moves_x1(RegionPart part) {
    return part == RegionPart::corner_11 || part == RegionPart::corner_10 || part == RegionPart::side_x1;
}
bool moves_y0(RegionPart part) {
    return part == RegionPart::corner_00 || part == RegionPart::corner_10 || part == RegionPart::side_y0;
}
bool moves_y1(RegionPart part) {
    return part == RegionPart::corner_11 || part == RegionPart::corner_01 || part == RegionPart::side_y1;
}

}  // namespace

std::vector<std::pair<RegionPart, Place>> handles_of(const Region& r) {
    if (r.shape == RegionShape::line)
        return {{RegionPart::corner_00, {r.x0, r.y0}}, {RegionPart::corner_11, {r.x1, r.y1}}};
    const double x = (r.x0 + r.x1) / 2, y = (r.y0 + r.y1) / 2;
    return {{RegionPart::corner_00, {r.x0, r.y0}}, {RegionPart::corner_11, {r.x1, r.y1}},
            {RegionPart::corner_01, {r.x0, r.y1}}, {RegionPart::corner_10, {r.x1, r.y0}},
            {RegionPart::side_x0, {r.x0, y}},      {RegionPart::side_x1, {r.x1, y}},
            {RegionPart::side_y0, {x, r.y0}},      {RegionPart::side_y1, {x, r.y1}}};
}

RegionHit hit_region(const std::vector<Region>& regions, int selected, const ImageGeometry& geometry, Place screen,
                     double reach) {
    if (selected >= 0 && selected < static_cast<int>(regions.size())) {
        const Region& region = regions[static_cast<std::size_t>(selected)];
        for (const auto& [part, place] : handles_of(region))
            if (distance(geometry.to_screen(place), screen) <= reach) return {selected, part};
        if (is_inside(region, geometry, screen) || distance_to_outline(region, geometry, screen) <= reach)
            return {selected, RegionPart::body};
    }
    for (int i = static_cast<int>(regions.size()) - 1; i >= 0; --i)
        if (i != selected && distance_to_outline(regions[static_cast<std::size_t>(i)], geometry, screen) <= reach)
            return {i, RegionPart::body};
    return {};
}

Region region_dragged(const Region& region, RegionPart part, Place from, Place to, bool whole) {
    Region moved = region;
    double dx = to.x - from.x, dy = to.y - from.y;
    if (part == RegionPart::body) {
        if (whole) dx = std::round(dx), dy = std::round(dy);
        moved.x0 += dx, moved.x1 += dx, moved.y0 += dy, moved.y1 += dy;
        return moved;
    }
    const auto place = [&](double& x, double& y, bool in_x, bool in_y) {
        Place at{x + dx, y + dy};
        if (whole) at = snapped(at, region.shape);
        if (in_x) x = at.x;
        if (in_y) y = at.y;
    };
    place(moved.x0, moved.y0, moves_x0(part), moves_y0(part));
    place(moved.x1, moved.y1, moves_x1(part), moves_y1(part));
    return moved;
}

Region region_drawn(RegionShape shape, Place from, Place to, bool whole, bool equal) {
    if (equal) {
        const double dx = to.x - from.x, dy = to.y - from.y, longest = std::max(std::abs(dx), std::abs(dy));
        const bool line = shape == RegionShape::line;
        if (!line || std::abs(dx) > std::abs(dy) / 2) to.x = from.x + std::copysign(longest, dx);
        else to.x = from.x;
        if (!line || std::abs(dy) > std::abs(dx) / 2) to.y = from.y + std::copysign(longest, dy);
        else to.y = from.y;
    }
    if (whole) from = snapped(from, shape), to = snapped(to, shape);
    return {shape, from.x, from.y, to.x, to.y, ""};
}

Region in_order(Region region) {
    if (region.shape == RegionShape::line) return region;
    if (region.x1 < region.x0) std::swap(region.x0, region.x1);
    if (region.y1 < region.y0) std::swap(region.y0, region.y1);
    return region;
}

bool is_worth_keeping(const Region& region) {
    const double width = std::abs(region.x1 - region.x0), height = std::abs(region.y1 - region.y0);
    if (region.shape == RegionShape::line) return std::hypot(width, height) >= 0.5;
    return width >= 0.5 && height >= 0.5;
}

std::string free_name(const std::vector<Region>& regions) {
    for (int round = 1;; ++round)
        for (char letter = 'A'; letter <= 'Z'; ++letter) {
            std::string name(1, letter);
            if (round > 1) name += std::to_string(round);
            if (std::none_of(regions.begin(), regions.end(), [&](const Region& r) { return r.name == name; }))
                return name;
        }
}

}  // namespace firstlight::viewer
