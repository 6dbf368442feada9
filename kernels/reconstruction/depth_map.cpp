#include "kernels/reconstruction/depth_map.hpp"

#include <cmath>

namespace firstlight {
namespace {

constexpr double speed_of_light = 299'792'458.0;

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
    c.metres_per_second = speed_of_light / (2 * index);
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
        c.arrival_s = *scan.arrival_s;
        c.depth_m = scan.standoff_m.value_or(0);
    } else if (reference == Reference::given) {
        c.arrival_s = params.reference_ps * 1e-12;
    }
    if (context.found != nullptr) {
        (*context.found)["reference_ps"] = c.arrival_s * 1e12;
        (*context.found)["reference_depth_mm"] = c.depth_m * 1e3;
    }
    return c;
}

void DepthMap::on_cpu(const ImageTile& images, const Coefficients& c) {
    if (images.layer(Layer::arrival) == nullptr) return;
    for (std::int64_t i = 0; i < images.pixels(); ++i) pixel(images, c, i);
}

}  // namespace firstlight
