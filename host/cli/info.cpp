// firstlight info: what a file holds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/cli/calibration_report.hpp"
#include "host/cli/command.hpp"
#include "host/cli/console.hpp"
#include "host/cli/result_report.hpp"
#include "host/io/file_kind.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight::cli {
namespace {

struct InfoOptions {
    std::string path;
    bool json = false;
};

const char* path_name(LightPath path) {
    switch (path) {
        case LightPath::transmission: return "transmission";
        case LightPath::reflection: return "reflection";
        default: return "confocal";
    }
}

const char* kind_name(ScanKind kind) {
    switch (kind) {
        case ScanKind::histogram: return "histograms";
        case ScanKind::gated: return "gated frames";
        default: return "photon events";
    }
}

std::string range_of(const std::vector<double>& values, double factor, const char* unit) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low == *high) return fmt::format("{:.6g} {}", *low * factor, unit);
    return fmt::format("{:.6g} to {:.6g} {}", *low * factor, *high * factor, unit);
}

Facts gate_facts(const Scan& scan) {
    if (scan.gates.empty()) return {};
    const GateAxis& gates = scan.gates;
    std::vector<double> steps;
    for (std::size_t i = 1; i < gates.delay_s.size(); ++i) steps.push_back(gates.delay_s[i] - gates.delay_s[i - 1]);
    Facts facts{{"gates", fmt::format("{} at delays of {} to {}", gates.delay_s.size(),
                                      readable_ps(gates.delay_s.front()), readable_ps(gates.delay_s.back()))},
                {"gate steps", range_of(steps, 1e12, "ps")},
                {"gate width", range_of(gates.width_s, 1e12, "ps")},
                {"frame exposure", range_of(gates.exposure_s, 1, "s")}};
    if (gates.bit_depth > 0) facts.emplace_back("bit depth", fmt::format("{}", gates.bit_depth));
    facts.emplace_back("saturated from", fmt::format("{:.10g} counts{}", saturation_of(gates, scan.type),
                                                     gates.saturation_count > 0 ? "" : " (not said in the file)"));
    return facts;
}

// What a scan says besides its counts; what it does not say is left out.
Facts calibration_facts(const AcquisitionFile& file) {
    const Scan& scan = file.scan();
    const AcquisitionInfo& about = file.info();
    Facts facts;
    const auto number = [&](const char* name, const std::optional<double>& value, double factor, const char* unit) {
        if (value) facts.emplace_back(name, fmt::format("{:.6g} {}", *value * factor, unit));
    };
    if (!scan.pulses.empty()) facts.emplace_back("pulses", range_of(scan.pulses, 1, "per pixel"));
    if (!scan.exposure_s.empty()) facts.emplace_back("exposure", range_of(scan.exposure_s, 1, "s"));
    number("repetition rate", scan.repetition_rate_hz, 1e-6, "MHz");
    number("wavelength", scan.wavelength_m, 1e9, "nm");
    number("dead time", scan.dead_time_s, 1e9, "ns");
    number("thickness", scan.medium.thickness_m, 1e3, "mm");
    number("refractive index", scan.medium.refractive_index, 1, "");
    number("scattering", scan.medium.mu_s_per_m, 1e-3, "per mm");
    number("absorption", scan.medium.mu_a_per_m, 1e-3, "per mm");
    if (!scan.irf.empty())
        facts.emplace_back(
            "response",
            fmt::format("{} samples{}{}", scan.irf.time_s.empty() ? scan.irf.values.size() : scan.irf.time_s.size(),
                        scan.irf.time_s.size() > 1
                            ? fmt::format(" of {:.4g} ps", 1e12 * (scan.irf.time_s[1] - scan.irf.time_s[0]))
                            : "",
                        scan.irf.per_pixel ? " per pixel" : ""));
    if (scan.arrival_s) facts.emplace_back("arrival", readable_ps(*scan.arrival_s));
    if (!scan.t0_map_s.empty()) facts.emplace_back("time skew", range_of(scan.t0_map_s, 1e12, "ps"));
    if (!scan.dark_rate_hz.empty()) facts.emplace_back("dark counts", range_of(scan.dark_rate_hz, 1, "Hz"));
    if (!scan.flat.empty()) facts.emplace_back("flat field", range_of(scan.flat, 1, ""));
    if (!scan.bin_width_correction.empty())
        facts.emplace_back("bin widths", range_of(scan.bin_width_correction, 1, "of nominal"));
    if (!scan.pixel_mask.empty())
        facts.emplace_back("masked pixels",
                           fmt::format("{}", std::count_if(scan.pixel_mask.begin(), scan.pixel_mask.end(),
                                                           [](std::uint8_t f) { return f != 0; })));
    if (scan.has_reference) facts.emplace_back("reference", file.describe_reference());
    if (about.frames > 0) facts.emplace_back("frames", fmt::format("{}", about.frames));
    if (file.has_truth()) facts.emplace_back("truth", "in the file (a simulated scan)");
    return facts;
}

int show_acquisition(const InfoOptions& options) {
    const AcquisitionFile file = AcquisitionFile::open(options.path, {});
    const Scan& scan = file.scan();
    const AcquisitionInfo& about = file.info();
    Facts calibration = gate_facts(scan);
    for (auto& fact : calibration_facts(file)) calibration.push_back(std::move(fact));
    if (options.json) {
        Json json{{"kind", "acquisition"},
                  {"path", options.path},
                  {"title", about.title},
                  {"uuid", about.uuid},
                  {"recorded", kind_name(scan.kind)},
                  {"light_path", path_name(scan.path)},
                  {"shape", {scan.views, scan.rows, scan.columns, scan.bins}},
                  {"bin_width_s", scan.bin_width_s},
                  {"first_bin_centre_s", scan.first_bin_centre_s},
                  {"counts", file.describe()},
                  {"has_reference", scan.has_reference},
                  {"has_truth", file.has_truth()},
                  {"warnings", file.warnings()}};
        Json& more = json["metadata"] = Json::object();
        for (const auto& [name, value] : calibration) more[name] = value;
        print_json(json);
        return 0;
    }
    Facts facts{{"acquisition", options.path}};
    if (!about.title.empty()) facts.emplace_back("title", about.title);
    if (!about.start_time.empty()) facts.emplace_back("start", about.start_time);
    if (!about.creator.empty()) facts.emplace_back("creator", about.creator);
    facts.emplace_back("recorded", kind_name(scan.kind));
    facts.emplace_back("light path", path_name(scan.path));
    facts.emplace_back("scan", scan_shape(scan));
    facts.emplace_back("stored as", file.describe());
    if (scan.gates.empty())
        facts.emplace_back("time axis", fmt::format("{} to {} (bin centres)", readable_ps(scan.time_of(0.5)),
                                                    readable_ps(scan.time_of(static_cast<double>(scan.bins) - 0.5))));
    facts.insert(facts.end(), calibration.begin(), calibration.end());
    if (!about.provenance.source_file.empty()) facts.emplace_back("made from", about.provenance.source_file);
    for (const std::string& assumption : about.provenance.assumptions) facts.emplace_back("assumed", assumption);
    print_facts(facts);
    for (const std::string& warning : file.warnings()) print_warning(warning);
    return 0;
}

int show_result(const InfoOptions& options) {
    const Result result = read_result(options.path, {});
    if (options.json) {
        Json json{{"kind", "result"}, {"path", options.path}, {"uuid", result.uuid}, {"created", result.created}};
        json.update(result_json(result));
        print_json(json);
        return 0;
    }
    Facts facts{{"result", options.path}, {"created", result.created}, {"images", images_shape(result.images)}};
    std::string layers;
    for (const ImageLayer& layer : result.images.layers)
        layers += fmt::format("{}{}{}", layers.empty() ? "" : ", ", layer.name,
                              layer.unit == "1" ? "" : " (" + layer.unit + ")");
    facts.emplace_back("layers", layers);
    if (result.volume)
        for (auto& fact : volume_facts(*result.volume)) facts.push_back(std::move(fact));
    const Facts quality = quality_facts(result);
    facts.insert(facts.end(), quality.begin(), quality.end());
    for (const InputRecord& input : result.process.inputs)
        facts.emplace_back("input", fmt::format("{} (SHA-256 {})", input.path, input.sha256));
    for (const auto& [name, value] : result.process.facts) facts.emplace_back(name, value);
    print_facts(facts);
    fmt::print("\n");
    print_stages(result.process);
    fmt::print("\n{}", result.process.recipe);
    for (const std::string& warning : result.process.warnings) print_warning(warning);
    return 0;
}

}  // namespace

void add_info(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<InfoOptions>();
    CLI::App* command = program.add_subcommand("info", "Say what an acquisition, a result or a calibration holds");
    command->add_option("FILE", options->path, "Acquisition, result or calibration")->type_name("FILE")->required();
    command->add_flag("--json", options->json, "Print one JSON object instead of text");
    command->callback([options, &line] {
        line.run = [options] {
            switch (kind_of(options->path)) {
                case FileKind::result: return show_result(*options);
                case FileKind::calibration: return show_calibration(options->path, options->json);
                default: return show_acquisition(*options);
            }
        };
    });
}

}  // namespace firstlight::cli
