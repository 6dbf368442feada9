#include "host/io/importers/gates_of_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {

GatesOfStack gates_of(const ImportRequest& request, const StackText& text, std::int64_t frames,
                      std::vector<std::string>& assumptions) {
    const ImportOptions& given = request.options;
    const auto n = static_cast<std::size_t>(frames);
    GatesOfStack gates;
    std::vector<double>& delay = gates.axis.delay_s;
    double step_s = text.step_s;
    if (!std::isnan(given.gate_step_ps)) {
        if (given.gate_step_ps == 0)
            throw Error(ExitCode::usage, "gate_step_ps is 0", "gates at one delay are no sweep");
        gates.backwards = given.gate_step_ps < 0;
        step_s = std::abs(given.gate_step_ps) * 1e-12;
        assumptions.push_back(fmt::format("gates are {} ps apart, as given{}", std::abs(given.gate_step_ps),
                                          gates.backwards ? ", the last frame first" : ""));
    } else if (!text.delay_s.empty()) {
        delay = text.delay_s;
    }
    const bool no_step = delay.empty() && !(step_s > 0), no_width = std::isnan(given.gate_width_ps);
    if (no_step || no_width)
        ask_for(request,
                no_step && no_width ? "how far apart its gates are, and how long one is open"
                : no_step           ? "how far apart its gates are"
                                    : "how long a gate is open",
                no_step && no_width ? "--gate-step-ps and --gate-width-ps"
                : no_step           ? "--gate-step-ps"
                                    : "--gate-width-ps");
    if (delay.empty())
        for (std::int64_t i = 0; i < frames; ++i) delay.push_back(static_cast<double>(i) * step_s);
    if (!std::isnan(given.first_gate_ps)) {
        const double shift = given.first_gate_ps * 1e-12 - delay.front();
        for (double& d : delay) d += shift;
        assumptions.push_back(fmt::format("the first gate is at {} ps, as given", given.first_gate_ps));
    } else if (text.delay_s.empty() || step_s > 0) {
        assumptions.emplace_back("the first gate is at 0 ps");
    }
    gates.axis.width_s.assign(n, given.gate_width_ps * 1e-12);
    assumptions.push_back(fmt::format("each gate is open for {} ps, as given", given.gate_width_ps));

    gates.timed = true;
    if (!std::isnan(given.exposure_s)) {
        gates.axis.exposure_s.assign(n, given.exposure_s / static_cast<double>(frames));
        assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared evenly by {} frames", given.exposure_s, frames));
    } else if (!text.exposure_s.empty()) {
        gates.axis.exposure_s = text.exposure_s;
        if (gates.backwards) std::reverse(gates.axis.exposure_s.begin(), gates.axis.exposure_s.end());
    } else {
        gates.timed = false;
        gates.axis.exposure_s.assign(n, 1.0);
        assumptions.emplace_back("all frames are exposed for equally long, which is not known: 1 s stands for it");
    }
    gates.axis.bit_depth = given.bit_depth;
    check_gates(gates.axis, frames, request.source.string());
    return gates;
}

double largest_count_given(const ImportRequest& request, CountType type, std::vector<std::string>& assumptions) {
    const std::int64_t depth = request.options.bit_depth;
    if (depth == 0) return 0;
    const auto bits = static_cast<std::int64_t>(8 * count_size(type));
    if (depth > bits)
        throw Error(ExitCode::usage, fmt::format("bit_depth is {}", depth),
                    fmt::format("its numbers have {} bits", bits));
    assumptions.push_back(fmt::format("counts have {} bits, as given", depth));
    return std::ldexp(1.0, static_cast<int>(depth)) - 1;
}

}  // namespace firstlight
