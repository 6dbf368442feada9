// One layer of two results, pixel by pixel: difference, what it amounts to, colours; and what a simulated scan knows to
// be true as images to compare with.
//
//   const std::string why_not = why_not_compared(a, b, "ballistic", 0);
//   const ComparedLayer both = compared_layer(a, b, "ballistic", 0);
//   difference_figures(both).rms;
//
// A pixel takes part where it is masked in neither image and both have a finite value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/data/gated_images.hpp"
#include "host/io/result_file.hpp"
#include "viewer/session/looks.hpp"

namespace firstlight::viewer {

struct ComparedLayer {
    std::string name, unit;
    std::int64_t rows = 0, columns = 0;
    const float *first = nullptr, *second = nullptr;                     // [rows][columns]
    const std::uint8_t *first_flags = nullptr, *second_flags = nullptr;  // or null

    [[nodiscard]] std::int64_t pixels() const { return rows * columns; }
    [[nodiscard]] bool takes_part(std::int64_t pixel) const;
};

// Why a layer of one view cannot be compared, in words; "": it can. Names are what the two are called in it.
[[nodiscard]] std::string why_not_compared(const GatedImages& first, const GatedImages& second,
                                           const std::string& layer, std::int64_t view, const std::string& first_name,
                                           const std::string& second_name);
// Only where why_not_compared() says nothing. Points into both.
[[nodiscard]] ComparedLayer compared_layer(const GatedImages& first, const GatedImages& second,
                                           const std::string& layer, std::int64_t view);
// Layers that both have, in the first's order.
[[nodiscard]] std::vector<std::string> common_layers(const GatedImages& first, const GatedImages& second);

// first - second, or with `relative` (first - second) / second; NaN where a pixel takes no part or would be divided by
// 0.
[[nodiscard]] std::vector<float> difference_of(const ComparedLayer& both, bool relative);

struct DifferenceFigures {
    std::int64_t pixels = 0;  // that take part
    double first_mean = 0, second_mean = 0;
    double mean = 0, rms = 0;  // of first - second
    double largest = 0;        // the difference of the greatest magnitude, with its sign
    PixelAt largest_at;
    double ncc = 0;  // Pearson's correlation; NaN where one of the images is constant
};
[[nodiscard]] DifferenceFigures difference_figures(const ComparedLayer& both);

// The magnitude that the colours of a difference end at: the 99.5th percentile of |value|; 1 where all are 0.
[[nodiscard]] double difference_limit(const std::vector<float>& difference);
// Blue below 0, light grey at 0, red above (cool to warm after K. Moreland, ISVC 2009, in straight lines), ends at
// -limit and limit; pixels that take no part are the tone map's pale "no value". [pixels][3].
[[nodiscard]] std::vector<std::uint8_t> difference_colours(const std::vector<float>& difference, double limit);

// The truth as images with the names, units and sizes of the result's: ballistic (times the share of the unscattered
// light that the gate of the run held, where it says so), optical_depth and depth, as far as it knows them.
[[nodiscard]] GatedImages truth_images(const Truth& truth, const Result& result);

}  // namespace firstlight::viewer
