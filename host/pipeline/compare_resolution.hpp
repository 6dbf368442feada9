// How fine a structure a view of a result still shows: at edges and bars that a person points at, and at the bar groups
// of a simulated scene.
#pragma once

#include <string>
#include <vector>

#include "host/figures_of_merit/resolution.hpp"
#include "host/pipeline/compare_figures.hpp"

namespace firstlight::merits {

struct EdgeRequest {
    std::string name;  // "--edge 10,10,50,40", for messages
    Region region;
};
struct BarsRequest {
    std::string name;
    Region region;
    double period_px = 0;
};

// "X0,Y0,X1,Y1" and "X0,Y0,X1,Y1,PERIOD", in pixels. Errors: usage.
[[nodiscard]] EdgeRequest parse_edge(const std::string& text);
[[nodiscard]] BarsRequest parse_bars(const std::string& text);

// In the layer ballistic, or the result's signal where there is none. `transmission` [y][x] of the truth, or empty:
// bars are compared with it; without it with bars that are black and white. `scene` (TOML, may be empty): its bar
// groups are found in the truth where the image has axes in m. Errors: those of figures_of_merit/resolution.hpp.
void add_resolution(Comparison& out, const GatedImages& images, std::int64_t view,
                    const std::vector<EdgeRequest>& edges, const std::vector<BarsRequest>& bars,
                    const std::vector<float>& transmission, const std::string& scene);

}  // namespace firstlight::merits
