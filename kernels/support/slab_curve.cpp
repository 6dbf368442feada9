#include "kernels/support/slab_curve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/support/error.hpp"
#include "kernels/support/speed_of_light.hpp"

namespace firstlight {
namespace {

constexpr double pi = std::numbers::pi;
// Below this Dvt/L^2 a few image sources are enough, above it a few of the slab's modes are; the two series are the
// same sum (Poisson's summation formula), and here both have converged to double precision.
constexpr double mode_time = 0.025;
constexpr int images_each_way = 20;
constexpr double negligible = 37;  // e^-37 beside the leading term
constexpr double underflow = 700;  // e^-700 is the smallest that a double holds well
constexpr int most_modes = 16;
constexpr std::int64_t block = 128;  // bins that share one set of exponentials

// Share of unpolarised light reflected at a boundary from inside, at cosines to its normal (Fresnel).
double reflected(double n, double inside, double outside) {
    const double s = (n * inside - outside) / (n * inside + outside);
    const double p = (n * outside - inside) / (n * outside + inside);
    return 0.5 * (s * s + p * p);
}

// (1 + R)/(1 - R) = (1 + 3 C2)/(1 - 2 C1) with C_k the integral of cos^k times the reflection over the cosine. Beyond
// the critical angle all is reflected. The variable is the smaller of the two cosines: nothing is steep in it.
double boundary_factor(double n) {
    if (n == 1) return 1;
    const double critical = n > 1 ? std::sqrt(1 - 1 / (n * n)) : 0;
    double first = critical * critical / 2, second = critical * critical * critical / 3;
    constexpr int steps = 64;
    for (int i = 0; i <= steps; ++i) {
        const double x = i / static_cast<double>(steps);
        const double inside = n > 1 ? std::sqrt(1 - (1 - x * x) / (n * n)) : x;
        const double outside = n > 1 ? x : std::sqrt(1 - n * n * (1 - x * x));
        const double simpson = (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) / (3.0 * steps);
        const double share = simpson * (n > 1 ? x / (n * n) : x) * reflected(n, inside, outside);
        first += share;
        second += share * inside;
    }
    return (1 + 3 * second) / (1 - 2 * first);
}

class SlabLight {
  public:
    SlabLight(const Slab& slab, bool whole_plane)
        : whole_plane_(whole_plane && slab.off_axis_m == 0), rho2_(slab.off_axis_m * slab.off_axis_m) {
        const auto need = [](bool good, const char* what, double value) {
            if (!good) throw Error(ExitCode::bad_input, fmt::format("slab: {} is {}", what, value));
        };
        const auto positive = [](double x) { return std::isfinite(x) && x > 0; };
        need(positive(slab.thickness_m), "the thickness must be positive, and", slab.thickness_m);
        need(positive(slab.refractive_index), "the refractive index must be positive, and", slab.refractive_index);
        need(positive(slab.mu_s_prime_per_m), "mu_s' must be positive, and", slab.mu_s_prime_per_m);
        need(std::isfinite(slab.mu_a_per_m) && slab.mu_a_per_m >= 0, "mu_a must be 0 or more, and", slab.mu_a_per_m);
        need(std::isfinite(slab.off_axis_m), "the distance off the axis must be finite, and", slab.off_axis_m);

        const double v = speed_of_light / slab.refractive_index;
        d_ = slab.thickness_m;
        z0_ = 1 / slab.mu_s_prime_per_m;
        ze_ = slab.extrapolation_m.value_or(2.0 / 3.0 * z0_ * boundary_factor(slab.refractive_index));
        need(std::isfinite(ze_) && ze_ >= 0, "the extrapolation distance must be 0 or more, and", ze_);
        const double diffusion =
            1 / (3 * (slab.mu_s_prime_per_m + (slab.absorption_in_diffusion ? slab.mu_a_per_m : 0)));
        dv_ = diffusion * v;
        absorption_ = slab.mu_a_per_m * v;
        span_ = d_ + 2 * ze_;
        nearest2_ = std::pow(std::min(std::abs(d_ - z0_), span_ - z0_), 2);
        for (int m = 1; m <= most_modes; ++m) {
            const double k = m * pi / span_;
            weight_[m - 1] = -2 * dv_ / span_ * k * std::cos(k * (d_ + ze_)) * std::sin(k * (z0_ + ze_));
            rate_[m - 1] = absorption_ + dv_ * k * k;
        }
    }

    [[nodiscard]] double at(double t) const {
        if (!(t > 0)) return 0;
        return (by_modes(t) ? modes_at(t) : images_at(t)) * place(t);
    }

    [[nodiscard]] std::vector<double> bins(double width, std::int64_t count) const {
        std::vector<double> out(static_cast<std::size_t>(count));
        std::int64_t i = 0;
        for (; i < count && !by_modes(static_cast<double>(i) * width); ++i)
            out[static_cast<std::size_t>(i)] = image_bin(static_cast<double>(i) * width, width);
        mode_bins(out, i, width);
        return out;
    }

  private:
    [[nodiscard]] bool by_modes(double t) const { return dv_ * t >= mode_time * span_ * span_; }
    [[nodiscard]] int modes_needed(double t) const {
        const double reduced = pi * pi * dv_ * t / (span_ * span_);
        return std::clamp(static_cast<int>(std::ceil(std::sqrt(1 + negligible / reduced))), 1, most_modes);
    }
    // Share per area element at distance rho from the axis; the spread along the slab is that of free space.
    [[nodiscard]] double place(double t) const {
        if (whole_plane_) return 1;
        const double spread = 4 * dv_ * t;
        return (rho2_ == 0 ? 1 : std::exp(-rho2_ / spread)) / (pi * spread);
    }

    [[nodiscard]] double images_at(double t) const {
        const double spread = 4 * dv_ * t;
        if (!(nearest2_ < underflow * spread)) return 0;
        const double reach2 = nearest2_ + negligible * spread;
        double sum = 0;
        const auto add = [&](int m) {
            const double z1 = d_ * (1 - 2 * m) - 4 * m * ze_ - z0_;
            const double z2 = d_ * (1 - 2 * m) - (4 * m - 2) * ze_ + z0_;
            if (z1 * z1 < reach2) sum += z1 * std::exp(-z1 * z1 / spread);
            if (z2 * z2 < reach2) sum -= z2 * std::exp(-z2 * z2 / spread);
            return std::min(z1 * z1, z2 * z2) < reach2;
        };
        add(0);
        for (int m = 1; m <= images_each_way; ++m)
            if (!(add(m) | add(-m))) break;
        return 0.5 * sum * std::exp(-absorption_ * t) / (std::sqrt(pi * spread) * t);
    }

    [[nodiscard]] double modes_at(double t) const {
        double sum = 0;
        for (int m = modes_needed(t); m-- > 0;) sum += weight_[m] * std::exp(-rate_[m] * t);
        return sum;
    }

    // Simpson's rule in an even number of steps, so short that no exponential changes by more than e^(1/2) within one.
    [[nodiscard]] std::int64_t steps_for(double change) const {
        return 2 * std::max<std::int64_t>(2, static_cast<std::int64_t>(std::ceil(change)));
    }

    [[nodiscard]] double image_bin(double from, double width) const {
        const double to = from + width, first_light = nearest2_ / (underflow * 4 * dv_);
        if (!(first_light < to)) return 0;
        const double start = std::max(from, first_light);
        const double rise = nearest2_ / (4 * dv_) * (1 / start - 1 / to);
        const std::int64_t steps = steps_for(rise + rate_[0] * width);
        const double step = (to - start) / static_cast<double>(steps);
        double sum = at(start) + at(to);
        for (std::int64_t k = 1; k < steps; ++k)
            sum += (k % 2 == 1 ? 4 : 2) * at(start + static_cast<double>(k) * step);
        return sum * step / 3;
    }

    // Bins where the light is a sum of modes: over the whole plane each mode's bin is an exponential's integral in
    // closed form; elsewhere Simpson. Powers of each mode's ratio from step to step stand in for exponentials.
    void mode_bins(std::vector<double>& out, std::int64_t first, double width) const {
        const auto count = static_cast<std::int64_t>(out.size());
        if (first >= count) return;
        const std::int64_t steps = whole_plane_ ? 1 : steps_for(rate_[0] * width);
        const double step = width / static_cast<double>(steps);
        const auto samples = static_cast<std::size_t>(block * steps + 1);
        const int modes = modes_needed(static_cast<double>(first) * width);
        std::vector<double> powers(samples * static_cast<std::size_t>(modes)), light(samples);
        for (int m = 0; m < modes; ++m) {
            const double ratio = std::exp(-rate_[m] * step);
            double power = 1;
            for (std::size_t k = 0; k < samples; ++k, power *= ratio)
                powers[static_cast<std::size_t>(m) * samples + k] = power;
        }
        for (std::int64_t i = first; i < count; i += block) {
            const double start = static_cast<double>(i) * width;
            std::fill(light.begin(), light.end(), 0.0);
            for (int m = modes_needed(start); m-- > 0;) {
                const double share = whole_plane_ ? -std::expm1(-rate_[m] * width) / rate_[m] : 1;
                const double value = weight_[m] * share * std::exp(-rate_[m] * start);
                const double* power = powers.data() + static_cast<std::size_t>(m) * samples;
                for (std::size_t k = 0; k < samples; ++k) light[k] += value * power[k];
            }
            const std::int64_t in_block = std::min(block, count - i);
            if (whole_plane_) {
                std::copy_n(light.begin(), in_block, out.begin() + i);
                continue;
            }
            for (std::size_t k = 0; k < samples; ++k) light[k] *= place(start + static_cast<double>(k) * step);
            for (std::int64_t j = 0; j < in_block; ++j) {
                const double* in = light.data() + j * steps;
                double sum = in[0] + in[steps];
                for (std::int64_t k = 1; k < steps; ++k) sum += (k % 2 == 1 ? 4 : 2) * in[k];
                out[static_cast<std::size_t>(i + j)] = sum * step / 3;
            }
        }
    }

    bool whole_plane_;
    double rho2_, d_ = 0, z0_ = 0, ze_ = 0, dv_ = 0, absorption_ = 0, span_ = 0, nearest2_ = 0;
    double weight_[most_modes] = {}, rate_[most_modes] = {};
};

}  // namespace

double slab_transmittance(const Slab& slab, double t_s, bool whole_plane) {
    return SlabLight(slab, whole_plane).at(t_s);
}

std::vector<double> slab_curve(const Slab& slab, double bin_width_s, std::int64_t bins, bool whole_plane) {
    if (!(std::isfinite(bin_width_s) && bin_width_s > 0) || bins < 0)
        throw Error(ExitCode::bad_input, fmt::format("slab: {} bins of {} s", bins, bin_width_s),
                    "bins must be positive in width and number");
    return SlabLight(slab, whole_plane).bins(bin_width_s, bins);
}

}  // namespace firstlight
