// What the trace stages make of one view, and how views come together into the images of a result.
#pragma once

#include <cstdint>
#include <vector>

#include "host/data/gated_images.hpp"
#include "kernels/support/scan.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

// Image values of one view, whole.
struct ViewImages {
    std::vector<Layer> layers;
    std::vector<std::vector<float>> values;   // [layers][pixels]
    std::vector<std::vector<float>> effects;  // [stages][pixels]
    std::vector<std::uint8_t> flags;          // [pixels]
    // Where TileNeeds::keep_light: the signal with each trace's delay taken out, NaN in masked pixels; and the dark
    // counts per bin that were taken off it.
    std::vector<float> light;  // [pixels][bins]
    std::vector<float> dark;   // [pixels]

    [[nodiscard]] const std::vector<float>* layer(Layer which) const;
    [[nodiscard]] ImageTile tile(std::int64_t rows, std::int64_t columns);  // host pointers
};

// Images of all views of the scan without layers yet, with its axes.
[[nodiscard]] GatedImages images_of(const Scan& scan);

// The images of one view alone, which are taken out of `from`.
[[nodiscard]] GatedImages images_of(const Scan& scan, std::int64_t view, ViewImages&& from);

// The values of a layer of all views, which is added (zeros) where it is not there yet.
[[nodiscard]] std::vector<float>& layer_values(GatedImages& images, Layer which);

// Copies a view's layers and flags to their place among all views.
void store_view(const ViewImages& from, std::int64_t view, GatedImages& images);

}  // namespace firstlight
