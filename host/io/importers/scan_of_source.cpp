#include "host/io/importers/scan_of_source.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <numeric>
#include <type_traits>

#include "host/io/acquisition_writer.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

double allowed_memory(const ImportRequest& request) {
    const auto machine = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    return request.memory_bytes > 0 ? static_cast<double>(request.memory_bytes) : machine / 2;
}

void need_histogram_memory(const ImportRequest& request, const Scan& scan, std::uint64_t more_bytes,
                           const std::string& instead) {
    const double limit = allowed_memory(request);
    const double needed = static_cast<double>(scan.pixels()) * static_cast<double>(scan.bins) *
                              static_cast<double>(count_size(scan.type)) +
                          static_cast<double>(more_bytes);
    if (needed <= limit) return;
    throw Error(ExitCode::bad_input,
                fmt::format("{}: {} x {} histograms of {} bins take {:.0f} MiB", request.source.string(), scan.rows,
                            scan.columns, scan.bins, needed / 1048576),
                fmt::format("{:.0f} MiB of memory may be used", limit / 1048576),
                instead.empty() ? "use a machine with more memory" : "give " + instead);
}

void set_time_and_path(Scan& scan, AcquisitionInfo& info, const ImportRequest& request) {
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    const ImportOptions& given = request.options;
    if (std::isnan(given.first_bin_ps)) {
        scan.first_bin_centre_s = scan.bin_width_s / 2;
        assumptions.emplace_back("time 0 is the start of the first bin");
    } else {
        scan.first_bin_centre_s = given.first_bin_ps * 1e-12;
        assumptions.push_back(fmt::format("the first bin is centred at {} ps, as given", given.first_bin_ps));
    }
    set_light_path(scan, info, request);
}

void set_light_path(Scan& scan, AcquisitionInfo& info, const ImportRequest& request) {
    const ImportOptions& given = request.options;
    switch (given.path) {
        case ImportOptions::Path::reflection: scan.path = LightPath::reflection; break;
        case ImportOptions::Path::confocal: scan.path = LightPath::confocal; break;
        default: scan.path = LightPath::transmission;
    }
    if (given.path == ImportOptions::Path::as_file)
        info.provenance.assumptions.emplace_back("light path: transmission, which the file does not say");
}

ImportReport write_cube(const ImportRequest& request, const Scan& scan, const AcquisitionInfo& info,
                        const PhotonCube& cube) {
    const std::int64_t traces = cube.views * cube.rows * cube.columns;
    const std::int64_t counts =
        visit_counts({cube.counts.data(), cube.type, traces, cube.bins}, [&](const auto* first) -> std::int64_t {
            const auto* last = first + traces * cube.bins;
            if constexpr (std::is_integral_v<std::remove_cvref_t<decltype(*first)>>)
                return std::accumulate(first, last, std::int64_t{0});
            else return std::llround(std::accumulate(first, last, 0.0));
        });
    step(request, 0.5);
    WriteOptions write;
    write.force = request.force;
    AcquisitionWriter writer(request.target, scan, info, write);
    writer.write_all(cube);
    step(request, 0.9);
    writer.commit();
    return {"", scan, info.provenance.assumptions, counts, 0};
}

}  // namespace firstlight
