#include "kernels/support/gate_axis.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "kernels/support/error.hpp"
#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t most_bits = 32;

void check_values(const std::vector<double>& values, std::int64_t gates, bool positive, const std::string& where,
                  const char* suggestion) {
    if (static_cast<std::int64_t>(values.size()) != gates)
        throw Error(ExitCode::bad_input, fmt::format("{} has {} values", where, values.size()),
                    fmt::format("there are {} frames", gates), "store one value per gate");
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isfinite(values[i]) || (positive && !(values[i] > 0)))
            throw Error(ExitCode::bad_input, fmt::format("{} is {} at gate {}", where, values[i], i),
                        positive ? "it must be positive" : "a time was expected", suggestion);
}

}  // namespace

void check_gates(const GateAxis& axis, std::int64_t gates, const std::string& name) {
    const std::string data = name + ": /entry/data/";
    if (gates < 2)
        throw Error(ExitCode::bad_input, fmt::format("{}frames has {} gate{}", data, gates, gates == 1 ? "" : "s"),
                    "a sweep needs at least two: one frame has no time axis", "record frames at several delays");
    check_values(axis.delay_s, gates, false, data + "gate_delay", "repair it where the file is made");
    for (std::size_t i = 1; i < axis.delay_s.size(); ++i)
        if (!(axis.delay_s[i] > axis.delay_s[i - 1]))
            throw Error(ExitCode::bad_input,
                        fmt::format("{}gate_delay does not increase at gate {}: {} s after {} s", data, i,
                                    axis.delay_s[i], axis.delay_s[i - 1]),
                        "frames are traces along the delay", "sort the frames by their delay, each delay once");
    check_values(axis.width_s, gates, true, data + "gate_width", "leave out frames whose gate never opened");
    check_values(axis.exposure_s, gates, true, data + "exposure", "leave out frames that were not exposed");
    if (!(axis.saturation_count >= 0) || !std::isfinite(axis.saturation_count))
        throw Error(ExitCode::bad_input, fmt::format("{}frames@saturation_count is {}", data, axis.saturation_count),
                    "it is a number of counts");
    if (axis.bit_depth < 0 || axis.bit_depth > most_bits)
        throw Error(ExitCode::bad_input, data + "frames@bit_depth is no number of bits",
                    fmt::format("expected 1 to {}", most_bits));
}

GateBins gate_bins(const GateAxis& axis) {
    const std::vector<double>& delay = axis.delay_s;
    const std::size_t n = delay.size();
    GateBins bins;
    bins.edges.resize(n + 1);
    for (std::size_t i = 1; i < n; ++i) bins.edges[i] = 0.5 * (delay[i - 1] + delay[i]);
    bins.edges[0] = delay[0] - 0.5 * (delay[1] - delay[0]);
    bins.edges[n] = delay[n - 1] + 0.5 * (delay[n - 1] - delay[n - 2]);
    bins.first_edge_s = bins.edges[0];
    bins.unit_s = (bins.edges[n] - bins.edges[0]) / static_cast<double>(n);
    for (double& edge : bins.edges) edge = (edge - bins.first_edge_s) / bins.unit_s;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        bins.exposure.push_back(axis.exposure_s[i] * axis.width_s[i]);
        sum += bins.exposure.back();
    }
    for (double& e : bins.exposure) e *= static_cast<double>(n) / sum;
    return bins;
}

void set_time_axis(Scan& scan) {
    const GateBins bins = gate_bins(scan.gates);
    scan.bin_width_s = bins.unit_s;
    scan.first_bin_centre_s = bins.first_edge_s + 0.5 * bins.unit_s;
}

double mean_exposure_s(const GateAxis& axis) {
    return std::accumulate(axis.exposure_s.begin(), axis.exposure_s.end(), 0.0) /
           static_cast<double>(axis.exposure_s.size());
}

double saturation_of(const GateAxis& axis, CountType type) {
    if (axis.saturation_count > 0) return axis.saturation_count;
    if (axis.bit_depth > 0) return std::ldexp(1.0, static_cast<int>(axis.bit_depth)) - 1;
    return largest_count(type);
}

}  // namespace firstlight
