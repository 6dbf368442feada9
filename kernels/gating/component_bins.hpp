// The bins of one trace as the CPU version of component_fit holds them: arrays that vectors run over.
#pragma once

#include <vector>

#include "kernels/gating/component_fit_trace.hpp"

namespace firstlight {

constexpr int bin_lanes = 8;

// The bins of one trace as arrays, padded to whole vectors with bins that expect and hold nothing.
struct TraceBins {
    std::size_t n = 0, padded = 0;
    std::vector<float> y;                      // counts + pedestal
    std::vector<float> part[component_count];  // expected counts per unit of each amplitude
    std::vector<float> slope[3];               // derivatives by the arrival
    bool by_arrival = false;

    explicit TraceBins(std::int64_t most, bool with_arrival) : by_arrival(with_arrival) {
        const auto size = static_cast<std::size_t>(most + 1 + bin_lanes);
        y.resize(size);
        for (auto& p : part) p.resize(size);
        for (auto& s : slope) s.resize(with_arrival ? size : 0);
    }
};

// Counts, background and lead of a trace, and the curves at the window's arrival.
LeadBins fill_bins(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c,
                   const FitWindow& window, TraceBins& bins);

// Deviance of the fitted trace; the lead is one bin.
DevianceSums deviance_of(const TraceBins& bins, const FitState& state);

// Sums of one trace for fit_trace().
struct TraceSums {
    const TraceTile& tile;
    std::int64_t trace;
    const ComponentFit::Coefficients& c;
    TraceBins& bins;
    FitWindow window;  // the curves lie at its arrival
    int parameters = component_count;

    FitSums operator()(const double* value, bool expected);
};

// Fits one trace whose counts are `total` in all; false where there is nothing to fit: masked, or the response leaves
// the data. `bins` is room for it and then holds what deviance_of() needs.
bool fit_on_cpu(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c, double total,
                TraceBins& bins, FitState& state);

// Expected counts of each part in each bin of the trace, as its fit has them: [component][bins], empty for parts that
// are not fitted. Bins that the curves do not reach hold background alone.
struct ExpectedParts {
    std::vector<double> counts[component_count];
};
ExpectedParts expected_parts(const TraceTile& tile, std::int64_t trace, const ComponentFit::Coefficients& c,
                             const FitState& state);

}  // namespace firstlight
