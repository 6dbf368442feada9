// What ImageJ's and OME's descriptions of a stack say about its frames: delays of the gates, exposures, size of pixels.
//
//   const StackText text = read_stack_text(description, pages, per_x, per_y);
//   text.delay_s     ->  {0, 4e-11, 8e-11}
//   text.words       ->  {"gate delays from OME's ModuloAlongT: 3 from 0 ps, 40 ps apart"}
//
// A time between frames counts as a delay between gates only where it is below 1 us: longer ones are a camera's own
// rate. Descriptions are scanned for the few names that are known, never parsed as a program. Errors (bad_input):
// several axes of frames, where one cannot tell which are the gates; another number of frames than the file has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace firstlight {

struct StackText {
    std::vector<double> delay_s;     // [pages], or empty
    double step_s = 0;               // between gates; 0: not known
    std::vector<double> exposure_s;  // [pages], or empty
    double pixel_y_m = 0, pixel_x_m = 0;
    std::vector<std::string> words;  // what was taken from where
};

// "images=" of ImageJ's description; 0: it is not ImageJ's.
[[nodiscard]] std::int64_t imagej_images(const std::string& description);

// `per_x`, `per_y`: pixels per unit of length, of the resolution tags (0: none). `name`: of the file, for messages.
[[nodiscard]] StackText read_stack_text(const std::string& description, std::int64_t pages, double per_x, double per_y,
                                        const std::string& name);

}  // namespace firstlight
