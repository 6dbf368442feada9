#include "viewer/trace/trace_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/figures_of_merit/region_statistics.hpp"
#include "viewer/session/counted.hpp"

namespace firstlight::viewer {

std::string TraceTarget::key() const {
    std::size_t hash = pixels.size();
    for (const std::int64_t pixel : pixels) hash = hash * 1099511628211ULL ^ static_cast<std::size_t>(pixel);
    return fmt::format("{} {} {} {} {}", static_cast<int>(what), view, aligned, pixels.size(), hash);
}

std::vector<std::int64_t> pixels_of(const Region& region, std::int64_t rows, std::int64_t columns) {
    if (region.shape != RegionShape::line) {
        const auto shape = region.shape == RegionShape::ellipse ? firstlight::RegionShape::ellipse
                                                                : firstlight::RegionShape::rectangle;
        return pixels_in({shape, region.x0, region.y0, region.x1, region.y1}, rows, columns);
    }
    std::vector<std::int64_t> pixels;
    const double length = std::hypot(region.x1 - region.x0, region.y1 - region.y0);
    const auto steps = static_cast<std::int64_t>(std::ceil(length * 8)) + 1;  // none is missed for long
    for (std::int64_t i = 0; i <= steps; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(steps);
        const auto x = static_cast<std::int64_t>(std::floor(region.x0 + share * (region.x1 - region.x0)));
        const auto y = static_cast<std::int64_t>(std::floor(region.y0 + share * (region.y1 - region.y0)));
        if (x >= 0 && x < columns && y >= 0 && y < rows) pixels.push_back(y * columns + x);
    }
    std::sort(pixels.begin(), pixels.end());
    pixels.erase(std::unique(pixels.begin(), pixels.end()), pixels.end());
    return pixels;
}

TraceTarget trace_target(const Document& document, const std::optional<PixelAt>& hovered) {
    TraceTarget target;
    if (!document.scan) return target;
    const Scan& scan = *document.scan;
    const TraceLook& look = document.looks.trace;
    target.view = std::clamp<std::int64_t>(document.looks.view, 0, scan.views - 1);
    const std::vector<Region>& regions = document.edits().regions;
    const auto number = static_cast<std::size_t>(document.looks.region);
    if (look.of_region && document.looks.region >= 0 && number < regions.size()) {
        target.pixels = pixels_of(regions[number], scan.rows, scan.columns);
        if (!target.pixels.empty()) {
            target.what = TraceTarget::What::region;
            target.aligned = look.aligned && document.recipe().params<TimeGate>() != nullptr;
            target.name = fmt::format("region {}, {}", regions[number].name, counted(target.pixels.size(), "pixel"));
            return target;
        }
    }
    const auto is_inside = [&](const PixelAt& at) {
        return at.x >= 0 && at.y >= 0 && at.x < scan.columns && at.y < scan.rows;
    };
    std::optional<PixelAt> at = look.follow && hovered && is_inside(*hovered) ? hovered : document.looks.pixel;
    if (at && !is_inside(*at)) at.reset();
    if (at) {
        target.what = TraceTarget::What::pixel;
        target.pixels = {at->y * scan.columns + at->x};
        target.name = fmt::format("pixel x {}, y {}", at->x, at->y);
        return target;
    }
    target.aligned = look.aligned && document.recipe().params<TimeGate>() != nullptr;
    target.name = scan.pixels() == 1 ? "the only pixel" : fmt::format("all {} pixels", scan.pixels());
    return target;
}

}  // namespace firstlight::viewer
