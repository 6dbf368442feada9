// filtered_backprojection: mu of a scan of many views, in closed form.
//
// Physics: an optical depth is the integral of mu along its ray. From all views (X cos + Y sin = x', parallel_scan.hpp)
//     mu(X, Y) = sum over views  d_theta * q(X cos + Y sin),     q = (ramp * OD) / pitch
// with the ramp filter |f| cut at half the sampling frequency, taken in the detector's own sampling so that the mean of
// mu is right: h_0 = 1/4, h_n = -1 / (pi n)^2 for odd n, 0 for even n (in pixels). Its spectrum is multiplied with
//     none 1, cosine cos(pi f / 2), shepp_logan sinc(f / 2), hann (1 + cos(pi f)) / 2      f: 1 at half the sampling
// which trade resolution for noise. Rows are zero-padded to at least twice their length; q is interpolated linearly
// between columns. d_theta is half the distance to the neighbouring views on both sides on the circle of 180 degrees,
// so views may be uneven, go beyond 180 degrees, or repeat; ends of a limited range count like inner views.
//
// Rays without an optical depth: a ray in which no photon was seen counts with its lower limit, a masked one with what
// lies between its neighbours along the row. Both bias mu (too low behind unseen rays), so their share is told, with
// the advice to use ml_tr. The scan's errors: mu_sigma_per_m is the median standard deviation of mu that follows from
// optical_depth_sigma, over 25 points of up to 8 slices (rays without one left out); chi_squared_per_ray compares the
// projections of the result with the optical depths, ((OD - A mu) / sigma)^2 on average: far above 1, something else
// than counting noise is wrong (the axis, motion, scattered light). Edges within voxels do that too, so a warning comes
// only where 15 % of the optical depths' root mean square are not explained either.
//
// Shapes: optical_depth, optical_depth_sigma, optical_depth_upper_limit [views][rows][columns] -> mu [rows][columns]
// [columns], 1/m. Slices do not depend on each other. Errors: parallel_scan.hpp. CPU and CUDA agree to 1e-4 of the
// largest mu; any number of threads gives the same bits. Source: A. C. Kak and M. Slaney, Principles of Computerized
// Tomographic Imaging (1988), chapter 3.
//
//   a cylinder of radius 3 mm with mu = 500 / m: OD = 2 mu sqrt(r^2 - s^2) = 3 at most  ->  500 inside, 0 outside
#pragma once

#include "kernels/reconstruction/parallel_scan.hpp"
#include "kernels/reconstruction/scan_geometry.hpp"

namespace firstlight {

struct FilteredBackprojection {
    static constexpr StageInfo info{"filtered_backprojection", "reconstruction",
                                    "Volume of mu from views of many angles, in closed form"};
    static constexpr bool uses_light = false;

    enum class Window : std::uint8_t { none, hann, shepp_logan, cosine };
    struct Params : ParallelScanParams {
        Window window = Window::none;
        static const ParamTable& table();
    };
    struct Coefficients {
        std::int64_t views = 0, columns = 0;
        double centre = 0, radius = 0;
        const BeamView* linear = nullptr;  // [views] for backprojection
        const BeamView* joseph = nullptr;  // [views] for the projections of the result
        const float* weight = nullptr;     // [views] d_theta / pitch
        const float* response = nullptr;   // [padded / 2 + 1] spectrum of the filter, over `padded`
        const float* taps = nullptr;       // [2 columns - 1] the same filter; the middle one is h_0
        std::int64_t padded = 0;
        float pitch = 0;                      // m
        std::shared_ptr<RunFigures> figures;  // host memory
    };

    static std::vector<Layer> layers(const Params&) { return {}; }
    static void check_geometry(const Scan& scan) { check_view_angles(scan, info.name); }
    static VolumeBox box(const Params& params, const Scan& scan) { return parallel_scan_box(params, scan, info.name); }
    static std::size_t work_bytes(const Params&, const Scan&);
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const VolumeTask&, const Coefficients&);
};

}  // namespace firstlight
