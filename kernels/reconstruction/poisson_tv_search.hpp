// How many steps, and with which lambda: the part of poisson_tv that decides, the same for CPU and CUDA. `Planes` does
// the work:
//     sums()               counts, variance, background and number of the pixels with data
//     start(worth, mean)   the planes from the images
//     step(steps, count)   so many primal-dual steps
//     moved()              largest move of the last step, in standard deviations
//     deviance()           of x, over its expectation
//     finish(worth)        the images from the planes
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/reconstruction/poisson_tv_pixel.hpp"

namespace firstlight {

struct TvSums {
    double counts = 0, variance = 0, background = 0, pixels = 0;
    FL_HD void add(const TvDatum& d) {
        counts += d.counts;
        variance += d.variance;
        background += d.background;
        pixels += d.known ? 1 : 0;
    }
    FL_HD void add(const TvSums& o) {
        counts += o.counts;
        variance += o.variance;
        background += o.background;
        pixels += o.pixels;
    }
};

// From [rows][2]: deviance and what it is on average.
inline double tv_deviance_ratio(const std::vector<double>& of_row) {
    double deviance = 0, expected = 0;
    for (std::size_t i = 0; i + 1 < of_row.size(); i += 2) {
        deviance += of_row[i];
        expected += of_row[i + 1];
    }
    return expected > 0 ? deviance / expected : 0;
}

struct TvOutcome {
    double lambda = 0, deviance = 0, moved = 0;
    std::int64_t iterations = 0;  // over all lambdas tried
    bool constant = false;        // any larger lambda would do
};

// Steps whose primal and dual parts are as far from their ends as each other: x moves by sqrt(m), p by lambda, for
// images of m effective counts per pixel. sigma tau |K|^2 <= 1 with |K|^2 <= 8. Found on phantoms of 2 to 300 counts.
inline TvSteps tv_steps(double lambda, double counts_per_pixel) {
    const double m = std::max(counts_per_pixel, 1e-3);
    const double primal = m * std::clamp(0.2 / (std::max(lambda, 1e-9) * std::sqrt(m)), 0.05, 0.4);
    return {static_cast<float>(lambda), static_cast<float>(primal), static_cast<float>(1 / (8 * primal))};
}

template <class Planes>
void tv_solve(Planes& planes, const PoissonTv::Coefficients& c, double lambda, double counts_per_pixel,
              TvOutcome& out) {
    constexpr std::int64_t steps_between_looks = 20;
    const TvSteps steps = tv_steps(lambda, counts_per_pixel);
    out.lambda = lambda;
    for (std::int64_t done = 0; done < c.iterations;) {
        const std::int64_t count = std::min(steps_between_looks, c.iterations - done);
        planes.step(steps, count);
        done += count;
        out.iterations += count;
        out.moved = planes.moved();
        if (out.moved < c.tolerance) break;
    }
    out.deviance = planes.deviance();
}

// The deviance grows with lambda: bracket it by factors of 2, then halve the bracket (in log lambda), by the chord
// where that is quicker. Each image starts where the last one ended.
template <class Planes>
TvOutcome tv_search(Planes& planes, const PoissonTv::Coefficients& c, double counts_per_pixel) {
    TvOutcome out;
    if (c.lambda >= 0) {
        tv_solve(planes, c, c.lambda, counts_per_pixel, out);
        return out;
    }
    constexpr double close_enough = 0.01;
    constexpr int most = 30;
    const double unit = 1 / std::sqrt(std::max(counts_per_pixel, 1e-3));
    double low = std::log(1e-6 * unit), high = std::log(1e3 * unit);
    double low_miss = -c.deviance, high_miss = 0;
    bool above = false, below = false;
    double at = std::log(0.5 * unit);
    for (int tried = 0; tried < most; ++tried) {
        tv_solve(planes, c, std::exp(at), counts_per_pixel, out);
        const double miss = out.deviance - c.deviance;
        if (std::abs(miss) <= close_enough * c.deviance) return out;
        if (miss > 0) {
            high = at;
            high_miss = miss;
            above = true;
        } else {
            low = at;
            low_miss = miss;
            below = true;
        }
        if (!above && at >= std::log(500 * unit)) {
            out.constant = true;
            return out;
        }
        if (!above) at += std::log(2.0);
        else if (!below) at -= std::log(2.0);
        else {
            const double chord = -low_miss / (high_miss - low_miss);
            at = low + (high - low) * std::clamp(chord, 0.2, 0.8);
        }
        at = std::clamp(at, low, high);
    }
    return out;
}

inline void tv_tell(const PoissonTv::Coefficients& c, const TvOutcome& outcome) {
    if (c.found != nullptr) {
        (*c.found)["lambda"] = outcome.lambda;
        (*c.found)["deviance"] = outcome.deviance;
        (*c.found)["iterations"] = static_cast<double>(outcome.iterations);
    }
    if (!c.warn) return;
    if (outcome.constant)
        c.warn(
            "poisson_tv: the whole image is compatible with one value, and was made so; a weaker lambda can be given "
            "(--poisson_tv.lambda_choice given)");
    else if (outcome.moved >= c.tolerance)
        c.warn("poisson_tv: the image still moved after the last step; allow more (--poisson_tv.iterations)");
}

// False where there is nothing to do.
inline bool tv_has_images(const ImageTile& images) {
    if (images.pixels() == 0) return false;
    if (images.layer(Layer::ballistic) == nullptr || images.layer(Layer::ballistic_sigma) == nullptr)
        throw Error(ExitCode::usage, "poisson_tv: there is no ballistic image with a standard deviation",
                    "the data term is made of both", "put time_gate or another gate before it");
    return true;
}

// The whole of the stage. An image without data stays as it is.
template <class Planes>
void tv_denoise(Planes& planes, const PoissonTv::Coefficients& c) {
    const TvSums sums = planes.sums();
    if (!(sums.pixels > 0)) return;
    const double worth = sums.counts > 0 && sums.variance > 0 ? sums.variance / sums.counts : 1;
    const double counts_per_pixel = sums.counts / worth / sums.pixels;
    planes.start(worth, (sums.counts - sums.background) / worth / sums.pixels);
    tv_tell(c, tv_search(planes, c, counts_per_pixel));
    planes.finish(worth);
}

}  // namespace firstlight
