#include "kernels/reconstruction/ml_tr.hpp"

#include "kernels/reconstruction/ml_tr_ray.hpp"
#include "kernels/reconstruction/subset_planes.hpp"
#include "kernels/support/open_beam.hpp"

namespace firstlight {
namespace {

constexpr double detection_sigma = 3;  // below, a pixel of the reference is too dark to compare with

// [views][rows]: variance over counts of each row of a view.
std::vector<float> worth_of_rows(const VolumeTask& input) {
    std::vector<float> worth;
    const float* ballistic = input.layer(Layer::ballistic);
    const float* sigma = input.layer(Layer::ballistic_sigma);
    const float* background = input.layer(Layer::background);
    for (std::int64_t row = 0; row < input.views * input.rows; ++row) {
        double variance = 0, counts = 0;
        for (std::int64_t i = row * input.columns; i < (row + 1) * input.columns; ++i) {
            const auto t = static_cast<double>(ballistic[i] + (background == nullptr ? 0.0F : background[i]));
            const double v = static_cast<double>(sigma[i]) * static_cast<double>(sigma[i]);
            if (!std::isfinite(t) || !std::isfinite(v) || t < 0) continue;
            variance += v;
            counts += t;
        }
        worth.push_back(variance > 0 && counts > 0 ? static_cast<float>(variance / counts) : 1.0F);
    }
    return worth;
}

}  // namespace

const ParamTable& MlTr::Params::table() {
    static const ParamTable t = [] {
        ParamTable table{choice(&Params::exposure, "exposure",
                                "how scan and reference compare: by their laser pulses, or as taken with equally many",
                                {"pulses", "equal"})};
        for (Param& param : subset_params<Params>()) table.push_back(std::move(param));
        return table;
    }();
    return t;
}

MlTr::Coefficients MlTr::prepare(const Params& params, StageContext& context) {
    if (!has_reference_image(context))
        throw Error(ExitCode::bad_input, context.scan.name + ": there is no gated image of a reference scan",
                    "ml_tr needs the counts that would have come with nothing in the way",
                    "add /entry/reference, the same scan without object");
    const VolumeTask* input = context.volume_input;
    if (input == nullptr || (input->rays() > 0 && (input->layer(Layer::ballistic) == nullptr ||
                                                   input->layer(Layer::ballistic_sigma) == nullptr)))
        throw Error(ExitCode::usage, "ml_tr: there are no ballistic counts with a standard deviation",
                    "the likelihood is that of counts", "put time_gate or another gate before it");
    const ParallelScan scan = parallel_scan(params, context, info.name);
    Coefficients c{subset_coefficients(params, scan, context, typical_weight(input), info.name, "deviance_per_ray")};
    const std::vector<BeamView> views = beam_views(scan.angle_rad, c.columns, c.centre);
    ParallelBeam beam = c.beam();
    beam.view = views.data();
    const std::vector<float> lengths = padded_lengths(beam, c.radius);
    c.reach = static_cast<float>(kappa) * *std::max_element(lengths.begin(), lengths.end());
    c.scan_rows = context.scan.rows;
    const bool per_view = static_cast<std::int64_t>(context.scan.pulses.size()) == c.views;
    std::vector<float> open;
    for (std::int64_t v = 0; v < (per_view ? c.views : 1); ++v) {
        const OpenBeam of_view =
            open_beam(context, v, {"--ml_tr.exposure", params.exposure == Exposure::equal, detection_sigma});
        open.insert(open.end(), of_view.counts.begin(), of_view.counts.end());
    }
    c.open = context.keep.keep(open);
    c.open_view = per_view ? context.scan.pixels() : 0;
    c.worth = context.keep.keep(worth_of_rows(*input));
    (void)tell_of_rays(context, info.name);
    return c;
}

void MlTr::on_cpu(const VolumeTask& task, const Coefficients& c) {
    const auto rays = static_cast<std::size_t>(c.beam().rays());
    std::vector<float> counts(rays), open(rays), background(rays);
    const MlTrRay ray{counts.data(), open.data(), background.data(), c.reach,    c.model_error,
                      c.open,        c.worth,     c.open_view,       c.scan_rows};
    run_bands(task, c, ray, 1.0F, info.name, "deviance_per_ray");
}

}  // namespace firstlight
