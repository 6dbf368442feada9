// Regions under the mouse: which one is hit and where, and what a drag makes of it. Without a window.
//
//   RegionHit hit = hit_region(regions, selected, geometry, mouse, reach);
//   Region changed = region_dragged(regions[hit.region], hit.part, from, to, true);     // to whole pixels
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "viewer/image/image_geometry.hpp"

namespace firstlight::viewer {

// What of a region the mouse holds. Handles of rectangles and ellipses: corners and the middles of sides; of lines: its
// ends.
enum class RegionPart : std::uint8_t {
    none,
    body,
    corner_00,  // x0, y0: the line's start
    corner_11,  // x1, y1: the line's end
    corner_01,  // x0, y1
    corner_10,  // x1, y0
    side_x0,
    side_x1,
    side_y0,
    side_y1
};

struct RegionHit {
    int region = -1;
    RegionPart part = RegionPart::none;
    explicit operator bool() const { return region >= 0; }
};

// Handles with their image positions.
[[nodiscard]] std::vector<std::pair<RegionPart, Place>> handles_of(const Region& region);

// Handles of the selected region first, then its body, then the outlines of the others, the last drawn first. `reach`
// in screen pixels.
[[nodiscard]] RegionHit hit_region(const std::vector<Region>& regions, int selected, const ImageGeometry& geometry,
                                   Place screen, double reach);

// `region` after its part was moved from one image position to another. `whole`: corners lie on borders of pixels, ends
// of lines in the middle of pixels.
[[nodiscard]] Region region_dragged(const Region& region, RegionPart part, Place from, Place to, bool whole);
// A region drawn from one image position to another; as above. `equal`: as wide as high, or a line that is level,
// upright or at 45 degrees.
[[nodiscard]] Region region_drawn(RegionShape shape, Place from, Place to, bool whole, bool equal);
// Corners in rising order, for rectangles and ellipses.
[[nodiscard]] Region in_order(Region region);
// Big enough to hold a pixel: not the slip of a click.
[[nodiscard]] bool is_worth_keeping(const Region& region);
// "A", "B", … "Z", "A2", …: the first that is free.
[[nodiscard]] std::string free_name(const std::vector<Region>& regions);

// What the mouse does on the image from the press of a button to its release.
struct ImageGesture {
    enum class Kind : std::uint8_t { none, press, pan, draw, change };
    Kind kind = Kind::none;
    int button = 0;
    Place on_screen, on_image;  // where it began
    Place last;                 // on the screen, for moving the view
    bool moved = false;
    int region = -1;  // that is changed
    RegionPart part = RegionPart::none;
    Region before;  // it, when it began; the new one, while it is drawn
};

}  // namespace firstlight::viewer
