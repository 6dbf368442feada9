// depth_tv: depth_map's depths, smooth within surfaces with the edges kept.
//
//     min_z  sum_i H((z_i - d_i) / sigma_i)  +  lambda sum_i |grad z|_i,
//     H(e) = e^2 / 2 for |e| < k, else k |e| - k^2 / 2,  k = 1.345     (Huber 1964)
// d, sigma: depths and their standard deviations; z in units of u, the median sigma, so that lambda has none. Depths of
// several photons are close to normal and H is their likelihood; where a depth is of other light altogether, H lets it
// go to its neighbours once lambda is above k u / 4 sigma. grad: forward differences, taken as 0 towards a pixel
// without a depth: such pixels stay without, and nothing crosses them. Minimised by primal-dual steps
// (support/total_variation) from the median of each 3 x 3: long primal steps (20 u) bring far outliers home, short ones
// (1 u) end within 0.01 sigma of the minimum on average. Both until no more than 1 pixel in 500 moves by 1e-3, then
// 3e-4 of its sigma.
//
// lambda: given, or the one at which the median of |z - d| / sigma is 0.8 times that of a normal error, 0.6745. The
// median does not care for outliers. Measured depths scatter about the truth by 1, but about z by less, as z follows
// them; on fog.h5 and parts of its photons 1 rounds the corners of surfaces, and 0.8 errs less.
//
// Why not the photons themselves as data term, sum_t y_t log(b + a h(t - z)): the gate's arrival is its maximum
// already, with the scan's own response and the light scattered forwards in it, and near its maximum it is the square
// above. On fog.h5 thinned to 10 and 1 % depths scatter after it by 0.33 and 0.15 bins, after the above by 0.13 and
// 0.09.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/reconstruction/depth_map.hpp"
#include "kernels/support/total_variation.hpp"

namespace firstlight {

// Planes in units of u. px has a column of zeros before each row, py a row of zeros before the first.
struct DepthPlanes {
    std::int64_t rows = 0, columns = 0;
    float* x = nullptr;             // [rows][columns]
    float* ahead = nullptr;         // [rows][columns] 2 x - (x before the last step)
    float* px = nullptr;            // [rows][columns + 1]
    float* py = nullptr;            // [rows + 1][columns]
    const float* target = nullptr;  // [rows][columns] d
    const float* weight = nullptr;  // [rows][columns] u / sigma; 0: no depth

    FL_HD std::int64_t pixels() const { return rows * columns; }
};

constexpr float huber_knee = 1.345F;

FL_HD inline void depth_dual_step(const DepthPlanes& p, std::int64_t y, std::int64_t x, const TvSteps& s) {
    const std::int64_t i = y * p.columns + x;
    if (!(p.weight[i] > 0)) return;
    const float here = p.ahead[i];
    const float right = x + 1 < p.columns && p.weight[i + 1] > 0 ? p.ahead[i + 1] : here;
    const float below = y + 1 < p.rows && p.weight[i + p.columns] > 0 ? p.ahead[i + p.columns] : here;
    tv_dual_pixel(here, right, below, s, p.px[i + y + 1], p.py[i + p.columns]);
}

FL_HD inline void depth_primal_step(const DepthPlanes& p, std::int64_t y, std::int64_t x, const TvSteps& s) {
    const std::int64_t i = y * p.columns + x;
    const float w = p.weight[i];
    if (!(w > 0)) return;
    const float v = p.x[i] - s.primal * (p.px[i + y] - p.px[i + y + 1] + p.py[i] - p.py[i + p.columns]);
    const float off = v - p.target[i];
    const float curve = s.primal * w * w;
    const float pull = s.primal * w * huber_knee;
    const float far = huber_knee * (1.0F + curve);
    const float next = off * w > far ? v - pull : off * w < -far ? v + pull : p.target[i] + off / (1.0F + curve);
    p.ahead[i] = 2.0F * next - p.x[i];
    p.x[i] = next;
}

// Whether the last step moved a pixel by `tolerance` of its sigma, and by more than floats are rounded.
FL_HD inline bool depth_moves(const DepthPlanes& p, std::int64_t i, float tolerance) {
    const float move = fabsf(p.ahead[i] - p.x[i]);
    return move > 4e-7F * fabsf(p.x[i]) && move * p.weight[i] >= tolerance;
}

// An image of depths as the steps take it, and back.
class DepthProblem {
  public:
    std::int64_t rows, columns;
    std::vector<float> target, weight, start;

    DepthProblem(const float* depth, const float* sigma, const std::uint8_t* flags, std::int64_t image_rows,
                 std::int64_t image_columns)
        : rows(image_rows), columns(image_columns) {
        const auto n = static_cast<std::size_t>(rows * columns);
        std::vector<float> depths, sigmas;
        std::vector<char> known(n, 0);
        for (std::size_t i = 0; i < n; ++i) {
            const bool masked = flags != nullptr && (flags[i] & masked_flags) != 0;
            known[i] = !masked && std::isfinite(depth[i]) && std::isfinite(sigma[i]) && sigma[i] > 0 ? 1 : 0;
            if (known[i] == 0) continue;
            depths.push_back(depth[i]);
            sigmas.push_back(sigma[i]);
        }
        pixels_ = static_cast<std::int64_t>(depths.size());
        if (pixels_ == 0) return;
        middle_ = lower_median(depths);
        unit_ = lower_median(sigmas);
        target.assign(n, 0.0F);
        weight.assign(n, 0.0F);
        for (std::size_t i = 0; i < n; ++i) {
            if (known[i] == 0) continue;
            target[i] = static_cast<float>((static_cast<double>(depth[i]) - middle_) / unit_);
            weight[i] = static_cast<float>(unit_ / static_cast<double>(sigma[i]));
        }
        start = target;
        std::vector<float> around;
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x) {
                if (weight[at(y, x)] <= 0) continue;
                around.clear();
                for (std::int64_t v = std::max<std::int64_t>(0, y - 1); v <= std::min(rows - 1, y + 1); ++v)
                    for (std::int64_t u = std::max<std::int64_t>(0, x - 1); u <= std::min(columns - 1, x + 1); ++u)
                        if (weight[at(v, u)] > 0) around.push_back(target[at(v, u)]);
                start[at(y, x)] = static_cast<float>(lower_median(around));
            }
    }
    [[nodiscard]] std::int64_t pixels() const { return pixels_; }
    // The median of |x - d| / sigma over what a normal error has.
    [[nodiscard]] double spread(const float* x) const {
        std::vector<float> off;
        for (std::size_t i = 0; i < target.size(); ++i)
            if (weight[i] > 0) off.push_back(std::fabs(x[i] - target[i]) * weight[i]);
        return lower_median(off) / 0.6745;
    }
    void write(const float* x, float* depth) const {
        for (std::size_t i = 0; i < target.size(); ++i)
            if (weight[i] > 0) depth[i] = static_cast<float>(middle_ + unit_ * static_cast<double>(x[i]));
    }

  private:
    [[nodiscard]] std::size_t at(std::int64_t y, std::int64_t x) const {
        return static_cast<std::size_t>(y * columns + x);
    }
    static double lower_median(std::vector<float>& values) {
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
        std::nth_element(values.begin(), middle, values.end());
        return static_cast<double>(*middle);
    }

    double middle_ = 0, unit_ = 1;
    std::int64_t pixels_ = 0;
};

struct DepthTvOutcome {
    double lambda = 0, spread = 0;
    bool settled = true;
};

// The steps for one lambda. `Planes` does the work: step(steps, count), moving(tolerance) -> pixels that do, x() ->
// host copy.
template <class Planes>
void depth_tv_solve(Planes& planes, const DepthProblem& problem, double lambda, DepthTvOutcome& out) {
    constexpr std::int64_t most_steps = 3000, steps_between_looks = 20;
    struct Phase {
        float primal, tolerance;
    };
    for (const Phase& phase : {Phase{20, 1e-3F}, Phase{1, 3e-4F}}) {
        const TvSteps steps{static_cast<float>(lambda), phase.primal, 1 / (8 * phase.primal)};
        out.settled = false;
        for (std::int64_t done = 0; done < most_steps && !out.settled; done += steps_between_looks) {
            planes.step(steps, steps_between_looks);
            out.settled = 500 * planes.moving(phase.tolerance) <= problem.pixels();
        }
    }
    out.lambda = lambda;
    out.spread = problem.spread(planes.x());
}

// lambda < 0: automatic. The spread grows with lambda: bisection of log lambda, each image from the last one's end.
template <class Planes>
DepthTvOutcome depth_tv_search(Planes& planes, const DepthProblem& problem, double lambda) {
    DepthTvOutcome out;
    if (lambda >= 0) {
        depth_tv_solve(planes, problem, lambda, out);
        return out;
    }
    constexpr double wanted = 0.8, close_enough = 0.02;
    constexpr int most_tries = 12;
    double low = std::log(1e-2), high = std::log(1e2), at = std::log(0.5);
    for (int tried = 0; tried < most_tries; ++tried) {
        depth_tv_solve(planes, problem, std::exp(at), out);
        if (std::fabs(out.spread - wanted) <= close_enough) break;
        (out.spread > wanted ? high : low) = at;
        // Far from an end that nobody has tried yet a factor of 3 is enough.
        at = out.spread > wanted ? std::max((low + high) / 2, at - 1.1) : std::min((low + high) / 2, at + 1.1);
    }
    return out;
}

// What the search for the strength came to. `last`: of the last surfaces.
inline void depth_tv_tell(const DepthMap::Coefficients& c, const DepthTvOutcome& outcome, bool last) {
    const std::string name = last ? "tv_last_" : "tv_";
    if (c.found != nullptr) {
        (*c.found)[name + "strength"] = outcome.lambda;
        (*c.found)[name + "spread"] = outcome.spread;
    }
    if (c.warn && !outcome.settled)
        c.warn(
            "depth_map: the smoothed depths still moved after the last step; a smaller strength settles sooner "
            "(--depth_map.strength_choice given)");
}

}  // namespace firstlight
