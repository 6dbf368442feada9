// Numbers of an image in words: "117 ± 11 counts", "x 12, y 5", "1.20 mm, 0.50 mm", "hot, low counts".
//
//   const ShownUnit unit = shown_unit(image.unit, colours.window());     // depth of 0..0.04 m: mm, factor 1000
//   value_text(image, pixel, unit);
#pragma once

#include <string>

#include "kernels/support/layers.hpp"
#include "viewer/image/shown_image.hpp"

namespace firstlight::viewer {

// What numbers are shown in, and what to multiply them by.
struct ShownUnit {
    std::string unit;  // "" for pure numbers
    double factor = 1;
};
// s and m take the prefix that suits the window; other units stay.
[[nodiscard]] ShownUnit shown_unit(const std::string& unit, const ToneWindow& window);

// With so many significant digits, without needless zeros: "117.3", "0.00214", "1.2e+07"; "–" for NaN.
[[nodiscard]] std::string number_text(double value, int digits = 4);
// "117.3 ± 1.1": as many digits as the standard deviation makes useful; without one, four.
[[nodiscard]] std::string with_sigma(double value, double sigma);

[[nodiscard]] std::string value_text(const ShownImage& image, PixelAt at, const ShownUnit& unit);
[[nodiscard]] std::string pixel_text(PixelAt at);
// Where the pixel's centre is on the sample; "" where that is not known.
[[nodiscard]] std::string position_text(const ShownImage& image, PixelAt at);
[[nodiscard]] std::string flags_text(std::uint8_t flags);  // "" for none
// What a flag says and which parameters decide it, for whoever asks: two lines.
[[nodiscard]] std::string flag_explanation(const FlagInfo& flag);
[[nodiscard]] std::string length_text(double metres);  // "2 mm", "50 µm"
// "optical depth" for "optical_depth".
[[nodiscard]] std::string words_of(const std::string& layer);

}  // namespace firstlight::viewer
