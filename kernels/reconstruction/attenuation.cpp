#include "kernels/reconstruction/attenuation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/open_beam.hpp"

namespace firstlight {
namespace {

// z with P(normal < z) = confidence.
double normal_quantile(double confidence) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 80; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < confidence ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

const ParamTable& Attenuation::Params::table() {
    static const ParamTable t{
        choice(&Params::exposure, "exposure",
               "how scan and reference compare: by their laser pulses, or as taken with equally many",
               {"pulses", "equal"}),
        choice(&Params::reference, "reference", "without a reference scan: leave optical depths out, or refuse",
               {"automatic", "required"}),
        real(&Params::detection_sigma, "detection_sigma", "",
             "a pixel with no more than this many standard deviations gets a limit instead of an optical depth", 0,
             100),
        real(&Params::confidence, "confidence", "", "confidence of the limit", 0.5, 0.999999),
        choice(&Params::scattered, "scattered",
               "light that was scattered but kept: a systematic part of the optical depth's error, or left out of it",
               {"systematic", "ignored"}),
        integer(&Params::scatter_radius_px, "scatter_radius_px", "px",
                "rows and columns around a pixel whose mean purity says how much was scattered", 0, 1000)
            .only_if("scattered", "systematic"),
    };
    return t;
}

Attenuation::Coefficients Attenuation::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (!has_reference_image(context)) {
        const std::string problem = scan.name + ": there is no gated image of a reference scan";
        const char* why = "optical depth compares the scan with /entry/reference";
        if (params.reference == Reference::required)
            throw Error(ExitCode::bad_input, problem, why, "add a reference, or set --attenuation.reference automatic");
        context.warn(problem + " (" + why + "): optical depths are left out");
        return {};
    }
    const OpenBeam open = open_beam(
        context, context.view, {"--attenuation.exposure", params.exposure == Exposure::equal, params.detection_sigma});
    const bool any =
        std::any_of(open.counts.begin(), open.counts.end(), [](float counts) { return std::isfinite(counts); });
    if (!any) {
        const std::string problem =
            fmt::format("{}: no pixel of the reference has light above {:g} standard deviations", scan.name,
                        params.detection_sigma);
        const char* why = "optical depth compares the scan with the light of /entry/reference";
        const char* way_out = "check /entry/reference/counts, and that its light arrives within the gate";
        if (params.reference == Reference::required) throw Error(ExitCode::bad_input, problem, why, way_out);
        context.warn(fmt::format("{} ({}): optical depths are left out; {}", problem, why, way_out));
        return {};
    }
    Coefficients c;
    c.open = context.keep.keep(open.counts);
    c.open_variance = context.keep.keep(open.relative_variance);
    c.detection_sigma = params.detection_sigma;
    c.quantile = normal_quantile(params.confidence);
    c.zero_counts = -std::log(1 - params.confidence);
    c.scatter_radius = params.scattered == Scattered::systematic ? params.scatter_radius_px : -1;
    return c;
}

void Attenuation::on_cpu(const ImageTile& images, const Coefficients& c) {
    for (std::int64_t i = 0; i < images.pixels(); ++i) pixel(images, c, i);
}

std::string Attenuation::remark(const ImageTile& images) {
    std::int64_t known = 0;
    std::int64_t negative = 0;
    const float* depth = images.layer(Layer::optical_depth);
    for (std::int64_t i = 0; depth != nullptr && i < images.pixels(); ++i) {
        if (!std::isnan(depth[i])) ++known;
        if (depth[i] < 0) ++negative;
    }
    if (2 * negative <= known) return "";
    return fmt::format(
        "{} of {} optical depths are negative: the reference is darker than the scan; check its pulses and "
        "/entry/reference/filter_transmission",
        negative, known);
}

}  // namespace firstlight
