#include "host/io/gated_layout.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {
namespace {

constexpr const char* data = "/entry/data/";

std::vector<double> per_gate(MetadataReader& reader, const std::string& name, const char* what) {
    const std::string path = data + name;
    if (!reader.has(path))
        throw Error(ExitCode::bad_input, fmt::format("{}: {} is missing", reader.file().name(), path),
                    fmt::format("a gated scan needs {} of every frame", what), "store one value per gate, in seconds");
    return reader.array(path, "s", {{-1}});
}

}  // namespace

const char* counts_path(ScanKind kind, bool reference) {
    if (kind == ScanKind::gated) return reference ? "/entry/reference/frames" : "/entry/data/frames";
    return reference ? "/entry/reference/counts" : "/entry/data/counts";
}

std::vector<std::string> axis_names(ScanKind kind, bool views) {
    std::vector<std::string> names = kind == ScanKind::gated ? std::vector<std::string>{"gate_delay", "y", "x"}
                                                             : std::vector<std::string>{"y", "x", "t"};
    if (views) names.insert(names.begin(), "view");
    return names;
}

void read_gate_axis(MetadataReader& reader, Scan& scan) {
    reader.findings().attempt([&] {
        GateAxis gates;
        gates.delay_s = per_gate(reader, "gate_delay", "the delay");
        gates.width_s = per_gate(reader, "gate_width", "the gate's width");
        gates.exposure_s = per_gate(reader, "exposure", "the exposure");
        const std::string frames = counts_path(ScanKind::gated, false);
        const double bits = reader.file().number(frames, "bit_depth").value_or(0);
        gates.bit_depth = bits >= 0 && bits <= 64 && bits == std::floor(bits) ? std::llround(bits) : -1;
        gates.saturation_count = reader.file().number(frames, "saturation_count").value_or(0);
        check_gates(gates, scan.bins, scan.name);
        scan.gates = gates;
        set_time_axis(scan);
    });
}

void write_gate_axis(h5::WriteFile& file, const Scan& scan) {
    const auto write = [&](const char* name, const std::vector<double>& values, const char* long_name) {
        file.dataset(std::string(data) + name, "f8", {scan.bins}, values.data(), {{}, false, "s", long_name});
    };
    write("gate_delay", scan.gates.delay_s, "delay of the gate after the laser pulse");
    write("gate_width", scan.gates.width_s, "time that the gate is open");
    write("exposure", scan.gates.exposure_s, "exposure of the frame");
    file.make_scale(std::string(data) + "gate_delay", "gate_delay");
}

void write_frame_attributes(h5::WriteFile& file, const std::string& path, const GateAxis& gates) {
    if (gates.bit_depth > 0) file.attribute(path, "bit_depth", gates.bit_depth);
    if (gates.saturation_count > 0) file.attribute(path, "saturation_count", gates.saturation_count);
}

}  // namespace firstlight
