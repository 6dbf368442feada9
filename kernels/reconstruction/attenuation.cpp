#include "kernels/reconstruction/attenuation.hpp"

#include <fmt/format.h>

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

// E / E_R of a pixel.
double exposure_ratio(const Attenuation::Params& params, const StageContext& context, std::int64_t pixel) {
    if (params.exposure == Attenuation::Exposure::equal) return 1;
    const Scan& scan = context.scan;
    const double own = scan.pulses_at(context.view, pixel);
    const double reference = scan.reference_pulses_at(context.view, pixel);
    for (const auto& [pulses, path] :
         {std::pair{own, "/entry/exposure/pulses"}, std::pair{reference, "/entry/reference/pulses"}})
        if (!(pulses > 0))
            throw Error(ExitCode::bad_input, fmt::format("{}: {} is missing or not positive", scan.name, path),
                        "the optical depth compares counts per laser pulse of scan and reference",
                        "add it, or set --attenuation.exposure equal where both had the same number of pulses");
    return own / reference;
}

double gate_ratio(const StageContext& context) {
    if (context.shared == nullptr) return 1;
    const auto own = context.shared->find("gate_share");
    const auto reference = context.shared->find("reference.gate_share");
    if (own == context.shared->end() || reference == context.shared->end() || !(reference->second > 0)) return 1;
    return own->second / reference->second;
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
    const ImageTile* images = context.reference_images;
    const bool there = images != nullptr && images->layer(Layer::ballistic) != nullptr &&
                       images->layer(Layer::ballistic_sigma) != nullptr;
    if (!there) {
        const std::string problem = scan.name + ": there is no gated image of a reference scan";
        const char* why = "optical depth compares the scan with /entry/reference";
        if (params.reference == Reference::required)
            throw Error(ExitCode::bad_input, problem, why, "add a reference, or set --attenuation.reference automatic");
        context.warn(problem + " (" + why + "): optical depths are left out");
        return {};
    }
    if (images->rows != scan.rows || images->columns != scan.columns)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the reference is {} x {} pixels, the scan {} x {}", scan.name, images->rows,
                                images->columns, scan.rows, scan.columns),
                    "they are compared pixel by pixel", "take the reference with the size of the scan");
    const double gates = gate_ratio(context);
    std::vector<float> open(static_cast<std::size_t>(scan.pixels()), std::numeric_limits<float>::quiet_NaN());
    std::vector<float> variance(open.size());
    for (std::int64_t p = 0; p < scan.pixels(); ++p) {
        const double r = static_cast<double>(images->layer(Layer::ballistic)[p]);
        const double sigma = static_cast<double>(images->layer(Layer::ballistic_sigma)[p]);
        const double ratio = exposure_ratio(params, context, p);
        if (!(r > params.detection_sigma * sigma) || !(r > 0)) continue;
        open[static_cast<std::size_t>(p)] = static_cast<float>(r * ratio * gates / scan.filter_transmission);
        variance[static_cast<std::size_t>(p)] = static_cast<float>(sigma * sigma / (r * r));
    }
    Coefficients c;
    c.open = context.keep.keep(open);
    c.open_variance = context.keep.keep(variance);
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
