// poisson_tv: the ballistic image that few photons are most likely to come from, if images are flat with sharp edges.
//
//     min_x  sum_i [ w_i (x_i + b_i) - n_i log(x_i + b_i) ]  +  lambda sum_i |grad x|_i
//
// The data term. A gate counts t = ballistic + background, and only t is Poisson: what is left after the subtraction is
// not, it can be negative. Live fractions, gains, soft gates and a background that was itself measured change the
// variance; what the gate says of it is ballistic_sigma^2 = s^2. A Poisson variable times c has mean c m and variance
// c^2 m, so t is c = s^2 / t times a Poisson variable: n = t / c effective counts, of mean (ballistic + background) /
// c. c of one pixel is as noisy as t (a low t would get a low weight, which moves the mean), so c_i is sum s^2 / sum t
// over the 5 x 5 pixels around it: it sets weights, not values. With C = sum s^2 / sum t of the whole image,
//     x = ballistic / C,  b = background / C,  w = C / c,  n = t / c
// so lambda is in effective counts and does not change with the unit of the image. For a hard gate without background
// error c = 1 and the data term is exactly Poisson's. x may be negative, down to -b, as `ballistic` may. t < 0, which
// only a missing background layer can give, counts as 0. Pixels that are masked or not finite take no part in it: the
// total variation fills them.
//
// |grad x| = sqrt(dx^2 + dy^2) of forward differences, 0 across the border. Minimised by the primal-dual steps of
// Chambolle & Pock (2011, algorithm 1, theta = 1), whose Poisson step is closed:
//     u = (a + sqrt(a^2 + 4 tau n)) / 2,  a = x + b - tau (K'p + w),  x = u - b
// until no pixel moves by `tolerance` of its standard deviation per step, or `iterations` steps are done (a warning).
// lambda "automatic" is the one at which the deviance 2 sum [n log(n / m) - n + m], m = w (x + b), is `deviance` times
// what Poisson counts of these means have on average. That average is 1 per pixel for many counts, 0.5 at m = 0.1:
// "one per pixel" would wipe out images of few photons. It is found within 1 % by bisection of log lambda. An
// image that is compatible with a constant becomes one, with a warning. The deviance counts no degrees of freedom that
// the image takes up, so it smooths rather more than the smallest error would want.
//
// What happens to the layers: ballistic becomes C x, also in masked pixels. ballistic_sigma stays that of the measured
// counts: the error of a denoised pixel is smaller within a plain area, but correlated with its neighbours', and edges
// and details that are lost are not in it. snr is made anew from both. counts, background, purity and all flags stay as
// measured (low_counts too). Put before attenuation, optical depths are those of the denoised counts with the error of
// the measured ones. Total variation lowers contrast: an area's level moves by lambda * perimeter / area of itself.
//
// Shapes: images [y][x]; needs ballistic and ballistic_sigma, uses background and flags. context.found: lambda,
// deviance (over its expectation), iterations; known when the stage has run. Errors (usage): no gate before it.
// CPU and CUDA give the same bits for a given lambda and agree to 1e-4 of the image's range for an automatic one; any
// number of threads gives the same bits. Sources: A. Chambolle and T. Pock, J. Math. Imaging Vis. 40, 120 (2011); R.
// Zanella et al., Inverse Problems 25, 045010 (2009), and F. Bevilacqua et al., Inverse Problems 39 (2023), for the
// discrepancy.
//
//   0 0 6 6 with s^2 = t, lambda 1: two levels, n (1 - y / x) = -+ lambda  ->  x = 0 0 4 4   (6 / (1 + 1/2))
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct PoissonTv {
    static constexpr StageInfo info{"poisson_tv", "reconstruction", "Denoises the ballistic image of few photons"};

    enum class Choice : std::uint8_t { automatic, given };
    struct Params {
        Choice lambda_choice = Choice::automatic;
        double lambda = 0.1;
        double deviance = 1;
        std::int64_t iterations = 1000;
        double tolerance = 5e-4;
        static const ParamTable& table();
    };
    struct Coefficients {
        double lambda = -1;           // negative: automatic
        double deviance = 1;          // over its expectation
        std::int64_t iterations = 0;  // per lambda tried
        double tolerance = 0;
        const double* expected_deviance = nullptr;  // [expected_size] of means 10^(k / 20 - 4)
        // Where the run says what it found; host memory, may be null.
        std::map<std::string, double>* found = nullptr;
        std::function<void(const std::string&)> warn;
    };
    static constexpr int expected_size = 141, expected_per_decade = 20, expected_from = -4;

    static std::vector<Layer> layers(const Params&) { return {Layer::ballistic}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const ImageTile&, const Coefficients&);
};

}  // namespace firstlight
