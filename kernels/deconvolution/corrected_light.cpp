#include "kernels/deconvolution/corrected_light.hpp"

namespace firstlight {

const ParamTable& CorrectedLight::Params::table() {
    static const ParamTable t;
    return t;
}

void CorrectedLight::on_cpu(const TraceTile& tile, const Coefficients&) {
    const std::int64_t bins = tile.counts.bins;
    for (std::int64_t trace = 0; trace < tile.counts.traces; ++trace) {
        for (std::int64_t j = 0; j < bins; ++j) tile.signal[trace * bins + j] = bin(tile, trace, j);
        tile.write(Layer::counts, trace, sum_counts(tile.counts, trace, 0, bins));
        if (tile.effect != nullptr) tile.effect[trace] = 0;
    }
}

}  // namespace firstlight
