// The response as a deconvolution needs it: which share of the light of one bin each bin near it gets.
//
// Light of bin j, taken as at the bin's centre, puts taps[k] of itself into bin j + first + k, so that light at the
// arrival comes out in the bin that holds the arrival (model.arrival). A response sampled at the data's bins is its own
// taps; others are resampled (support/response.hpp), with a message. The *whole* response is used: only ends with less
// than 1e-7 of the light are left out, and what cannot connect two bins of the window. The sum is 1 less these.
// Shapes: taps[sets][count], one set for all pixels or one per pixel (a pixel without light in its own has the mean).
// Errors (ExitCode::bad_input): no response, naming what works without one; a response that lies outside the window.
#pragma once

#include <string>
#include <vector>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct BinTaps {
    std::vector<float> taps;
    std::int64_t count = 0;  // of one set
    std::int64_t first = 0;  // bins by which the first tap is after the light; may be negative
    bool per_pixel = false;
    double fwhm_bins = 0;
    std::vector<std::string> messages;

    [[nodiscard]] std::int64_t last() const { return first + count - 1; }
};

BinTaps bin_taps(const Scan& scan, const StageInfo& asking);

// The common taps on a circle of n bins, each times `scale`: what a transform takes.
std::vector<float> on_circle(const BinTaps& taps, std::int64_t n, float scale);

// Tells people and later stages of it: messages, "taps" for provenance, "signal" in context.shared.
void announce(const BinTaps& taps, StageContext& context);

}  // namespace firstlight
