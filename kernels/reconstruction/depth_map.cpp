#include "kernels/reconstruction/depth_map.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/reconstruction/depth_tv.hpp"
#include "kernels/support/parallel_for.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

class CpuDepthPlanes {
  public:
    explicit CpuDepthPlanes(const DepthProblem& problem)
        : x_(problem.start),
          ahead_(problem.start),
          px_(problem.start.size() + static_cast<std::size_t>(problem.rows)),
          py_(problem.start.size() + static_cast<std::size_t>(problem.columns)),
          moving_in_row_(static_cast<std::size_t>(problem.rows)),
          p_{problem.rows,          problem.columns,      x_.data(), ahead_.data(), px_.data(), py_.data(),
             problem.target.data(), problem.weight.data()} {}

    void step(const TvSteps& steps, std::int64_t count) {
        for (std::int64_t k = 0; k < count; ++k) {
            for_pixels([&](std::int64_t y, std::int64_t x) { depth_dual_step(p_, y, x, steps); });
            for_pixels([&](std::int64_t y, std::int64_t x) { depth_primal_step(p_, y, x, steps); });
        }
    }
    std::int64_t moving(float tolerance) {
        std::fill(moving_in_row_.begin(), moving_in_row_.end(), 0);
        for_pixels([&](std::int64_t y, std::int64_t x) {
            moving_in_row_[static_cast<std::size_t>(y)] += depth_moves(p_, y * p_.columns + x, tolerance) ? 1 : 0;
        });
        return std::accumulate(moving_in_row_.begin(), moving_in_row_.end(), std::int64_t{0});
    }
    [[nodiscard]] const float* x() const { return x_.data(); }

  private:
    template <class F>
    void for_pixels(const F& f) const {
        parallel_for(p_.rows, std::max<std::int64_t>(1, 16384 / p_.columns), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t y = begin; y < end; ++y)
                for (std::int64_t x = 0; x < p_.columns; ++x) f(y, x);
        });
    }

    std::vector<float> x_, ahead_, px_, py_;
    std::vector<std::int64_t> moving_in_row_;
    DepthPlanes p_;
};

void smooth(const ImageTile& images, const DepthMap::Coefficients& c, bool last) {
    float* depth = images.layer(last ? Layer::depth_last : Layer::depth);
    const float* sigma = images.layer(last ? Layer::depth_last_sigma : Layer::depth_sigma);
    if (depth == nullptr || sigma == nullptr) return;
    const DepthProblem problem(depth, sigma, images.flags, images.rows, images.columns);
    if (problem.pixels() == 0) return;
    CpuDepthPlanes planes(problem);
    depth_tv_tell(c, depth_tv_search(planes, problem, c.strength), last);
    problem.write(planes.x(), depth);
}

}  // namespace

const ParamTable& DepthMap::Params::table() {
    static const ParamTable t{
        choice(&Params::reference, "reference",
               "where depth 0 is: time 0 of the axis, the calibrated arrival less the standoff, or a given time",
               {"automatic", "time_zero", "calibration", "given"}),
        real(&Params::reference_ps, "reference_ps", "ps", "when light from depth 0 arrives", -1e9, 1e9)
            .only_if("reference", "given"),
        real(&Params::refractive_index, "refractive_index", "", "of the medium that light goes through", 1, 10)
            .auto_is("/entry/geometry/medium/refractive_index, 1 without it"),
        choice(&Params::regularisation, "regularisation",
               "depths as measured, or smoothed within surfaces by total variation", {"none", "tv"}),
        choice(&Params::strength_choice, "strength_choice",
               "strength of the smoothing: found from how measured depths scatter about it in their sigma, or as given",
               {"automatic", "given"})
            .only_if("regularisation", "tv"),
        real(&Params::strength, "strength", "", "weight of the total variation, depths in median standard deviations",
             0, 1e4)
            .only_if("strength_choice", "given"),
    };
    return t;
}

DepthMap::Coefficients DepthMap::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (scan.path == LightPath::transmission)
        throw Error(ExitCode::bad_input, scan.name + ": its light path is transmission",
                    "a depth is half the way of light that comes back, and here it goes through once",
                    "leave depth_map out (--recipe transmission), or correct /entry's path");
    Coefficients c;
    const double index =
        std::isnan(params.refractive_index) ? scan.medium.refractive_index.value_or(1) : params.refractive_index;
    if (!(index > 0))
        throw Error(ExitCode::bad_input, scan.name + ": the refractive index is not positive", "depth is c t / 2n",
                    "set --depth_map.refractive_index");
    c.scale.metres_per_second = speed_of_light / (2 * index);
    Reference reference = params.reference;
    if (reference == Reference::automatic) {
        const bool calibrated = scan.arrival_s && scan.standoff_m;
        reference = calibrated ? Reference::calibration : Reference::time_zero;
        if (!calibrated)
            context.warn(scan.name +
                         ": depth 0 is where light turns back at time 0 of the scan's axis (no "
                         "/entry/geometry/standoff says otherwise; see --depth_map.reference)");
    }
    if (reference == Reference::calibration) {
        if (!scan.arrival_s)
            throw Error(ExitCode::bad_input, scan.name + ": there is no /entry/calibration/arrival",
                        "depth_map.reference is \"calibration\"",
                        "add it, or set --depth_map.reference given with reference_ps");
        c.scale.arrival_s = *scan.arrival_s;
        c.scale.depth_m = scan.standoff_m.value_or(0);
    } else if (reference == Reference::given) {
        c.scale.arrival_s = params.reference_ps * 1e-12;
    }
    c.smooth = params.regularisation == Regularisation::tv;
    c.strength = params.strength_choice == Strength::given ? params.strength : -1;
    c.found = context.found;
    c.warn = context.warn;
    if (context.found != nullptr) {
        (*context.found)["reference_ps"] = c.scale.arrival_s * 1e12;
        (*context.found)["reference_depth_mm"] = c.scale.depth_m * 1e3;
    }
    return c;
}

void DepthMap::on_cpu(const ImageTile& images, const Coefficients& c) {
    if (images.layer(Layer::arrival) == nullptr) return;
    for (std::int64_t i = 0; i < images.pixels(); ++i) pixel(images, c.scale, i);
    if (!c.smooth) return;
    for (const bool last : {false, true}) smooth(images, c, last);
}

}  // namespace firstlight
