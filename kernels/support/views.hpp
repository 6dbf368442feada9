// The photon data that stages see: a tile of traces with the detector's model. Plain pointers, so that the same
// views serve the CPU and the GPU; who owns the memory is the pipeline's business.
//
// Positions along time are in *bins*: bin i covers [i, i+1), its centre is i + 0.5.
//
// The model: a bin's expected counts are
//     live[i] * (gain * signal(bin i, delayed by shift) + dark * width(i)),   width(i) = edge[i+1] - edge[i]
// Counts are never rewritten; a correction stage fills in its part of the model, a deconvolution stage an estimate of
// `signal`. A null pointer is the neutral value.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

enum class CountType : std::uint8_t { u1, u2, u4, f4 };  // as stored: 1, 2, 4 bytes unsigned; 4 bytes float

FL_HD constexpr std::size_t count_size(CountType type) {
    return type == CountType::u1 ? 1 : type == CountType::u2 ? 2 : 4;
}

// counts[traces][bins], t fastest.
struct CountsView {
    const void* data = nullptr;
    CountType type = CountType::u2;
    std::int64_t traces = 0;
    std::int64_t bins = 0;
};

// Calls f(const T*) with the counts in their stored type.
template <class F>
FL_HD decltype(auto) visit_counts(const CountsView& counts, F&& f) {
    switch (counts.type) {
        case CountType::u1: return f(static_cast<const std::uint8_t*>(counts.data));
        case CountType::u2: return f(static_cast<const std::uint16_t*>(counts.data));
        case CountType::u4: return f(static_cast<const std::uint32_t*>(counts.data));
        default: return f(static_cast<const float*>(counts.data));
    }
}

// Pixel flags of the `mask` layer (FORMAT.md).
enum Flag : std::uint8_t { hot = 1, dead = 2, noisy = 4, saturated = 8, low_counts = 16, not_converged = 32 };
constexpr std::uint8_t masked_flags = hot | dead | noisy | saturated;  // such a pixel takes part in no estimate

// What is known of how the detector turned light into counts, per trace of the tile.
struct DetectorModel {
    float* live = nullptr;           // [traces][bins] share of cycles in which the bin could still count, (0, 1]
    float* edges = nullptr;          // [bins + 1] true bin edges in bins (the same for all traces)
    float* gain = nullptr;           // [traces] relative sensitivity, mean 1
    float* dark = nullptr;           // [traces] expected dark counts per bin of width 1
    float* dark_variance = nullptr;  // [traces] variance of `dark`
    float* shift = nullptr;          // [traces] delay of this pixel's electronics, bins
    float* arrival = nullptr;        // [traces] where unscattered light is expected, bins (includes shift)
    float* arrival_sigma = nullptr;  // [traces] its standard deviation, bins
    std::uint8_t* flags = nullptr;   // [traces] Flag bits
};

// Image values that trace stages write, one per pixel.
enum class Layer : std::uint8_t {
    counts,           // all counts of the trace
    ballistic,        // counts in the gate less background, corrected by the detector's model
    ballistic_sigma,  // its standard deviation
    snake,            // counts scattered a few times, mostly forwards: soon after the unscattered light
    diffuse,          // counts scattered many times
    background,       // background counts that were subtracted within the gate
    purity,           // estimated share of `ballistic` that is unscattered, 0..1; NaN where it cannot be estimated
    arrival,          // s on the acquisition's time axis
    arrival_sigma,    // s
    arrival_last,     // s, of the last surface of a pixel that may have several; `arrival` is the strongest's
    arrival_last_sigma,
    ballistic_last,  // counts, of the last surface
    optical_depth,
    optical_depth_sigma,
    optical_depth_upper_limit,  // OD of the 95 % upper limit of transmission where nothing was detected: the true
                                // optical depth is at least this; NaN elsewhere
    depth,                      // m from the reference plane, along the line of sight
    depth_sigma,                // m
    depth_last,                 // m, of the last surface
    depth_last_sigma,           // m
    deviance,                   // of a fit, per degree of freedom: near 1 where the model holds
    snr,                        // ballistic / ballistic_sigma
    count_
};
constexpr int layer_count = static_cast<int>(Layer::count_);

// A rectangle of pixels of one view; trace i is pixel(i) of the scan's [y][x].
struct TileWindow {
    std::int64_t view = 0;
    std::int64_t y0 = 0;
    std::int64_t x0 = 0;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t scan_columns = 0;  // X of the whole scan

    FL_HD std::int64_t traces() const { return rows * columns; }
    FL_HD std::int64_t pixel(std::int64_t trace) const {
        return (y0 + trace / columns) * scan_columns + x0 + trace % columns;
    }
};

struct TraceTile {
    CountsView counts;
    DetectorModel model;
    TileWindow window;
    float* layers[layer_count] = {};  // each [traces] or null
    float* effect = nullptr;          // [traces] what the running stage did, in counts (its header says what)
    // [traces][bins] An *estimate* of the light itself, response and detector's model taken out, in counts per even bin
    // on the trace's own clock (delayed by shift, as model.arrival is). Null unless a deconvolution is in the recipe;
    // NaN in masked pixels. It is not Poisson distributed: likelihoods use counts, a gate may use its sums.
    float* signal = nullptr;

    FL_HD float* layer(Layer which) const { return layers[static_cast<int>(which)]; }
    // Into the layer, where it is wanted.
    FL_HD void write(Layer which, std::int64_t trace, double value) const {
        if (float* values = layer(which)) values[trace] = static_cast<float>(value);
    }
    FL_HD bool is_masked(std::int64_t trace) const {
        return model.flags != nullptr && (model.flags[trace] & masked_flags) != 0;
    }
};

// Images[y][x] of one view, for stages that work after gating. Same layers, whole image.
struct ImageTile {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    float* layers[layer_count] = {};
    std::uint8_t* flags = nullptr;

    FL_HD std::int64_t pixels() const { return rows * columns; }
    FL_HD float* layer(Layer which) const { return layers[static_cast<int>(which)]; }
    FL_HD bool is_masked(std::int64_t pixel) const { return flags != nullptr && (flags[pixel] & masked_flags) != 0; }
};

}  // namespace firstlight
