#include "kernels/corrections/bin_nonlinearity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace firstlight {

const ParamTable& BinNonlinearity::Params::table() {
    static const ParamTable t{
        boolean(&Params::apply, "apply", "use the measured bin widths; without effect where the scan has none")};
    return t;
}

BinNonlinearity::Coefficients BinNonlinearity::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    const std::vector<double>& widths = scan.bin_width_correction;
    if (!params.apply || widths.empty()) return {};
    const std::string where = scan.name + ": /entry/calibration/bin_width_correction";
    if (static_cast<std::int64_t>(widths.size()) != scan.bins)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} values", where, widths.size()),
                    fmt::format("there are {} bins", scan.bins), "measure it with the scan's time axis");
    double sum = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (!(widths[i] > 0) || !std::isfinite(widths[i]))
            throw Error(ExitCode::bad_input, fmt::format("{}[{}] is {}", where, i, widths[i]),
                        "the width of a bin is positive", "repair it, or use --bin_nonlinearity.apply false");
        sum += widths[i];
    }
    const double mean = sum / static_cast<double>(scan.bins);
    if (std::abs(mean - 1) > 1e-3)
        context.warn(fmt::format("{} has a mean of {:.6g}, not 1: it was divided by that", where, mean));
    std::vector<float> edges(widths.size() + 1, 0.0F);
    double edge = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        edge += widths[i] / mean;
        edges[i + 1] = static_cast<float>(edge);
    }
    edges.back() = static_cast<float>(scan.bins);
    return {context.keep.keep(edges)};
}

void BinNonlinearity::on_cpu(const TraceTile& tile, const Coefficients& c) {
    if (c.edges != nullptr && tile.model.edges != nullptr) std::copy_n(c.edges, tile.counts.bins + 1, tile.model.edges);
    if (tile.effect != nullptr) std::fill_n(tile.effect, tile.counts.traces, 0.0F);
}

}  // namespace firstlight
