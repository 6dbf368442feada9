#include "host/io/importers/confocal_capture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/io/importers/capture_seconds.hpp"
#include "host/io/importers/importer.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "host/io/metadata_reader.hpp"
#include "host/io/probe.hpp"
#include "host/io/sha256.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr const char* format_name = "MATLAB v7.3 confocal capture";

[[noreturn]] void ask(const std::filesystem::path& path, const char* missing, const char* option) {
    throw Error(ExitCode::usage, fmt::format("{}: the file does not say {}", path.string(), missing),
                fmt::format("a {} holds counts only", format_name), fmt::format("give {}", option));
}

// The counts of a capture's `out`, up to the last bin that holds any.
std::vector<double> read_out(MetadataReader& reader) {
    reader.check_shape("/out", {{-1, 1}, {1, -1}, {-1}});
    std::vector<double> counts = reader.stored("/out").read_doubles();
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (!(counts[i] >= 0 && counts[i] <= 4294967295.0 && counts[i] == std::floor(counts[i])))
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: /out holds {} at bin {}", reader.file().name(), counts[i], i),
                        "whole counts were expected");
    while (!counts.empty() && counts.back() == 0) counts.pop_back();
    if (counts.empty()) throw Error(ExitCode::bad_input, reader.file().name() + ": /out holds no counts at all");
    return counts;
}

// Position of the highest bin, refined by the parabola through it and its neighbours.
double peak_of(const std::vector<double>& values) {
    const auto top = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
    const auto peak = static_cast<double>(top);
    if (top == 0 || top + 1 == values.size()) return peak;
    const double before = values[top - 1], at = values[top], after = values[top + 1];
    const double bend = before - 2 * at + after;
    return bend < 0 ? peak + 0.5 * (before - after) / bend : peak;
}

void set_response(Imported& out, const ConfocalOptions& options) {
    const std::filesystem::path& path = *options.response_file;
    if (!(options.response_bin_width_s > 0)) ask(path, "how wide its time bins are", "--response-bin-width-ps");
    const OpenOptions open;
    if (options.probe) probe(path, ProbeKind::capture, open.memory_limit);
    Findings findings(/*gather=*/false);
    MetadataReader reader(path, open.memory_limit, findings);
    if (!reader.has("/out"))
        throw Error(ExitCode::bad_input, path.string() + ": is no capture of an instrument response", "it has no `out`",
                    "give a calibration capture, e.g. capture_direct.mat");
    Response& irf = out.scan.irf;
    irf.values = read_out(reader);
    const double peak = peak_of(irf.values);
    for (std::size_t i = 0; i < irf.values.size(); ++i)
        irf.time_s.push_back((static_cast<double>(i) - peak) * options.response_bin_width_s);
    out.info.provenance.assumptions.push_back(fmt::format(
        "instrument response: all {} bins of `out` of {} (SHA-256 {}), {} s wide, as given; irf_t = 0 at its peak "
        "(bin {:.3f} counted from 0, vertex of a parabola), because its own time zero is not that of this scan",
        irf.values.size(), path.filename().string(), sha256_of_file(path), options.response_bin_width_s, peak));
}

void set_scene(Imported& out, MetadataReader& reader, const ConfocalOptions& options) {
    const CountDataset counts(reader.stored("/meas"));
    if (counts.has_views_axis())
        throw Error(ExitCode::bad_input, reader.file().name() + ": /meas has 4 axes", "expected meas[x, y, t]");
    if (!options.scan_size_m)
        ask(reader.file().name(), "how large the scanned area is",
            "--scan-size-m (the side of a square, or height and width)");
    for (const double size : *options.scan_size_m)
        if (!(size > 0)) throw Error(ExitCode::usage, "--scan-size-m must be positive");
    Scan& scan = out.scan;
    scan.rows = counts.columns();  // the file's axes are x, y, t
    scan.columns = counts.rows();
    scan.bins = counts.bins();
    scan.type = counts.type();
    out.cube = PhotonCube(scan.type, 1, scan.rows, scan.columns, scan.bins);
    std::vector<std::byte> stored(out.cube.counts.size());
    CountDataset::Scratch scratch;
    counts.read({0, 0, 0, counts.rows(), counts.columns(), counts.columns()}, stored.data(), scratch);
    for (std::int64_t y = 0; y < scan.rows; ++y)
        for (std::int64_t x = 0; x < scan.columns; ++x)
            std::memcpy(out.cube.trace(0, y, x),
                        stored.data() + static_cast<std::size_t>(x * scan.rows + y) * out.cube.trace_bytes(),
                        out.cube.trace_bytes());
    if (const auto bad = counts.bad_values(); bad.number > 0)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: /meas holds {} negative or not finite counts", reader.file().name(), bad.number),
                    fmt::format("one is at y {}, x {}, bin {}", bad.first[2], bad.first[1], bad.first[3]));
    scan.y_m = cell_centres(scan.rows, (*options.scan_size_m)[0]);
    scan.x_m = cell_centres(scan.columns, (*options.scan_size_m)[1]);
    out.info.scan_size_m = {(*options.scan_size_m)[0], (*options.scan_size_m)[1]};
    out.info.provenance.assumptions.push_back(
        fmt::format("scan size {} m x {} m (y, x), as given; pixels are evenly spaced cells of it, centred on 0",
                    (*options.scan_size_m)[0], (*options.scan_size_m)[1]));
    out.info.provenance.assumptions.emplace_back(
        "axes of meas are [x, y, t] as HDF5 shows them, so that what was scanned stands upright");
}

void set_trace(Imported& out, MetadataReader& reader) {
    const std::vector<double> counts = read_out(reader);
    Scan& scan = out.scan;
    scan.rows = scan.columns = 1;
    scan.bins = static_cast<std::int64_t>(counts.size());
    scan.type = CountType::u4;
    out.cube = PhotonCube(CountType::u4, 1, 1, 1, scan.bins);
    auto* to = reinterpret_cast<std::uint32_t*>(out.cube.counts.data());
    for (std::size_t i = 0; i < counts.size(); ++i) to[i] = static_cast<std::uint32_t>(counts[i]);
    out.info.provenance.assumptions.push_back(fmt::format(
        "`out` is one trace; its {} bins up to the last that holds counts are kept, empty ones before it too",
        scan.bins));
}

}  // namespace

void read_capture_tables(const std::filesystem::path& path, const OpenOptions& options) {
    Findings findings(/*gather=*/false);
    const MetadataReader reader(path, options.memory_limit, findings);
    for (const char* name : {"/meas", "/out"})
        if (reader.has(name)) (void)reader.stored(name);
    read_second_tables(reader);
}

Imported import_confocal_capture(const std::filesystem::path& path, const ConfocalOptions& options) {
    const OpenOptions open;
    if (options.probe) probe(path, ProbeKind::capture, open.memory_limit);
    Findings findings(/*gather=*/false);
    MetadataReader reader(path, open.memory_limit, findings);
    const bool scene = reader.has("/meas");
    if (!scene && !reader.has("/out"))
        throw Error(
            ExitCode::bad_input, fmt::format("{}: is no {}", path.string(), format_name),
            fmt::format("expected `meas` or `out`, found [{}]", fmt::join(reader.file().children("/", 10), ", ")),
            "see `firstlight import --help` for other formats");
    if (!options.bin_width_s) ask(path, "how wide its time bins are", "--bin-width-ps");
    if (!(*options.bin_width_s > 0)) throw Error(ExitCode::usage, "--bin-width-ps must be positive");

    Imported out;
    Provenance& provenance = out.info.provenance;
    provenance.source_file = path.filename().string();
    provenance.source_format = format_name;
    provenance.converter = "firstlight import";
    provenance.command = options.command;
    out.info.title = path.stem().string();
    out.scan.name = path.string();
    out.scan.path = LightPath::confocal;
    out.scan.bin_width_s = *options.bin_width_s;
    out.scan.first_bin_centre_s = *options.bin_width_s / 2;
    provenance.assumptions.push_back(
        fmt::format("bin width {} s, as given; time 0 is the start of the first bin", *options.bin_width_s));
    provenance.assumptions.emplace_back("light path: confocal, as of all captures of this format");
    if (scene) set_scene(out, reader, options);
    else set_trace(out, reader);
    provenance.source_sha256 = sha256_of_file(path);

    Scan& scan = out.scan;
    scan.repetition_rate_hz = options.repetition_rate_hz;
    if (options.exposure_s) {
        scan.exposure_s = {*options.exposure_s / static_cast<double>(scan.pixels())};
        provenance.assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared evenly by {} pixels", *options.exposure_s, scan.pixels()));
        if (options.repetition_rate_hz) scan.pulses = {scan.exposure_s[0] * *options.repetition_rate_hz};
    }
    if (options.response_file) set_response(out, options);
    return out;
}

namespace {

// MATLAB's HDF5 files begin with 512 bytes of their own that say so.
bool is_capture(const std::filesystem::path&, std::span<const std::byte> head) {
    constexpr std::string_view signature = "MATLAB 7.3 MAT-file";
    return head.size() >= signature.size() && std::memcmp(head.data(), signature.data(), signature.size()) == 0;
}

ImportReport import_capture(const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const auto known = [](double value) { return std::isnan(value) ? std::nullopt : std::optional<double>(value); };
    ConfocalOptions options;
    if (!std::isnan(given.bin_width_ps)) options.bin_width_s = given.bin_width_ps * 1e-12;
    if (const auto [height, width] = scan_size(given); height > 0) options.scan_size_m = {height, width};
    if (!given.response.empty()) options.response_file = given.response;
    options.response_bin_width_s = given.response_bin_width_ps * 1e-12;
    options.exposure_s = known(given.exposure_s);
    options.repetition_rate_hz = known(given.repetition_rate_hz);
    options.command = request.command;
    options.probe = request.probe;
    const Imported in = import_confocal_capture(request.source, options);
    return write_cube(request, in.scan, in.info, in.cube);
}

}  // namespace

Importer confocal_capture_importer() {
    return {"confocal-capture",
            "MATLAB v7.3 confocal captures",
            {".mat"},
            {"bin_width_ps", "scan_size_m", "response", "response_bin_width_ps", "exposure_s", "repetition_rate_hz"},
            is_capture,
            import_capture};
}

}  // namespace firstlight
