// component_fit on CUDA: one warp per trace. Lanes stride over the bins and read the curves from the table anew in
// every step; all lanes take the same steps on the warp's sums.
#include "kernels/gating/component_fit_trace.hpp"
#include "kernels/support/launch_cuda.cuh"
#include "kernels/support/warp_cuda.cuh"

namespace firstlight {
namespace {

constexpr int warps_per_block = 4;

// Sums of one trace for climb(), the same in every lane.
struct WarpSums {
    const TraceTile& tile;
    std::int64_t trace;
    const ComponentFit::Coefficients& c;
    LeadBins lead;
    FitWindow window;
    int parameters = component_count;

    // Expected counts per unit of each amplitude in bin i, and their change with the arrival.
    __device__ void parts_of(std::int64_t i, float* part, float* slope) const {
        const DetectorModel& m = tile.model;
        const float live = m.live == nullptr ? 1.0F : m.live[trace * tile.counts.bins + i];
        const float scale = m.gain == nullptr ? 1.0F : m.gain[trace];
        for (int j = 0; j < 3; ++j) {
            part[j] = slope[j] = 0;
            if (!c.present[j]) continue;
            part[j] = scale * curve_at(c.table, window, m.edges, j, i) * live;
            if (parameters > arrival_parameter) slope[j] = scale * slope_at(c.table, window, m.edges, j, i) * live;
        }
        part[background_part] = live * (m.edges == nullptr ? 1.0F : m.edges[i + 1] - m.edges[i]);
    }

    // Adds a bin's derivatives; false when it expects nothing.
    __device__ bool add(const float* value, float y, const float* part, const float* slope, float observed,
                        float* gradient, float* information) const {
        float mean = pedestal;
        for (int j = 0; j < component_count; ++j) mean += value[j] * part[j];
        float all[most_parameters] = {part[0], part[1], part[2], part[3], 0};
        for (int j = 0; j < 3; ++j) all[arrival_parameter] += value[j] * slope[j];
        const float inverse = 1.0F / mean;
        const float excess = (y + pedestal) * inverse - 1.0F;
        const float weight = inverse + observed * inverse * excess;
        for (int j = 0; j < parameters; ++j) {
            gradient[j] += all[j] * excess;
            for (int k = 0; k <= j; ++k) information[packed(j, k)] += all[j] * weight * all[k];
        }
        return mean > lowest_expected;
    }

    __device__ FitSums operator()(const double* value, bool expected) {
        if (parameters > arrival_parameter) window = moved_window(c.table, window, value[arrival_parameter]);
        float amplitude[component_count];
        for (int j = 0; j < component_count; ++j) amplitude[j] = static_cast<float>(value[j]);
        float gradient[most_parameters] = {};
        float information[information_size] = {};
        const float observed = expected ? 0.0F : 1.0F;
        bool valid = true;
        float part[component_count];
        float slope[3];
        for (std::int64_t i = window.first + lane(); i < window.last; i += warp_lanes) {
            parts_of(i, part, slope);
            valid =
                add(amplitude, count_at(tile.counts, trace, i), part, slope, observed, gradient, information) && valid;
        }
        if (lane() == 0 && window.first > 0) {
            const float lead_part[component_count] = {0, 0, 0, static_cast<float>(lead.width)};
            const float none[3] = {};
            valid = add(amplitude, static_cast<float>(lead.counts), lead_part, none, observed, gradient, information) &&
                    valid;
        }
        FitSums sums;
        sums.valid = warp_max(valid ? 0 : 1) == 0;
        for (int j = 0; j < parameters; ++j) sums.gradient[j] = warp_sum(static_cast<double>(gradient[j]));
        for (int j = 0; j < packed(parameters, 0); ++j)
            sums.information[j] = warp_sum(static_cast<double>(information[j]));
        return sums;
    }

    __device__ static void add_deviance(float y, float sum, DevianceSums& sums) {
        const float mean = sum > lowest_mean ? sum : lowest_mean;
        float found = 0, expected = 0;
        deviance<std::int32_t>(y, mean, found);
        expected_deviance<std::int32_t>(mean, expected);
        sums.deviance += static_cast<double>(found);
        sums.expected += static_cast<double>(expected);
        sums.bins += 1;
    }

    __device__ DevianceSums deviance_of(const FitState& state) const {
        DevianceSums mine;
        float part[component_count];
        float slope[3];
        for (std::int64_t i = window.first + lane(); i < window.last; i += warp_lanes) {
            parts_of(i, part, slope);
            float mean = 0;
            for (int j = 0; j < component_count; ++j) mean += static_cast<float>(state.value[j]) * part[j];
            add_deviance(count_at(tile.counts, trace, i), mean, mine);
        }
        if (lane() == 0 && window.first > 0)
            add_deviance(static_cast<float>(lead.counts),
                         static_cast<float>(state.value[background_part]) * static_cast<float>(lead.width), mine);
        return {warp_sum(mine.deviance), warp_sum(mine.expected), warp_sum(mine.bins)};
    }
};

__global__ void fit_components(TraceTile tile, ComponentFit::Coefficients c) {
    const std::int64_t trace = static_cast<std::int64_t>(blockIdx.x) * warps_per_block + warp_in_block();
    if (trace >= tile.counts.traces) return;
    const DetectorModel& m = tile.model;
    const std::int64_t all = tile.counts.bins;
    const FitWindow window = fit_window(c.table, all, static_cast<double>(m.arrival[trace]));
    double total = 0, width = 0;
    LeadBins lead;
    for (std::int64_t i = lane(); i < all; i += warp_lanes) {
        const double y = exact_count_at(tile.counts, trace, i);
        total += y;
        if (i < window.first) {
            lead.counts += y;
            lead.width += live_width(m, all, trace, i);
        } else if (i < window.last) {
            width += live_width(m, all, trace, i);
        }
    }
    total = warp_sum(total);
    lead.counts = warp_sum(lead.counts);
    lead.width = warp_sum(lead.width);
    width = warp_sum(width);
    if (tile.is_masked(trace) || !response_inside(c.table, m.edges, all, window)) {
        if (lane() == 0) write_fitted(tile, trace, c, nullptr, total, {});
        return;
    }
    FitState state;
    start_values(c, lead, total - lead.counts, width, m.dark == nullptr ? 0.0 : static_cast<double>(m.dark[trace]),
                 m.gain == nullptr ? 1.0 : static_cast<double>(m.gain[trace]), state);
    WarpSums sums{tile, trace, c, lead, window};
    fit_trace(c, sums, window.arrival, state);
    const DevianceSums deviance = sums.deviance_of(state);
    if (lane() == 0) write_fitted(tile, trace, c, &state, total, deviance);
}

void component_fit_on_cuda(const TraceTile& tile, const ComponentFit::Coefficients& c, cudaStream_t stream) {
    launch(
        fit_components,
        {.blocks = blocks_for(tile.counts.traces, warps_per_block), .threads = warps_per_block * 32, .stream = stream},
        tile, c);
}

FL_CUDA_STAGE(ComponentFit, TraceTile, component_fit_on_cuda);

}  // namespace
}  // namespace firstlight
