#include "host/io/calibration_group.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

void read_medium_group(MetadataReader& reader, Medium& m) {
    const std::string medium = "/entry/geometry/medium/";
    m.thickness_m = reader.number(medium + "thickness", "m", 0, infinity);
    m.refractive_index = reader.number(medium + "refractive_index", "1", 0.1, 10);
    m.mu_s_per_m = reader.number(medium + "mu_s", "1/m", 0, infinity);
    m.mu_s_prime_per_m = reader.number(medium + "mu_s_prime", "1/m", 0, infinity);
    m.mu_a_per_m = reader.number(medium + "mu_a", "1/m", 0, infinity);
    m.g = reader.number(medium + "g", "1", -1, 1);
}

void read_calibration_group(MetadataReader& reader, Scan& scan) {
    Findings& findings = reader.findings();
    const std::string group = "/entry/calibration/";
    scan.irf.values = reader.array(group + "irf", "1", {{-1}, {scan.rows, scan.columns, -1}});
    findings.attempt([&] {
        if (!reader.has(group + "irf")) return;
        const std::vector<std::int64_t> shape = reader.file().shape(group + "irf");
        if (std::find(shape.begin(), shape.end(), 0) != shape.end())
            throw Error(ExitCode::bad_input, fmt::format("{}: {}irf is empty", scan.name, group),
                        fmt::format("its shape is [{}]", fmt::join(shape, ", ")), "store a response, or leave it out");
    });
    if (!scan.irf.values.empty()) {
        scan.irf.per_pixel = reader.file().shape(group + "irf").size() == 3;
        const std::int64_t k = reader.file().shape(group + "irf").back();
        scan.irf.time_s = reader.array(group + "irf_t", "s", {{k}});
        findings.attempt([&] {
            for (std::size_t i = 1; i < scan.irf.time_s.size(); ++i)
                if (!(scan.irf.time_s[i] > scan.irf.time_s[i - 1]))
                    throw Error(ExitCode::bad_input,
                                fmt::format("{}: {}irf_t does not increase at element {}", scan.name, group, i));
            if (!reader.has(group + "irf_t") && scan.kind == ScanKind::gated)
                throw Error(ExitCode::bad_input, fmt::format("{}: {}irf_t is missing", scan.name, group),
                            "the response of a gated scan is what a gate sees of a flash, by delay - arrival",
                            "store irf_t, in seconds");
            if (!reader.has(group + "irf_t") && k != scan.bins)
                throw Error(
                    ExitCode::bad_input,
                    fmt::format("{}: {}irf has {} samples, counts have {} bins", scan.name, group, k, scan.bins),
                    "without irf_t its samples would be the data's bins", "store irf_t, in seconds");
        });
    }
    scan.arrival_s = reader.number(group + "arrival", "s", -infinity, infinity);
    scan.t0_map_s = reader.array(group + "t0_map", "s", {{scan.rows, scan.columns}});
    scan.dark_rate_hz = reader.array(group + "dark_rate", "Hz", {{scan.rows, scan.columns}});
    scan.flat = reader.array(group + "flat", "1", {{scan.rows, scan.columns}});
    scan.bin_width_correction = reader.array(group + "bin_width_correction", "1", {{scan.bins}});
    findings.attempt([&] {
        for (std::size_t i = 0; i < scan.dark_rate_hz.size(); ++i)
            if (scan.dark_rate_hz[i] < 0)
                throw Error(
                    ExitCode::bad_input,
                    fmt::format("{}: {}dark_rate is {} at element {}", scan.name, group, scan.dark_rate_hz[i], i),
                    "it cannot be negative");
    });
    findings.attempt([&] {
        for (std::size_t i = 0; i < scan.bin_width_correction.size(); ++i)
            if (!(scan.bin_width_correction[i] > 0))
                throw Error(ExitCode::bad_input,
                            fmt::format("{}: {}bin_width_correction is {} at bin {}", scan.name, group,
                                        scan.bin_width_correction[i], i),
                            "widths are positive");
    });
    findings.attempt([&] {
        if (!reader.has(group + "pixel_mask")) return;
        reader.check_shape(group + "pixel_mask", {{scan.rows, scan.columns}});
        reader.check_unit(group + "pixel_mask", "1");
        scan.pixel_mask = reader.stored(group + "pixel_mask").read_bytes();
    });
}

}  // namespace firstlight
