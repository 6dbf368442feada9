#include "kernels/support/open_beam.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace firstlight {
namespace {

// E / E_R of a pixel.
double exposure_ratio(const OpenBeamRules& rules, const Scan& scan, std::int64_t view, std::int64_t pixel) {
    if (rules.equal_exposure) return 1;
    const double own = scan.pulses_at(view, pixel);
    const double reference = scan.reference_pulses_at(view, pixel);
    for (const auto& [pulses, path] :
         {std::pair{own, "/entry/exposure/pulses"}, std::pair{reference, "/entry/reference/pulses"}})
        if (!(pulses > 0))
            throw Error(
                ExitCode::bad_input, fmt::format("{}: {} is missing or not positive", scan.name, path),
                "the optical depth compares counts per laser pulse of scan and reference",
                fmt::format("add it, or set {} equal where both had the same number of pulses", rules.exposure_flag));
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

bool has_reference_image(const StageContext& context) {
    const ImageTile* images = context.reference_images;
    return images != nullptr && images->layer(Layer::ballistic) != nullptr &&
           images->layer(Layer::ballistic_sigma) != nullptr;
}

OpenBeam open_beam(const StageContext& context, std::int64_t view, const OpenBeamRules& rules) {
    const Scan& scan = context.scan;
    const ImageTile& images = *context.reference_images;
    if (images.rows != scan.rows || images.columns != scan.columns)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: the reference is {} x {} pixels, the scan {} x {}", scan.name, images.rows,
                                images.columns, scan.rows, scan.columns),
                    "they are compared pixel by pixel", "take the reference with the size of the scan");
    const double gates = gate_ratio(context);
    OpenBeam open;
    open.counts.assign(static_cast<std::size_t>(scan.pixels()), std::numeric_limits<float>::quiet_NaN());
    open.relative_variance.resize(open.counts.size());
    for (std::int64_t p = 0; p < scan.pixels(); ++p) {
        const double r = static_cast<double>(images.layer(Layer::ballistic)[p]);
        const double sigma = static_cast<double>(images.layer(Layer::ballistic_sigma)[p]);
        const double ratio = exposure_ratio(rules, scan, view, p);
        if (!(r > rules.detection_sigma * sigma) || !(r > 0)) continue;
        open.counts[static_cast<std::size_t>(p)] = static_cast<float>(r * ratio * gates / scan.filter_transmission);
        open.relative_variance[static_cast<std::size_t>(p)] = static_cast<float>(sigma * sigma / (r * r));
    }
    return open;
}

}  // namespace firstlight
