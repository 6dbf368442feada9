#include "kernels/reconstruction/subset_rules.hpp"

#include <fmt/format.h>

#include <numeric>

namespace firstlight {
namespace {

std::int64_t subsets_of(const SubsetParams& params, std::int64_t views) {
    return std::clamp<std::int64_t>(params.subsets, 1, std::max<std::int64_t>(1, views / 2));
}

}  // namespace

SubsetCoefficients subset_coefficients(const SubsetParams& params, const ParallelScan& scan, StageContext& context,
                                       double weight, const char* stage, const char* judged) {
    SubsetCoefficients c;
    c.views = context.scan.views;
    c.columns = context.scan.columns;
    c.centre = scan.centre;
    c.radius = scan.radius;
    c.view = context.keep.keep(beam_views(scan.angle_rad, c.columns, c.centre));
    c.pitch_m = scan.pitch_m;
    c.model_error = static_cast<float>(params.model_error);
    c.rules.subsets = subsets_of(params, c.views);
    c.rules.iterations = params.iterations;
    c.rules.automatic = params.stop == VolumeStop::automatic;
    c.rules.tolerance = params.tolerance;
    c.rules.chi_squared = params.chi_squared;
    if (params.penalty == VolumePenalty::tv) {
        c.rules.tv_steps = params.tv_steps;
        c.rules.beta = static_cast<float>(params.tv_strength * std::sqrt(static_cast<double>(c.views) * weight));
    }
    c.figures = std::make_shared<RunFigures>(context, stage, judged);
    c.proceed = context.proceed;
    c.warn = context.warn;
    return c;
}

double typical_weight(const VolumeTask* input) {
    const float* depth = input == nullptr ? nullptr : input->layer(Layer::optical_depth);
    const float* sigma = input == nullptr ? nullptr : input->layer(Layer::optical_depth_sigma);
    const float* limit = input == nullptr ? nullptr : input->layer(Layer::optical_depth_upper_limit);
    if (depth == nullptr || sigma == nullptr) return 1;
    struct Seen {
        float depth, weight;
    };
    std::vector<Seen> seen;
    for (std::int64_t i = 0; i < input->rays(); ++i)
        if (std::isfinite(depth[i]) && sigma[i] > 0) seen.push_back({depth[i], 1 / (sigma[i] * sigma[i])});
        else if (limit != nullptr && std::isfinite(limit[i])) seen.push_back({limit[i], 1.0F});
    if (seen.empty()) return 1;
    const auto by_depth = [](const Seen& a, const Seen& b) { return a.depth < b.depth; };
    const auto high = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() * 19 / 20);
    std::nth_element(seen.begin(), high, seen.end(), by_depth);
    const float least = 0.2F * high->depth;
    const auto behind = std::partition(seen.begin(), seen.end(), [&](const Seen& s) { return s.depth >= least; });
    const auto middle = seen.begin() + (behind - seen.begin()) / 2;
    if (behind == seen.begin()) return 1;
    std::nth_element(seen.begin(), middle, behind, [](const Seen& a, const Seen& b) { return a.weight < b.weight; });
    return static_cast<double>(middle->weight);
}

std::vector<float> padded_lengths(const ParallelBeam& beam, double radius) {
    std::vector<float> padded(static_cast<std::size_t>(beam.views * beam.padded()), 0.0F);
    const std::vector<float> lengths = beam_lengths(beam, radius);
    for (std::int64_t v = 0; v < beam.views; ++v)
        for (std::int64_t k = 0; k < beam.columns; ++k)
            padded[static_cast<std::size_t>(beam.ray_at(v, k) / beam_lanes)] =
                lengths[static_cast<std::size_t>(v * beam.columns + k)];
    return padded;
}

std::size_t subset_work_bytes(const Scan& scan, const SubsetParams& params, std::int64_t ray_arrays) {
    const ParallelBeam beam{scan.views, scan.columns};
    const std::int64_t images = params.penalty == VolumePenalty::tv ? 8 : 5;
    return static_cast<std::size_t>(band_count(scan.rows) * ((ray_arrays + 2) * beam.rays() + images * beam.pixels())) *
           sizeof(float);
}

std::int64_t subset_in_turn(std::int64_t turn, std::int64_t subsets) {
    std::int64_t step = std::max<std::int64_t>(1, std::llround(0.382 * static_cast<double>(subsets)));
    while (std::gcd(step, subsets) != 1) ++step;
    return turn * step % subsets;
}

void SubsetOutcome::tell(std::int64_t iterations, const std::vector<SliceFigures>& last, const char* objective) const {
    SliceFigures sum;
    std::int64_t unfinished = 0;
    for (std::size_t z = 0; z < done_.size(); ++z) {
        const double taken = static_cast<double>(done_[z] > 0 ? done_[z] : iterations);
        c_.figures->add("iterations", taken, 1);
        if (done_[z] == 0) ++unfinished;
        sum.misfit += last[z].misfit;
        sum.objective += last[z].objective;
        sum.rays += last[z].rays;
        sum.size += last[z].size;
        c_.figures->largest("last_change", change_[z]);
    }
    c_.figures->add_squares(sum.size);
    c_.figures->add("chi_squared_per_ray", sum.misfit, sum.rays);
    if (objective[0] != 0) c_.figures->add(objective, sum.objective, sum.rays);
    if (!c_.rules.automatic || unfinished == 0) return;
    if (c_.figures->count("slices_unfinished", static_cast<double>(unfinished)) && c_.warn)
        c_.warn(
            fmt::format("{}: slices still moved by more than {} after {} iterations (slices_unfinished says how many); "
                        "allow more (--{}.iterations)",
                        stage_, c_.rules.tolerance, iterations, stage_));
}

}  // namespace firstlight
