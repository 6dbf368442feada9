// How the iterative tomographic stages go about it: ordered subsets of views, total variation, when to stop. The stages
// differ in what a ray says (their *_ray.hpp); this part is theirs in common, the same for CPU and CUDA.
//
// x is mu * pitch, the optical depth of a pixel; l = A x a ray's. Each ray gives the slope g_i of its likelihood and a
// curvature c_i that bounds it (with the length of rays that separates pixels in it). A step over a subset of views is
//     x <- max(0, x + relaxation * (A' g) / (A' c))
// Subsets are interleaved views, visited in an order that keeps neighbours apart. After each of them, where a penalty
// is wanted,
//     x <- argmin_{u >= 0}  sum d/2 (u - x)^2 + beta sum |grad u|,    d = A' c times the number of subsets,
// per slice, by projected steps on its dual, which starts where the last one's ended. That makes the whole a proximal
// gradient method for  misfit / 2 + beta * TV(x),  each subset standing for all views. beta = tv_strength * sqrt(V
// W), V views of W inverse variance of an optical depth (its median behind the object), so that the strength means the
// same for any number of photons and views: 1 / sqrt(V W) is what noise leaves of a pixel whose neighbours are known.
//
// Stopping is each slice's own: `given` does all iterations; `automatic` ends a slice when an iteration moved it by
// less than `tolerance` (root of the sums of squares), or when its misfit per ray is no larger than `chi_squared`: then
// what is left is noise. Sources: H. Erdogan and J. A. Fessler, Phys. Med. Biol. 44, 2835 (1999); A. Beck and M.
// Teboulle, IEEE Trans. Image Process. 18, 2419 (2009), for the dual of total variation.
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/reconstruction/parallel_scan.hpp"
#include "kernels/reconstruction/slice_bands.hpp"

namespace firstlight {

enum class VolumePenalty : std::uint8_t { tv, none };
enum class VolumeStop : std::uint8_t { automatic, given };

struct SubsetParams : ParallelScanParams {
    std::int64_t subsets = 10;
    VolumePenalty penalty = VolumePenalty::tv;
    double tv_strength = 1;
    std::int64_t tv_steps = 2;
    VolumeStop stop = VolumeStop::automatic;
    std::int64_t iterations = 50;
    double tolerance = 0.002;
    double chi_squared = 1;
    double model_error = 0.01;
};

template <class P>
ParamTable subset_params() {
    ParamTable table{
        integer<P>(&P::subsets, "subsets", "", "groups of views that are worked on in turn; at most one per two views",
                   1, 100000),
        choice<P, VolumePenalty>(&P::penalty, "penalty", "total variation of each slice against noise, or nothing",
                                 {"tv", "none"}),
        real<P>(&P::tv_strength, "tv_strength", "", "weight of the total variation, relative to the noise of a pixel",
                0, 1000)
            .only_if("penalty", "tv"),
        integer<P>(&P::tv_steps, "tv_steps", "", "steps of the total variation after each subset", 1, 10000)
            .only_if("penalty", "tv"),
        choice<P, VolumeStop>(&P::stop, "stop", "when a slice is done, or after all iterations",
                              {"automatic", "given"}),
        integer<P>(&P::iterations, "iterations", "", "most times that all views are gone through", 1, 1000000),
        real<P>(&P::tolerance, "tolerance", "", "relative change per iteration below which a slice is done", 0, 1)
            .only_if("stop", "automatic"),
        real<P>(&P::chi_squared, "chi_squared", "", "misfit per ray at which a slice is done; 0: never", 0, 1000)
            .only_if("stop", "automatic"),
        real<P>(&P::model_error, "model_error", "",
                "relative error of optical depths beside counting noise: voxels are no smooth edges", 0, 1),
    };
    for (Param& param : parallel_scan_params<P>()) table.push_back(std::move(param));
    return table;
}

struct SubsetRules {
    std::int64_t subsets = 1, iterations = 1, tv_steps = 0;
    double tolerance = 0, chi_squared = 0;  // 0, 0: no automatic stop
    bool automatic = false;
    float beta = 0;  // 0: no penalty
};

// What both stages' Coefficients hold beside their rays.
struct SubsetCoefficients {
    std::int64_t views = 0, columns = 0;
    double centre = 0, radius = 0;
    const BeamView* view = nullptr;  // [views]
    double pitch_m = 0;
    float model_error = 0;
    SubsetRules rules;
    std::shared_ptr<RunFigures> figures;  // host memory
    std::function<void(double)> proceed;
    std::function<void(const std::string&)> warn;

    [[nodiscard]] FL_HD ParallelBeam beam() const { return {views, columns, centre, view}; }
};

// All but the rays, and beta for rays of inverse variance `weight`. `judged`: see RunFigures.
[[nodiscard]] SubsetCoefficients subset_coefficients(const SubsetParams& params, const ParallelScan& scan,
                                                     StageContext& context, double weight, const char* stage,
                                                     const char* judged);

// Median inverse variance of the optical depths that are larger than a fifth of the largest (of the 95th percentile);
// rays in which no photon was seen count as 1. 1 where there are none.
[[nodiscard]] double typical_weight(const VolumeTask* input);

// Lengths of rays within the circle, px: [views][columns + 3], with 0 in the border. `beam.view` in host memory.
[[nodiscard]] std::vector<float> padded_lengths(const ParallelBeam& beam, double radius);

// The memory of `rows` slices: images, and `ray_arrays` of the size of the scan beside the two that are backprojected.
[[nodiscard]] std::size_t subset_work_bytes(const Scan& scan, const SubsetParams& params, std::int64_t ray_arrays);

// Visits 0 .. n - 1 so that those that follow each other are far apart.
[[nodiscard]] std::int64_t subset_in_turn(std::int64_t turn, std::int64_t subsets);

// Of one slice.
struct SliceFigures {
    double misfit = 0;     // sum over rays; 1 per ray where nothing but noise is left
    double objective = 0;  // what is minimised, without the penalty
    double rays = 0;
    double moved = 0, size = 0;  // sums of squares, of the last iteration's change and of x
};

// Says what came of it.
class SubsetOutcome {
  public:
    SubsetOutcome(const SubsetCoefficients& c, const char* stage, std::int64_t slices)
        : c_(c), stage_(stage), done_(static_cast<std::size_t>(slices), 0), change_(done_.size(), 0.0) {}

    // Slice z after iteration `count`: true when it is to stay as it is.
    bool is_done(std::int64_t z, std::int64_t count, const SliceFigures& f) {
        std::int64_t& done = done_[static_cast<std::size_t>(z)];
        if (done > 0) return true;
        change_[static_cast<std::size_t>(z)] = f.size > 0 ? std::sqrt(f.moved / f.size) : 0;
        const bool still = f.moved <= c_.rules.tolerance * c_.rules.tolerance * f.size;
        const bool fits = f.misfit <= c_.rules.chi_squared * f.rays;
        if ((c_.rules.automatic && (still || fits)) || f.rays == 0) done = count;
        return done > 0;
    }
    void tell(std::int64_t iterations, const std::vector<SliceFigures>& last, const char* objective) const;

  private:
    const SubsetCoefficients& c_;
    const char* stage_;
    std::vector<std::int64_t> done_;  // iterations after which slice z was done; 0: not yet
    std::vector<double> change_;      // relative, in its last iteration
};

// Runs the iterations on `planes`:
//   start_iteration()        remembers x
//   step(subset)             one step over the views of a subset, with the penalty's part
//   figures()                [slices] SliceFigures of this iteration, as the rays were when they were used
//   freeze(z)                slice z stays as it is
//   last_figures()           [slices] of the result
template <class Planes>
void run_subsets(Planes& planes, const SubsetCoefficients& c, std::int64_t slices, const char* stage,
                 const char* objective) {
    SubsetOutcome outcome(c, stage, slices);
    std::int64_t done = 0;
    for (bool all_done = false; done < c.rules.iterations && !all_done;) {
        planes.start_iteration();
        for (std::int64_t turn = 0; turn < c.rules.subsets; ++turn)
            planes.step({subset_in_turn(turn, c.rules.subsets), c.rules.subsets});
        ++done;
        const std::vector<SliceFigures> figures = planes.figures();
        all_done = true;
        for (std::int64_t z = 0; z < slices; ++z)
            if (outcome.is_done(z, done, figures[static_cast<std::size_t>(z)])) planes.freeze(z);
            else all_done = false;
        if (c.proceed) c.proceed(static_cast<double>(done) / static_cast<double>(c.rules.iterations));
    }
    outcome.tell(done, planes.last_figures(), objective);
}

}  // namespace firstlight
