#include "kernels/corrections/flat_field.hpp"

#include <fmt/format.h>

#include <cmath>

namespace firstlight {

const ParamTable& FlatField::Params::table() {
    static const ParamTable t{
        boolean(&Params::apply, "apply", "use the measured sensitivities; without effect where the scan has none")};
    return t;
}

FlatField::Coefficients FlatField::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (!params.apply || scan.flat.empty()) return {};
    const std::string where = scan.name + ": /entry/calibration/flat";
    if (static_cast<std::int64_t>(scan.flat.size()) != scan.pixels())
        throw Error(ExitCode::bad_input, fmt::format("{} has {} values", where, scan.flat.size()),
                    fmt::format("the scan has {} pixels", scan.pixels()), "measure it with the same detector");
    const auto sensitive = [&](std::size_t p) { return std::isfinite(scan.flat[p]) && scan.flat[p] > 0; };
    double sum = 0;
    std::int64_t pixels = 0;
    std::int64_t dead_pixels = 0;
    for (std::size_t p = 0; p < scan.flat.size(); ++p) {
        dead_pixels += sensitive(p) ? 0 : 1;
        if (!sensitive(p) || (!scan.pixel_mask.empty() && (scan.pixel_mask[p] & masked_flags) != 0)) continue;
        sum += scan.flat[p];
        ++pixels;
    }
    if (pixels == 0)
        throw Error(ExitCode::bad_input, where + " is positive in no pixel that is not masked", "",
                    "measure it again, or use --flat_field.apply false");
    const double mean = sum / static_cast<double>(pixels);
    if (std::abs(mean - 1) > 1e-3)
        context.warn(fmt::format("{} has a mean of {:.6g}, not 1: it was divided by that", where, mean));
    if (dead_pixels > 0)
        context.warn(fmt::format("{} is not positive in {} pixels: they are flagged dead", where, dead_pixels));
    std::vector<float> gain(scan.flat.size(), 0.0F);
    for (std::size_t p = 0; p < gain.size(); ++p)
        if (sensitive(p)) gain[p] = static_cast<float>(scan.flat[p] / mean);
    return {context.keep.keep(gain)};
}

void FlatField::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) fill(tile, c, i);
}

}  // namespace firstlight
