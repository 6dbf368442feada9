#include "host/io/importers/import_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

const Param& find_option(const std::string& name, const std::string& where) {
    const ParamTable& table = ImportOptions::table();
    const auto found = std::find_if(table.begin(), table.end(), [&](const Param& p) { return p.name == name; });
    if (found != table.end()) return *found;
    std::vector<std::string> names;
    for (const Param& param : table) names.push_back(param.name);
    const std::string near = nearest_name(name, names);
    throw Error(ExitCode::usage, fmt::format("{}: there is no such option of imports", where), "",
                near.empty() ? "see firstlight import --help" : fmt::format("did you mean {}?", near));
}

}  // namespace

const ParamTable& ImportOptions::table() {
    using O = ImportOptions;
    static const ParamTable table{
        real(&O::bin_width_ps, "bin_width_ps", "ps", "width of a time bin", 1e-3, 1e9).auto_is("as the file says"),
        real(&O::first_bin_ps, "first_bin_ps", "ps", "time of the first bin's centre after the laser pulse", -1e9, 1e9)
            .auto_is("as the file says, else half a bin"),
        text(&O::scan_size_m, "scan_size_m", "m", "size of the scanned area: side of a square, or height,width"),
        choice(&O::path, "light_path", "the way of the light from source to detector",
               {"auto", "transmission", "reflection", "confocal"}),
        choice(&O::record, "record", "what is written: single photons, or a histogram for each pixel",
               {"auto", "events", "histogram"}),
        real(&O::exposure_s, "exposure_s", "s", "exposure of the whole scan", 1e-12, 1e12).auto_is("as the file says"),
        real(&O::repetition_rate_hz, "repetition_rate_hz", "Hz", "laser pulses per second", 1e-6, 1e15)
            .auto_is("as the file says"),
        text(&O::response, "response", "", "file of the same format with the instrument response"),
        real(&O::response_bin_width_ps, "response_bin_width_ps", "ps", "width of a time bin of the response", 1e-3,
             1e9),
        integer(&O::rows, "rows", "", "lines of the image (0: as the file says)", 0, 1 << 20),
        integer(&O::columns, "columns", "", "pixels of a line (0: as the file says)", 0, 1 << 20),
        integer(&O::channel, "channel", "", "photons of this detector channel alone (-1: of all)", -1, 255),
        integer(&O::line_start_marker, "line_start_marker", "",
                "number of the marker that starts a line, 1 to 4 (0: as the file says)", 0, 4),
        integer(&O::line_stop_marker, "line_stop_marker", "",
                "number of the marker that ends a line, 1 to 4 (0: as the file says)", 0, 4),
        integer(&O::frame_marker, "frame_marker", "",
                "number of the marker between frames, 1 to 4 (0: as the file says)", 0, 4),
        boolean(&O::bidirectional, "bidirectional", "every second line was scanned backwards"),
        real(&O::gate_step_ps, "gate_step_ps", "ps", "delay between gates that follow one another", -1e9, 1e9)
            .auto_is("as the file says"),
        real(&O::first_gate_ps, "first_gate_ps", "ps", "delay of the first gate", -1e9, 1e9)
            .auto_is("as the file says, else 0"),
        real(&O::gate_width_ps, "gate_width_ps", "ps", "how long a gate is open", 1e-3, 1e9)
            .auto_is("as the file says"),
        integer(&O::bit_depth, "bit_depth", "", "bits of a camera's count (0: as the file says)", 0, 32),
        text(&O::axes, "axes", "", "TOML file that says what the axes of an array are"),
    };
    return table;
}

void set_import_option(ImportOptions& options, const std::string& name, const ParamValue& value,
                       const std::string& where) {
    assign(find_option(name, where), &options, value, where);
    options.given.insert(name);
}

void set_import_option(ImportOptions& options, const std::string& name, const std::string& text) {
    set_import_option(options, name, parse_param(find_option(name, name), text, name), name);
}

std::pair<double, double> scan_size(const ImportOptions& options) {
    const std::string& text = options.scan_size_m;
    if (text.empty()) return {0, 0};
    const auto length = [&](const std::string& part) {
        char* end = nullptr;
        const double value = std::strtod(part.c_str(), &end);
        if (part.empty() || *end != 0 || !(value >= 1e-9 && value <= 1e6))
            throw Error(ExitCode::usage, fmt::format("scan_size_m: \"{}\" is no size", text), "",
                        "write one length in m, or height,width from 1e-9 to 1e6 m");
        return value;
    };
    const std::size_t comma = text.find(',');
    if (comma == std::string::npos) return {length(text), length(text)};
    return {length(text.substr(0, comma)), length(text.substr(comma + 1))};
}

}  // namespace firstlight
