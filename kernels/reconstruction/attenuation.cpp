#include "kernels/reconstruction/attenuation.hpp"

#include <fmt/format.h>

namespace firstlight {
namespace {

// x with (1 + erf(x / sqrt 2)) / 2 = confidence.
double normal_quantile(double confidence) {
    double low = -10;
    double high = 10;
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2.0)) < confidence ? low : high) = middle;
    }
    return low;
}

double share(const StageContext& context, const char* key) {
    if (context.shared == nullptr) return 1;
    const auto found = context.shared->find(key);
    return found == context.shared->end() || !(found->second > 0) ? 1 : found->second;
}

double pulses_of(const StageContext& context, bool reference, std::int64_t pixel) {
    const double pulses = reference ? context.scan.reference_pulses_at(context.view, pixel)
                                    : context.scan.pulses_at(context.view, pixel);
    if (!(pulses > 0))
        throw Error(ExitCode::bad_input,
                    context.scan.name + ": " + (reference ? "/entry/reference/pulses" : "/entry/exposure/pulses") +
                        " is missing or not positive",
                    "optical depth compares counts per laser pulse",
                    "write the number of pulses, or use --attenuation.exposure equal where both scans had the same");
    return pulses;
}

}  // namespace

const ParamTable& Attenuation::Params::table() {
    static const ParamTable t{
        choice(&Params::exposure, "exposure", "compare counts per laser pulse, or take both exposures as equal",
               {"pulses", "equal"}),
        choice(&Params::reference, "reference", "what to do without a reference scan: go on without optical depth, or stop",
               {"automatic", "required"}),
        real(&Params::detection_sigma, "detection_sigma", "",
             "standard deviations above 0 from which counts are a detection", 0, 100),
        real(&Params::confidence, "confidence", "", "of the limit where nothing was detected", 0.5, 0.999999),
    };
    return t;
}

Attenuation::Coefficients Attenuation::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    Coefficients c;
    c.detection_sigma = static_cast<float>(params.detection_sigma);
    c.limit_sigma = static_cast<float>(normal_quantile(params.confidence));
    c.limit_counts = static_cast<float>(-std::log1p(-params.confidence));
    const float* counts = context.reference_images == nullptr ? nullptr : context.reference_images->layer(Layer::ballistic);
    const float* sigma = context.reference_images == nullptr ? nullptr : context.reference_images->layer(Layer::ballistic_sigma);
    if (counts == nullptr || sigma == nullptr) {
        const std::string problem = scan.name + ": there is no /entry/reference";
        if (params.reference == Reference::required)
            throw Error(ExitCode::bad_input, problem, "optical depth is measured against a scan without the medium",
                        "record one, or leave attenuation.reference at automatic");
        context.warn(problem + ": no optical depth was computed");
        return c;
    }
    const double gates = share(context, "gate_share") / share(context, "reference.gate_share") / scan.filter_transmission;
    std::vector<float> full(static_cast<std::size_t>(scan.pixels()));
    std::vector<float> full_sigma(full.size());
    for (std::int64_t p = 0; p < scan.pixels(); ++p) {
        double scale = gates;
        if (params.exposure == Exposure::pulses) scale *= pulses_of(context, false, p) / pulses_of(context, true, p);
        full[static_cast<std::size_t>(p)] = static_cast<float>(scale * static_cast<double>(counts[p]));
        full_sigma[static_cast<std::size_t>(p)] = static_cast<float>(scale * static_cast<double>(sigma[p]));
    }
    c.full = context.keep.keep(full);
    c.full_sigma = context.keep.keep(full_sigma);
    return c;
}

void Attenuation::on_cpu(const ImageTile& images, const Coefficients& c) {
    for (std::int64_t p = 0; p < images.pixels(); ++p) fill(images, c, p);
}

}  // namespace firstlight
