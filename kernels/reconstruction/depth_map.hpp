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
// `regularisation = tv` makes the depths smooth within surfaces (reconstruction/depth_tv.hpp), those of the last
// surfaces by themselves: for scans of few photons. depth_sigma stays that of the measured depths, flags and missing
// depths stay.
//
// Shapes: images [y][x]; reads arrival and arrival_sigma [s], writes depth and depth_sigma [m], and, where the gate
// found last surfaces (arrival_last), depth_last and depth_last_sigma of them; NaN where the arrival is. Errors: a scan
// in transmission, whose light does not come back; a calibrated reference without an arrival. context.found with tv:
// tv_strength and tv_spread (of the depths about the measured ones, over what their sigma says), tv_last_ for the last
// surfaces; known when the stage has run. CPU and CUDA agree to the bit; any number of threads gives the same bits.
//
//   arrival 4.0 ns, n = 1, t_0 = 0  ->  z = 0.5996 m
#pragma once

#include <limits>

#include "kernels/support/stage.hpp"

namespace firstlight {

struct DepthMap {
    static constexpr StageInfo info{"depth_map", "reconstruction", "Distance of what reflected the light"};

    enum class Reference : std::uint8_t { automatic, time_zero, calibration, given };
    enum class Regularisation : std::uint8_t { none, tv };
    enum class Strength : std::uint8_t { automatic, given };
    struct Params {
        Reference reference = Reference::automatic;
        double reference_ps = 0;
        double refractive_index = std::numeric_limits<double>::quiet_NaN();
        Regularisation regularisation = Regularisation::none;
        Strength strength_choice = Strength::automatic;
        double strength = 0.5;
        static const ParamTable& table();
    };
    struct Scale {
        double arrival_s = 0, depth_m = 0;  // t_0, z_0
        double metres_per_second = 0;       // c / 2n
    };
    struct Coefficients {
        Scale scale;
        bool smooth = false;   // by total variation
        double strength = -1;  // lambda; negative: automatic
        // Where the run says what it found; host memory, may be null.
        std::map<std::string, double>* found = nullptr;
        std::function<void(const std::string&)> warn;
    };

    static std::vector<Layer> layers(const Params&) {
        return {Layer::depth, Layer::depth_sigma, Layer::depth_last, Layer::depth_last_sigma};
    }
    static Coefficients prepare(const Params&, StageContext&);
    static void on_cpu(const ImageTile&, const Coefficients&);

    FL_HD static void pixel(const ImageTile& images, const Scale& c, std::int64_t i) {
        surface(c, i, images.layer(Layer::arrival), images.layer(Layer::arrival_sigma), images.layer(Layer::depth),
                images.layer(Layer::depth_sigma));
        surface(c, i, images.layer(Layer::arrival_last), images.layer(Layer::arrival_last_sigma),
                images.layer(Layer::depth_last), images.layer(Layer::depth_last_sigma));
    }

  private:
    FL_HD static void surface(const Scale& c, std::int64_t i, const float* arrivals, const float* arrival_sigma,
                              float* depth, float* sigma) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        const double arrival = arrivals == nullptr ? nan : static_cast<double>(arrivals[i]);
        if (depth != nullptr) depth[i] = static_cast<float>(c.depth_m + c.metres_per_second * (arrival - c.arrival_s));
        if (sigma != nullptr)
            sigma[i] = arrival_sigma == nullptr || arrival != arrival
                           ? nan
                           : static_cast<float>(c.metres_per_second * static_cast<double>(arrival_sigma[i]));
    }
};

}  // namespace firstlight
