// How fine a structure an image still shows: its modulation transfer function (MTF), from a slanted edge or from bars.
// A region is whole pixels [y0, y1) x [x0, x1) of the image; pixels that are not selected or not finite do not count.
//
//   const SlantedEdge edge = slanted_edge(image, {10, 10, 50, 40}, nullptr);
//   edge.mtf50;   // cycles per pixel, across the edge
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/figures_of_merit/image_quality.hpp"

namespace firstlight {

struct Region {
    std::int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// Errors (bad_input): a region that is empty or leaves the image.
void check_region(const ImageView& image, const Region& region, const std::string& name);

// The MTF across an edge that is slanted against the rows and columns of the image, as ISO 12233 has it: the edge's
// place in each line is the centroid of the line's derivative; a straight line through these places; pixels sorted by
// their distance from it into bins of a quarter of a pixel (the edge spread function); its derivative (the line spread
// function) under a window; the magnitude of its Fourier transform, 1 at frequency 0. What bins and differences take
// from the spectrum is given back. The window is flat in its inner half (ISO's Hamming window would narrow the line)
// and no longer than four times the edge's rise, because noise far from the edge only adds to the spectrum. mtf50 and
// mtf10 are the first frequencies at which the MTF falls to 0.5 and 0.1, NaN if it does not below 1 cycle per pixel;
// the sampling pitch of the image itself allows half a cycle. Source: ISO 12233; P. D. Burns, IS&T PICS (2000) 135.
//
// An edge blurred by a Gaussian of sigma pixels has mtf50 = sqrt(ln 2 / 2) / (pi sigma).
struct SlantedEdge {
    double mtf50 = 0, mtf10 = 0;      // cycles per pixel of the axis across the edge
    double angle_deg = 0;             // from the nearest axis of the image
    bool across_columns = false;      // the edge runs along the columns: x is the axis across it
    double low = 0, high = 0;         // levels on its two sides
    std::vector<double> frequencies;  // cycles per pixel
    std::vector<double> mtf;
};
// Errors (bad_input): a region outside the image or smaller than 8 x 8 pixels; no edge in it; an edge that is not
// slanted enough to be sampled finer than by pixels. `name` of the region for messages: "--edge 10,10,50,40".
[[nodiscard]] SlantedEdge slanted_edge(const ImageView& image, const Region& region, const std::uint8_t* selected,
                                       const std::string& name);

// Contrast of bars of a known period: I = a + b cos(2 pi u / p) + c sin(2 pi u / p) fitted by least squares to the
// mean over the bars' length, modulation = sqrt(b^2 + c^2) / a. Bars that are black and white have a modulation of
// 4/pi (Coltman, J. Opt. Soc. Am. 44, 468 (1954)), a sinusoid of contrast m has m.
struct BarContrast {
    double modulation = 0;
    bool along_x = false;  // the bars follow each other along x
};
// In the given direction. NaN where the mean is not above 0 or fewer than 4 lines hold a value. `period` in pixels.
[[nodiscard]] double bar_modulation(const ImageView& image, const Region& region, double period, bool along_x,
                                    const std::uint8_t* selected);
// In the direction in which it is larger. Errors (bad_input): a region outside the image or shorter than one and a half
// periods both ways; a period of less than 2 pixels.
[[nodiscard]] BarContrast bar_contrast(const ImageView& image, const Region& region, double period,
                                       const std::uint8_t* selected, const std::string& name);

// Where a curve of falling values first reaches `level`, by straight lines between its points; NaN where it does not.
[[nodiscard]] double first_fall_to(double level, const std::vector<double>& at, const std::vector<double>& values);

}  // namespace firstlight
