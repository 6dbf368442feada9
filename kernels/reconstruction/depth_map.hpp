// depth_map: how far away what reflected the light is.
//
// Physics: light goes there and back in a medium of index n (the group index where it is known), so a surface that is
// seen at `arrival` lies at
//     z = z_0 + c (arrival - t_0) / (2 n),   sigma(z) = c sigma(arrival) / (2 n)
// behind the reference plane z = 0. What t_0 and z_0 are:
//   time_zero    t_0 = 0 of the scan's time axis, z_0 = 0: the axis starts when light leaves the plane (simulated scans
//                count from the entry into the medium)
//   calibration  t_0 = /entry/calibration/arrival, z_0 = /entry/geometry/standoff, or 0 where the file has none: then
//                depths are from the surface that the arrival was calibrated with
//   given        t_0 = `reference_ps`, z_0 = 0
//   automatic    calibration where the file has both arrival and standoff, else time_zero; what it took is told
// The pixels' own delays (t0_map) are out of `arrival` already. n is /entry/geometry/medium/refractive_index unless
// given; 1 without either. The line of sight is taken as straight and paraxial: z is a distance, not a coordinate
// across a wide field. sigma holds counting statistics only: light scattered forwards on its way is late and makes
// depths too large (docs/physics.md).
//
// Shapes: images [y][x]; reads arrival and arrival_sigma [s], writes depth and depth_sigma [m]; NaN where the arrival
// is. Errors: a scan in transmission, whose light does not come back; a calibrated reference without an arrival.
// CPU and CUDA agree to the bit.
//
//   arrival 4.0 ns, n = 1, t_0 = 0  ->  z = 0.5996 m
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct DepthMap {
    static constexpr StageInfo info{"depth_map", "reconstruction", "Distance of what reflected the light"};

    enum class Reference : std::uint8_t { automatic, time_zero, calibration, given };
    struct Params {
        Reference reference = Reference::automatic;
        double reference_ps = 0;
        double refractive_index = std::numeric_limits<double>::quiet_NaN();
        static const ParamTable& table();
    };
    struct Coefficients {
        double arrival_s = 0, depth_m = 0;  // t_0, z_0
        double metres_per_second = 0;       // c / 2n
    };

    static std::vector<Layer> layers(const Params&) { return {Layer::depth, Layer::depth_sigma}; }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const ImageTile&, const Coefficients&);

    FL_HD static void pixel(const ImageTile& images, const Coefficients& c, std::int64_t i) {
        const double arrival = static_cast<double>(images.layer(Layer::arrival)[i]);
        if (float* depth = images.layer(Layer::depth))
            depth[i] = static_cast<float>(c.depth_m + c.metres_per_second * (arrival - c.arrival_s));
        const float* arrival_sigma = images.layer(Layer::arrival_sigma);
        if (float* sigma = images.layer(Layer::depth_sigma))
            sigma[i] = arrival_sigma == nullptr || arrival != arrival
                           ? std::numeric_limits<float>::quiet_NaN()
                           : static_cast<float>(c.metres_per_second * static_cast<double>(arrival_sigma[i]));
    }
};

}  // namespace firstlight
