// confocal_diffuse: what stands behind a scattering slab, from a confocal scan of the slab's near face.
//
// Physics: a laser spot diffuses through the slab, lights the scene from a patch of the far face, and what comes back
// diffuses through the slab again. Seen from the midpoint of where light leaves and comes back,
//     tau(x, y, t) = K * phi(x, y, t),   K = slab (in) * slab (out) * instrument response
//     (slab_kernel.hpp)
// where * convolves in x, y and t, and phi is the confocal scan that would be seen without the slab. Two steps:
// 1. phi from tau. `poisson_tv` minimises
//        sum over measured bins [ (K phi + b) - y log(K phi + b) ] + lambda |grad phi|,   phi >= 0,
//    y = light + b the counts and b the dark counts that were taken off, by splitting (PIDAL: the likelihood, the
//    slopes and the sign are minimised voxel by voxel, and joined by one filter at all frequencies in each iteration).
//    Around the scan and after its last bin there is room for light that the scan saw no part of or only the start of.
//    lambda = strength sqrt(sum K^2 / <y>), <y> the mean count where light is: what photon noise makes of the
//    likelihood's slope in phi; so it falls with the root of the counts. `wiener` is
//    conj(H) Y / (|H|^2 + 1/snr) with H the spectrum of K; `auto` takes as 1/snr the |H|^2 below which Y is, on
//    average, mostly noise, and at least 1e-4, because media are not known to better than a percent. It may be
//    negative, and is cut at 0. `none`: the light is taken as phi (no slab).
// 2. f-k migration of sqrt(phi) (fk_migration.hpp): volume albedo[z][y][x], relative, in counts of a voxel.
// z is half the optical path behind the far face: z = c (t - time_zero) / 2, time_zero when the pulse enters the slab
// at its near face, on the data's clock (the slab's own delay, on the way in and out, is in K).
//
// Bins are put together (`bins_together`) as long as they stay narrower than a quarter of the light's standard
// deviation in the slab, two thirds of the pixel pitch, and a whole number of them is left. Masked pixels (NaN) take no
// part in the likelihood and are filled from their neighbours for `wiener`. Layer `depth` (m): of the brightest voxel
// of each line along z, refined by the parabola through it and its neighbours; NaN where it is darker than
// `least_albedo` of the brightest of all. It has no standard deviation: what limits it is not noise but how wide the
// medium's uncertainty leaves the kernel, and how the migration blurs. Depths come out some percent too near where
// echoes stay long (few photons, thick slabs) and the scan is small: such waves are bent at the scan's edges. A wall of
// 40 cm at 35 cm whose echoes are 7 cm long (FWHM) is seen at 32.4 cm, one of 80 cm at 34.5. Limits: the slab is even
// and wider than the scan; its two faces are plane; one scattering medium. A scan of one row or column is taken as not
// changing across it. context.found: snr or lambda, deviance per bin, iterations, slab delay. Shapes: light
// [rows][columns][bins], any sizes. Errors: bad_input (no positions of pixels, uneven ones, no or a wrong medium, no
// depth), each with the way out. CPU and CUDA agree to 2e-3 of the volume's largest value; any number of threads gives
// the same bits. Sources: D. B. Lindell and G. Wetzstein, Nat. Commun. 11, 4517 (2020); M. A. T. Figueiredo and J. M.
// Bioucas-Dias, IEEE Trans. Image Process. 19, 3133 (2010).
//
//   inversion = none, one pixel of 9 x 9 (pitch 1 cm) at 5 cm: echo at c t / 2 = sqrt(5^2 + r^2) cm -> albedo at 5 cm
#pragma once

#include <limits>

#include "kernels/reconstruction/confocal_shape.hpp"
#include "kernels/support/slab_curve.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

struct ConfocalDiffuse {
    static constexpr StageInfo info{"confocal_diffuse", "reconstruction",
                                    "Volume behind a scattering slab, from a confocal scan"};
    static constexpr bool uses_light = true;
    static constexpr double automatic = std::numeric_limits<double>::quiet_NaN();

    enum class Inversion : std::uint8_t { poisson_tv, wiener, none };
    enum class Instrument : std::uint8_t { calibration, ideal };
    struct Params {
        Inversion inversion = Inversion::poisson_tv;
        double strength = 0.1;
        std::int64_t iterations = 30;
        double snr = automatic;
        Instrument response = Instrument::calibration;
        double thickness_mm = automatic, refractive_index = automatic, mu_s_prime_per_m = automatic,
               mu_a_per_m = automatic, extrapolation_mm = automatic;
        double time_zero_ps = 0;
        double min_depth_mm = automatic, max_depth_mm = automatic;
        double bins_together = automatic;
        double least_albedo = 0.1;
        static const ParamTable& table();
    };
    struct Coefficients {
        ConfocalShape shape;
        Inversion inversion = Inversion::none;
        std::int64_t scan_bins = 0;
        const float* transfer = nullptr;  // H [pad y][pad x][half][re im]
        const float* stolt = nullptr;     // stolt_table()
        double kernel_power = 0;          // sum K^2
        double snr = -1;                  // negative: automatic
        double strength = 0;
        std::int64_t iterations = 0;
        float least_albedo = 0;
        // Where the run says what it found, and how far it is; host memory.
        std::map<std::string, double>* found = nullptr;
        std::function<void(const std::string&)> warn;
        std::function<void(double)> proceed;
    };

    static std::vector<Layer> layers(const Params&) { return {Layer::depth}; }
    static void check_geometry(const Scan& scan);
    static VolumeBox box(const Params&, const Scan&);
    static std::size_t work_bytes(const Params&, const Scan&);
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const VolumeTask&, const Coefficients&);

    // The slab in front of the scene, from the parameters and the file. Errors: bad_input, what is missing.
    static Slab slab(const Params&, const Scan&);
    static ConfocalShape shape(const Params&,
                               const Scan&);  // refuses slabs thinner than 1/mu_s' or with endless delays
};

}  // namespace firstlight
