#include "kernels/reconstruction/os_sart_tv.hpp"

#include "kernels/reconstruction/os_sart_tv_ray.hpp"
#include "kernels/reconstruction/subset_planes.hpp"

namespace firstlight {

const ParamTable& OsSartTv::Params::table() {
    static const ParamTable t = [] {
        ParamTable table{choice(&Params::weights, "weights", "rays weighted by their variance, or all alike (SART)",
                                {"variance", "row_sums"}),
                         real(&Params::relaxation, "relaxation", "",
                              "length of a step; 1: to where a single ray would fit", 0.001, 1.99)};
        for (Param& param : subset_params<Params>()) table.push_back(std::move(param));
        return table;
    }();
    return t;
}

OsSartTv::Coefficients OsSartTv::prepare(const Params& params, StageContext& context) {
    const ParallelScan scan = parallel_scan(params, context, info.name);
    const double weight = typical_weight(context.volume_input);
    Coefficients c{subset_coefficients(params, scan, context, weight, info.name, "chi_squared_per_ray")};
    const std::vector<BeamView> views = beam_views(scan.angle_rad, c.columns, c.centre);
    ParallelBeam beam = c.beam();
    beam.view = views.data();
    c.length = context.keep.keep(padded_lengths(beam, c.radius));
    c.row_weight = params.weights == Weights::row_sums
                       ? static_cast<float>(std::max(weight, 1e-6) * static_cast<double>(c.columns))
                       : 0.0F;
    c.relaxation = static_cast<float>(params.relaxation);
    (void)tell_of_rays(context, info.name);
    return c;
}

void OsSartTv::on_cpu(const VolumeTask& task, const Coefficients& c) {
    check_optical_depths(task, info.name);
    const ParallelBeam beam = c.beam();
    std::vector<float> depth(static_cast<std::size_t>(beam.rays())), inverse(depth.size());
    const OsSartRay ray{depth.data(), inverse.data(), c.length, c.row_weight, c.model_error};
    run_bands(task, c, ray, c.relaxation, info.name, "");
}

}  // namespace firstlight
