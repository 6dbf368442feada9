#include "kernels/deconvolution/corrected_light.hpp"

namespace firstlight {

const ParamTable& CorrectedLight::Params::table() {
    static const ParamTable t;
    return t;
}

namespace {

// CorrectedLight::bin of every bin of an unmasked trace whose bins are even, in a loop that vectorises.
void correct_even_bins(const TraceTile& tile, std::int64_t trace) {
    const std::int64_t bins = tile.counts.bins;
    const DetectorModel& model = tile.model;
    const float dark = model.dark == nullptr ? 0.0F : model.dark[trace];
    const float gain = model.gain == nullptr ? 1.0F : model.gain[trace];
    const float* live = model.live == nullptr ? nullptr : model.live + trace * bins;
    float* out = tile.signal + trace * bins;
    visit_counts(tile.counts, [&](const auto* counts) {
        const auto* y = counts + trace * bins;
        if (live == nullptr)
            for (std::int64_t j = 0; j < bins; ++j) out[j] = (static_cast<float>(y[j]) - dark) / gain;
        else
            for (std::int64_t j = 0; j < bins; ++j) out[j] = (static_cast<float>(y[j]) / live[j] - dark) / gain;
    });
}

}  // namespace

void CorrectedLight::on_cpu(const TraceTile& tile, const Coefficients&) {
    const std::int64_t bins = tile.counts.bins;
    for (std::int64_t trace = 0; trace < tile.counts.traces; ++trace) {
        if (tile.model.edges == nullptr && !tile.is_masked(trace)) correct_even_bins(tile, trace);
        else
            for (std::int64_t j = 0; j < bins; ++j) tile.signal[trace * bins + j] = bin(tile, trace, j);
        tile.write(Layer::counts, trace, sum_counts(tile.counts, trace, 0, bins));
        if (tile.effect != nullptr) tile.effect[trace] = 0;
    }
}

}  // namespace firstlight
