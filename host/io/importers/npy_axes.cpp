#include "host/io/importers/npy_axes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "host/io/read_only_file.hpp"
#include "host/io/toml_table.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint64_t longest_file = 8 << 20;
constexpr double ps = 1e-12, ns = 1e-9, nm = 1e-9, mm = 1e-3, per_mm = 1e3, degree = 0.017453292519943295;

toml::table parse(const std::filesystem::path& path) {
    const ReadOnlyFile file(path);
    if (file.size() > longest_file)
        throw Error(ExitCode::bad_input, fmt::format("{}: has {} bytes", file.name(), file.size()),
                    "a description of axes is short", "name the TOML file");
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    file.read(0, text.data(), text.size());
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& e) {
        throw Error(ExitCode::bad_input, fmt::format("{}: line {} is no TOML", path.string(), e.source().begin.line),
                    std::string(e.description()));
    }
}

std::vector<double> scaled(TomlTable& table, const char* key, double unit) {
    if (!table.has(key)) return {};
    std::vector<double> values = table.numbers(key);
    for (double& value : values) {
        if (!std::isfinite(value)) table.refuse(key, "numbers that are finite");
        value *= unit;
    }
    return values;
}

std::optional<double> quantity(TomlTable& table, const char* key, double unit, double least, double most) {
    if (!table.has(key)) return std::nullopt;
    return table.number(key, 0, least, most) * unit;
}

std::vector<std::string> axes_of(TomlTable& table) {
    static const std::vector<std::string> known{"view", "y", "x", "t", "gate"};
    std::vector<std::string> axes = table.texts("axes");
    bool time = false;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const bool once = std::find(axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(i), axes[i]) ==
                          axes.begin() + static_cast<std::ptrdiff_t>(i);
        const bool is_time = axes[i] == "t" || axes[i] == "gate";
        if (std::find(known.begin(), known.end(), axes[i]) == known.end() || !once || (is_time && time))
            table.refuse("axes",
                         fmt::format("each of {} at most once, and t or gate but not both", fmt::join(known, ", ")));
        time = time || is_time;
    }
    if (!time) table.refuse("axes", "an axis t (histograms) or gate (frames of a gated camera)");
    return axes;
}

// A file beside or below the TOML file: a description from elsewhere shall not make the program open others.
std::filesystem::path neighbour(TomlTable& table, const char* key, const std::filesystem::path& folder) {
    if (!table.has(key)) return {};
    const std::filesystem::path name = table.text(key);
    if (name.empty() || name.is_absolute() || std::find(name.begin(), name.end(), "..") != name.end())
        table.refuse(key, "the name of a file in the folder of the TOML file or below");
    return folder / name;
}

void read_options(TomlTable& table, const ImportRequest& request, NpyAxes& out) {
    out.options = request.options;
    ImportOptions said;
    ParamTable params;
    for (const Param& param : ImportOptions::table())
        if (std::find(npy_option_names().begin(), npy_option_names().end(), param.name) != npy_option_names().end() &&
            param.name != "scan_size_m" && param.name != "axes")
            params.push_back(param);
    table.parameters(params, &said);
    for (const Param& param : params)
        if (table.has(param.name) && request.options.given.count(param.name) == 0) {
            param.set(&out.options, param.get(&said));
            out.options.given.insert(param.name);
        }
    if (table.has("scan_size_m")) {
        const std::vector<double> size = table.one_or_two("scan_size_m");
        if (request.options.scan_size_m.empty())
            out.options.scan_size_m = fmt::format("{:.17g},{:.17g}", size[0], size[1]);
    }
}

}  // namespace

const std::vector<std::string>& npy_option_names() {
    static const std::vector<std::string> names{"axes",          "bin_width_ps",  "first_bin_ps",       "scan_size_m",
                                                "light_path",    "exposure_s",    "repetition_rate_hz", "gate_step_ps",
                                                "first_gate_ps", "gate_width_ps", "bit_depth"};
    return names;
}

NpyAxes read_npy_axes(const std::filesystem::path& path, const ImportRequest& request) {
    const toml::table parsed = parse(path);
    const std::filesystem::path folder = path.parent_path();
    TomlTable table(&parsed, path.string() + ":");
    NpyAxes out;
    out.axes = axes_of(table);
    read_options(table, request, out);
    out.title = table.text("title", "");
    out.x_m = scaled(table, "x_mm", mm);
    out.y_m = scaled(table, "y_mm", mm);
    out.view_rad = scaled(table, "view_deg", degree);
    out.gate_delay_s = scaled(table, "gate_delay_ps", ps);
    if (table.has("pulses")) {
        out.pulses = table.is_list("pulses") ? table.numbers("pulses") : std::vector<double>{table.number("pulses")};
        if (!std::all_of(out.pulses.begin(), out.pulses.end(), [](double p) { return p > 0 && std::isfinite(p); }))
            table.refuse("pulses", "laser pulses of a pixel: a number above 0, or one for each view");
    }
    constexpr double any = 1e300;
    out.arrival_s = quantity(table, "arrival_ps", ps, -1e12, 1e12);
    out.wavelength_m = quantity(table, "wavelength_nm", nm, 1, 1e6);
    out.standoff_m = quantity(table, "standoff_mm", mm, -1e9, 1e9);
    out.dead_time_s = quantity(table, "dead_time_ns", ns, 0, 1e9);
    out.irf = neighbour(table, "irf", folder);
    out.irf_bin_width_s = quantity(table, "irf_bin_width_ps", ps, 1e-3, 1e9).value_or(0);
    out.irf_first_s = quantity(table, "irf_first_ps", ps, -1e12, 1e12);
    out.reference = neighbour(table, "reference", folder);
    out.reference_pulses = quantity(table, "reference_pulses", 1, 1e-300, any);
    out.filter_transmission = quantity(table, "filter_transmission", 1, 1e-300, 1).value_or(1);
    TomlTable medium = table.table("medium");
    out.medium.thickness_m = quantity(medium, "thickness_mm", mm, 0, 1e9);
    out.medium.refractive_index = quantity(medium, "refractive_index", 1, 1, 10);
    out.medium.mu_s_per_m = quantity(medium, "mu_s_per_mm", per_mm, 0, 1e9);
    out.medium.mu_s_prime_per_m = quantity(medium, "mu_s_prime_per_mm", per_mm, 0, 1e9);
    out.medium.mu_a_per_m = quantity(medium, "mu_a_per_mm", per_mm, 0, 1e9);
    out.medium.g = quantity(medium, "g", 1, -1, 1);
    medium.refuse_unknown();
    table.refuse_unknown();

    const auto without_effect = [&](const char* key, const char* needs, bool used) {
        if (parsed.contains(key) && !used)
            throw Error(ExitCode::bad_input, fmt::format("{}: {} has no effect", path.string(), key),
                        fmt::format("it matters only with {}", needs), "leave it out");
    };
    const auto has_axis = [&](const char* axis) {
        return std::find(out.axes.begin(), out.axes.end(), axis) != out.axes.end();
    };
    for (const char* key : {"irf_bin_width_ps", "irf_first_ps"}) without_effect(key, "irf", !out.irf.empty());
    for (const char* key : {"reference_pulses", "filter_transmission"})
        without_effect(key, "reference", !out.reference.empty());
    for (const char* key : {"bin_width_ps", "first_bin_ps"}) without_effect(key, "an axis t", has_axis("t"));
    for (const char* key : {"gate_step_ps", "first_gate_ps", "gate_width_ps", "gate_delay_ps", "bit_depth"})
        without_effect(key, "an axis gate", has_axis("gate"));
    without_effect("gate_step_ps", "delays that are even, not with gate_delay_ps", !parsed.contains("gate_delay_ps"));
    without_effect("view_deg", "an axis view", has_axis("view"));
    without_effect("scan_size_m", "neither x_mm nor y_mm", out.x_m.empty() && out.y_m.empty());
    return out;
}

}  // namespace firstlight
