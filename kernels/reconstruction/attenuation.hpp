// attenuation: the optical depth of what lies between source and detector, against the reference scan.
//
// Physics: OD = -ln[(S / E) * F / (R / E_R)], S and R the ballistic counts of scan and reference, E and E_R their laser
// pulses, F the transmission of the filter that the reference was taken with. Where the two were gated differently
// (automatic edges), each is divided by the share of the response that its gate keeps.
//     var(OD) = var(S) / S^2 + var(R) / R^2 + (ln q)^2
// The last term is systematic: of S only the share q is unscattered, so OD is too small by -ln q. q is an estimate that
// rests on an assumption (time_gate's purity), so OD is not moved by it, but its error owns up to it. A single pixel's
// purity is as noisy as its counts, and noise that raised it would lower the error; so q is the mean purity, weighted
// with ballistic counts, of the pixels within `scatter_radius_px` rows and columns. Without purities the term is 0.
// Where S is not above `detection_sigma` standard deviations, only a limit is known: the transmission is, with
// `confidence`, at most that of S_up = max(max(S, 0) + z * sigma, -ln(1 - confidence)), z the one-sided normal
// quantile, sigma at least sqrt(background + 1) counts, and -ln(1 - confidence) (3.0 at 95 %) the limit of a Poisson
// mean that gave 0 counts. optical_depth_upper_limit is the OD of S_up (the true one is at least this), optical_depth
// is NaN there; everywhere else it is the other way round. Shapes: images [y][x]; needs ballistic and ballistic_sigma,
// uses background and purity. A pixel that is NaN in either image, or whose reference is not above detection_sigma, is
// NaN in all three layers. Errors: pulses missing and exposure not stated as equal; reference required but not there
// or dark everywhere (a warning and no optical depths where it is not required), or of another size. CPU and CUDA agree
// to 1e-6 relative. Source: G. Cowan, Statistical Data Analysis (1998), chapter 9, for the limits.
//
//   S = 100 +- 10, R = 10000 +- 100, equal pulses, F = 0.01  ->  OD = -ln(100 * 0.01 / 10000) = 9.21 +- 0.1
#pragma once

#include <cmath>
#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct Attenuation {
    static constexpr StageInfo info{"attenuation", "reconstruction", "Optical depth against the reference scan"};

    enum class Exposure : std::uint8_t { pulses, equal };
    enum class Reference : std::uint8_t { automatic, required };
    enum class Scattered : std::uint8_t { systematic, ignored };
    struct Params {
        Exposure exposure = Exposure::pulses;
        Reference reference = Reference::automatic;
        double detection_sigma = 3;
        double confidence = 0.95;
        Scattered scattered = Scattered::systematic;
        std::int64_t scatter_radius_px = 3;
        static const ParamTable& table();
    };
    struct Coefficients {
        const float* open = nullptr;           // [pixels] ballistic counts expected at OD 0; NaN: not known
        const float* open_variance = nullptr;  // [pixels] relative variance of it; both null: no reference
        double detection_sigma = 0;
        double quantile = 0;               // z
        double zero_counts = 0;            // -ln(1 - confidence)
        std::int64_t scatter_radius = -1;  // negative: no systematic term
    };

    static std::vector<Layer> layers(const Params&) {
        return {Layer::optical_depth, Layer::optical_depth_sigma, Layer::optical_depth_upper_limit};
    }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const ImageTile&, const Coefficients&);

    // A sentence for people when most optical depths of an image (host memory) are negative, else "".
    static std::string remark(const ImageTile& images);

    // (ln q)^2 of the neighbourhood of pixel i.
    FL_HD static double scatter_variance(const ImageTile& images, const Coefficients& c, std::int64_t i) {
        const float* purity = images.layer(Layer::purity);
        if (c.scatter_radius < 0 || purity == nullptr) return 0;
        const float* ballistic = images.layer(Layer::ballistic);
        const std::int64_t y = i / images.columns;
        const std::int64_t x = i % images.columns;
        double all = 0;
        double unscattered = 0;
        for (std::int64_t v = y - c.scatter_radius; v <= y + c.scatter_radius; ++v)
            for (std::int64_t u = x - c.scatter_radius; u <= x + c.scatter_radius; ++u) {
                if (v < 0 || u < 0 || v >= images.rows || u >= images.columns) continue;
                const std::int64_t p = v * images.columns + u;
                const double share = static_cast<double>(purity[p]);
                const double counts = static_cast<double>(ballistic[p]);
                if (!(share >= 0) || !(counts > 0)) continue;  // NaN too
                all += counts;
                unscattered += counts * share;
            }
        if (!(unscattered > 0)) return 0;
        const double bias = log(unscattered / all);
        return bias * bias;
    }

    FL_HD static void pixel(const ImageTile& images, const Coefficients& c, std::int64_t i) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        float depth = nan, sigma = nan, limit = nan;
        if (c.open != nullptr) {
            const double s = static_cast<double>(images.layer(Layer::ballistic)[i]);
            const double s_sigma = static_cast<double>(images.layer(Layer::ballistic_sigma)[i]);
            const double open = static_cast<double>(c.open[i]);
            const bool known = s - s == 0 && s_sigma >= 0 && open > 0;
            if (known && s > c.detection_sigma * s_sigma) {
                depth = static_cast<float>(-log(s / open));
                sigma = static_cast<float>(sqrt(s_sigma * s_sigma / (s * s) + static_cast<double>(c.open_variance[i]) +
                                                scatter_variance(images, c, i)));
            } else if (known) {
                const float* background = images.layer(Layer::background);
                const double b = background == nullptr ? 0.0 : static_cast<double>(background[i]);
                const double spread = fmax(s_sigma, sqrt(fmax(b, 0.0) + 1));
                limit = static_cast<float>(-log(fmax(fmax(s, 0.0) + c.quantile * spread, c.zero_counts) / open));
            }
        }
        if (float* layer = images.layer(Layer::optical_depth)) layer[i] = depth;
        if (float* layer = images.layer(Layer::optical_depth_sigma)) layer[i] = sigma;
        if (float* layer = images.layer(Layer::optical_depth_upper_limit)) layer[i] = limit;
    }
};

}  // namespace firstlight
