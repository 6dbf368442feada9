#include "kernels/corrections/time_skew.hpp"

#include <fmt/format.h>

namespace firstlight {

const ParamTable& TimeSkew::Params::table() {
    static const ParamTable t{
        boolean(&Params::apply, "apply", "use the measured delays; without effect where the scan has none")};
    return t;
}

TimeSkew::Coefficients TimeSkew::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    if (!params.apply || scan.t0_map_s.empty()) return {};
    const std::string where = scan.name + ": /entry/calibration/t0_map";
    if (static_cast<std::int64_t>(scan.t0_map_s.size()) != scan.pixels())
        throw Error(ExitCode::bad_input, fmt::format("{} has {} values", where, scan.t0_map_s.size()),
                    fmt::format("the scan has {} pixels", scan.pixels()), "measure it with the same detector");
    std::vector<float> shift;
    std::int64_t unknown = 0;
    for (const double t0_s : scan.t0_map_s) {
        unknown += std::isfinite(t0_s) ? 0 : 1;
        shift.push_back(std::isfinite(t0_s) ? static_cast<float>(t0_s / scan.bin_width_s)
                                            : std::numeric_limits<float>::quiet_NaN());
    }
    if (unknown > 0) context.warn(fmt::format("{} is not finite in {} pixels: they are flagged noisy", where, unknown));
    return {context.keep.keep(shift)};
}

void TimeSkew::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) fill(tile, c, i);
}

}  // namespace firstlight
