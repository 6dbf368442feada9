#include "host/calibration/traces.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "host/io/acquisition_file.hpp"
#include "host/io/h5.hpp"
#include "host/io/importers/capture_seconds.hpp"
#include "host/io/probe.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {

TraceInput open_capture(const std::filesystem::path& path, const CaptureOptions& options) {
    if (!options.bin_width_s)
        throw Error(ExitCode::usage, path.string() + ": the file does not say how wide its time bins are",
                    "a MATLAB v7.3 capture holds counts only", "give --bin-width-ps");
    auto capture = std::make_shared<CaptureSeconds>(read_capture_seconds(path));
    TraceInput input;
    input.path = path;
    input.is_capture = true;
    input.scan.name = path.string();
    input.scan.rows = input.scan.columns = 1;
    input.scan.bins = static_cast<std::int64_t>(capture->total.size());
    input.scan.type = CountType::u4;
    input.scan.bin_width_s = *options.bin_width_s;
    input.scan.first_bin_centre_s = *options.bin_width_s / 2;
    if (options.repetition_rate_hz && !capture->seconds.empty())
        input.scan.pulses = {*options.repetition_rate_hz * static_cast<double>(capture->seconds.size())};
    else
        input.remarks.push_back(fmt::format(
            "{}: pile-up is not corrected, because {}", path.filename().string(),
            options.repetition_rate_hz ? capture->remark : std::string("--repetition-rate-hz is not given")));
    input.visit = [capture](const TraceVisitor& visitor) { visitor(0, 0, capture->total); };
    return input;
}

bool is_capture_file(const std::filesystem::path& path) {
    if (path.extension() != ".mat") return false;
    probe(path, ProbeKind::capture, OpenOptions{}.memory_limit);
    const h5::ReadFile file(path);
    return file.node("/out") != h5::Node::absent;
}

std::vector<double> live_shares(const std::vector<double>& counts, double pulses) {
    std::vector<double> live(counts.size(), 1.0);
    double alive = pulses;
    for (std::size_t i = 0; i < counts.size() && pulses > 0; ++i) {
        const double x = counts[i] / std::max(alive, 1.0);
        if (x >= 1) {  // every pulse that was left counted here: nothing is known of what came after
            for (std::size_t k = i; k < counts.size(); ++k) live[k] = std::max(alive, 1.0) / pulses;
            break;
        }
        live[i] = alive / pulses * (x > 1e-9 ? x / -std::log1p(-x) : 1 - x / 2);
        alive -= counts[i];
    }
    return live;
}

}  // namespace firstlight
