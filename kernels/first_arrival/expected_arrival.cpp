#include "kernels/first_arrival/expected_arrival.hpp"

#include <fmt/format.h>

#include <optional>

#include "kernels/support/matched_filter.hpp"

namespace firstlight {
namespace {

constexpr double speed_of_light_m_per_s = 299792458.0;
constexpr const char* reference_key = "reference.arrival_bins";
constexpr const char* otherwise = "or let first_arrival be matched_arrival, which finds it in the scan itself";

std::optional<double> medium_delay_bins(const Scan& scan) {
    const Medium& m = scan.medium;
    if (!m.thickness_m || !m.refractive_index) return std::nullopt;
    return (*m.refractive_index - 1) * *m.thickness_m / speed_of_light_m_per_s / scan.bin_width_s;
}

[[noreturn]] void missing(const Scan& scan, const std::string& what, const std::string& why, const std::string& add) {
    throw Error(ExitCode::bad_input, scan.name + ": " + what, why, add + ", " + otherwise);
}

double calibrated(const Scan& scan) {
    if (!scan.arrival_s)
        missing(scan, "there is no /entry/calibration/arrival", "expected_arrival.source is \"calibration\"", "add it");
    return scan.bin_of(*scan.arrival_s);
}

double from_reference(const StageContext& context) {
    if (context.shared != nullptr) {
        const auto found = context.shared->find(reference_key);
        if (found != context.shared->end()) return found->second;
    }
    missing(context.scan, "there is no /entry/reference", "the arrival is to be found in the reference scan",
            "add a reference or /entry/calibration/arrival");
}

double delay(const Scan& scan) {
    const auto bins = medium_delay_bins(scan);
    if (!bins)
        missing(scan, "/entry/geometry/medium has no thickness or no n", "the medium delays light by (n - 1) L / c",
                "add both");
    return *bins;
}

double in_reference_scan(const ExpectedArrival::Params& params, StageContext& context) {
    using Source = ExpectedArrival::Source;
    const Scan& scan = context.scan;
    if (context.sample == nullptr) {
        const double at = params.source == Source::given ? scan.bin_of(params.given_ps * 1e-12) : calibrated(scan);
        return at - medium_delay_bins(scan).value_or(0);
    }
    const PooledTrace pooled = pool_traces(scan, context.sample);
    if (scan.irf.empty()) return peak_centroid(pooled.counts);
    return find_arrival(scan, pooled, binned_response(scan), 0, static_cast<double>(scan.bins)).position;
}

double in_scan(const ExpectedArrival::Params& params, StageContext& context) {
    using Source = ExpectedArrival::Source;
    const Scan& scan = context.scan;
    switch (params.source) {
        case Source::calibration: return calibrated(scan);
        case Source::reference: return from_reference(context);
        case Source::geometry: return from_reference(context) + delay(scan);
        case Source::given: return scan.bin_of(params.given_ps * 1e-12);
        default: break;
    }
    if (scan.arrival_s) return calibrated(scan);
    if (context.shared == nullptr || context.shared->count(reference_key) == 0)
        missing(scan, "nothing tells when unscattered light arrives",
                "there is neither /entry/calibration/arrival nor a reference",
                "add one of them, set --expected_arrival.source given with given_ps");
    const auto later = medium_delay_bins(scan);
    context.warn(later ? fmt::format("{}: the arrival is the reference's plus {:.4g} ps, which the medium adds (the "
                                     "reference is taken to be without it)",
                                     scan.name, *later * scan.bin_width_s * 1e12)
                       : scan.name + ": the arrival is the reference's (thickness and n of the medium are not known)");
    return from_reference(context) + later.value_or(0);
}

}  // namespace

const ParamTable& ExpectedArrival::Params::table() {
    static const ParamTable t{
        choice(&Params::source, "source",
               "where the arrival comes from: calibration, the reference scan, the reference scan and the medium's "
               "delay, or given",
               {"automatic", "calibration", "reference", "geometry", "given"}),
        real(&Params::given_ps, "given_ps", "ps", "arrival of unscattered light on the scan's time axis", -1e9, 1e9)
            .only_if("source", "given"),
        real(&Params::offset_ps, "offset_ps", "ps", "added to the arrival, from whatever source", -1e6, 1e6),
    };
    return t;
}

Survey ExpectedArrival::survey(const Params& params, const Scan& scan) {
    const bool known = params.source == Source::given || params.source == Source::calibration ||
                       (params.source == Source::automatic && scan.arrival_s);
    return known && !scan.has_reference ? Survey::none : Survey::sample;
}

ExpectedArrival::Coefficients ExpectedArrival::prepare(const Params& params, StageContext& context) {
    const Scan& scan = context.scan;
    double arrival = 0;
    if (context.is_reference) {
        arrival = in_reference_scan(params, context);
        if (context.shared != nullptr) (*context.shared)[reference_key] = arrival;
    } else {
        arrival = in_scan(params, context);
    }
    arrival += params.offset_ps * 1e-12 / scan.bin_width_s;
    if (!(arrival >= 0 && arrival <= static_cast<double>(scan.bins)))
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: unscattered light is expected at {:.6g} ps, outside the scan", scan.name,
                                scan.time_of(arrival) * 1e12),
                    fmt::format("its time axis runs from {:.6g} ps to {:.6g} ps", scan.time_of(0) * 1e12,
                                scan.time_of(static_cast<double>(scan.bins)) * 1e12),
                    "check /entry/data/t, the arrival and expected_arrival.offset_ps");
    if (context.shared != nullptr) (*context.shared)["arrival_bins"] = arrival;
    if (context.found != nullptr) (*context.found)["arrival_ps"] = scan.time_of(arrival) * 1e12;
    return {arrival, scan.bin_width_s, scan.first_bin_centre_s};
}

void ExpectedArrival::on_cpu(const TraceTile& tile, const Coefficients& c) {
    for (std::int64_t i = 0; i < tile.counts.traces; ++i) fill(tile, c, i);
}

}  // namespace firstlight
