// What gating and reconstruction yield: named float32 layers [view][y][x] with a mask, and their axes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/data/axis.hpp"

namespace firstlight {

struct ImageLayer {
    std::string name;  // "ballistic"
    std::string unit;  // "counts"
    std::string long_name;
    std::vector<float> values;  // [views * rows * columns]
};

struct GatedImages {
    std::int64_t views = 1, rows = 0, columns = 0;
    bool has_views_axis = false;       // written as [view, y, x] rather than [y, x]
    Axis view, y, x;                   // view is used only with has_views_axis
    std::string signal = "ballistic";  // the layer viewers show first
    std::vector<ImageLayer> layers;
    std::vector<std::uint8_t> mask;  // [views * rows * columns] Flag bits; empty: none

    [[nodiscard]] std::int64_t pixels() const { return views * rows * columns; }
    [[nodiscard]] const ImageLayer* layer(std::string_view name) const {
        for (const ImageLayer& l : layers)
            if (l.name == name) return &l;
        return nullptr;
    }
    [[nodiscard]] ImageLayer* layer(std::string_view name) {
        for (ImageLayer& l : layers)
            if (l.name == name) return &l;
        return nullptr;
    }
    // Throws Error (internal) when a layer, the mask or an axis does not fit the shape, or a name is used twice.
    void check() const;
};

}  // namespace firstlight
