#include "host/io/acquisition_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "host/data/axis.hpp"
#include "host/io/calibration_group.hpp"
#include "host/io/gated_layout.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tiny = std::numeric_limits<double>::min();

std::string looks_like(const h5::ReadFile& file) {
    if (file.node("/photon_data") != h5::Node::absent) return "it looks like Photon-HDF5";
    if (file.node("/meas") != h5::Node::absent || file.node("/out") != h5::Node::absent)
        return "it looks like a MATLAB v7.3 capture";
    if (file.node("/H") != h5::Node::absent) return "it looks like a tal capture";
    return "another program wrote it";
}

std::string lengths_hint(std::int64_t t, const std::vector<std::int64_t>& shape) {
    for (std::size_t i = 0; i + 1 < shape.size(); ++i)
        if (shape[i] == t) return "the time axis seems not to be the last one: store counts as [y, x, t], t fastest";
    return "store one bin centre per time bin";
}

CountDataset::Order order_of(ScanKind kind) {
    return kind == ScanKind::gated ? CountDataset::Order::frames : CountDataset::Order::traces;
}

}  // namespace

std::string check_format(MetadataReader& reader, const std::string& format) {
    const h5::ReadFile& file = reader.file();
    const std::string found = file.text("/", "firstlight_format").value_or("");
    if (found.empty())
        throw Error(ExitCode::bad_input, fmt::format("{}: is not a firstlight {}", file.name(), format),
                    fmt::format("attribute firstlight_format is missing; {}", looks_like(file)),
                    "convert it with `firstlight import`");
    if (found != format)
        throw Error(ExitCode::bad_input, fmt::format("{}: is a firstlight {}", file.name(), found),
                    fmt::format("expected {} {}", format == "acquisition" ? "an" : "a", format),
                    found == "result" ? "give the scan it was made from" : "");
    const std::string version = file.text("/", "firstlight_version").value_or("");
    int major = 0, minor = 0;
    if (std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2)
        throw Error(ExitCode::bad_input, fmt::format("{}: firstlight_version is \"{}\"", file.name(), version),
                    "expected a version such as 1.0.0");
    if (major > 1)
        throw Error(ExitCode::bad_input, fmt::format("{}: is of format version {}", file.name(), version),
                    "this program reads version 1", "use a newer firstlight");
    if (major == 1 && minor > 0)
        reader.findings().warn(fmt::format("{}: is of format version {}, newer than 1.0; what is new in it is ignored",
                                           file.name(), version));
    return version;
}

AcquisitionReader::AcquisitionReader(const std::filesystem::path& path, const OpenOptions& options, Findings& findings)
    : reader_(path, options.memory_limit, findings), findings_(findings) {
    out_.path_ = path;
    out_.options_ = options;
    out_.scan_.name = path.string();
}

AcquisitionFile AcquisitionReader::read() {
    // Nothing else makes sense where these fail.
    read_root();
    read_kind_and_path();
    if (out_.scan_.kind == ScanKind::events) {
        read_events();
        read_event_time_axis();
    } else {
        read_counts();
        check_axes();
        read_time_axis();
    }
    read_pixel_axes();
    read_exposure();
    read_instrument();
    read_geometry();
    read_calibration();
    read_reference();
    read_truth();
    read_provenance();
    return std::move(out_);
}

void AcquisitionReader::read_root() {
    out_.info_.format_version = check_format(reader_, "acquisition");
    out_.info_.creator = reader_.attribute("/", "creator");
    out_.info_.created = reader_.attribute("/", "created");
    out_.info_.uuid = reader_.attribute("/", "uuid");
    if (reader_.file().node("/entry") != h5::Node::group)
        throw Error(ExitCode::bad_input, reader_.file().name() + ": /entry is missing");
    out_.info_.title = reader_.attribute("/entry", "title");
    out_.info_.start_time = reader_.attribute("/entry", "start_time");
}

void AcquisitionReader::read_kind_and_path() {
    const std::string& name = reader_.file().name();
    const std::string kind = reader_.attribute("/entry", "kind"), path = reader_.attribute("/entry", "path");
    if (kind == "gated") out_.scan_.kind = ScanKind::gated;
    else if (kind == "events") out_.scan_.kind = ScanKind::events;
    else if (kind != "histogram")
        throw Error(ExitCode::bad_input, fmt::format("{}: /entry@kind is \"{}\"", name, kind),
                    "expected \"histogram\", \"events\" or \"gated\"", "say which it is");
    findings_.attempt([&] {
        if (path == "transmission") out_.scan_.path = LightPath::transmission;
        else if (path == "reflection") out_.scan_.path = LightPath::reflection;
        else if (path == "confocal") out_.scan_.path = LightPath::confocal;
        else
            throw Error(ExitCode::bad_input, fmt::format("{}: /entry@path is \"{}\"", name, path),
                        "expected transmission, reflection or confocal", "say how the light went");
    });
}

void AcquisitionReader::read_counts() {
    const std::string& name = reader_.file().name();
    const bool gated = out_.scan_.kind == ScanKind::gated;
    const std::string path = counts_path(out_.scan_.kind, false);
    if (reader_.file().node(path) != h5::Node::dataset)
        throw Error(ExitCode::bad_input, fmt::format("{}: {} is missing", name, path),
                    fmt::format("a {} acquisition needs it", gated ? "gated" : "histogram"));
    out_.counts_ = std::make_unique<CountDataset>(reader_.stored(path), order_of(out_.scan_.kind));
    const CountDataset& counts = *out_.counts_;
    if (!counts.conversion().empty()) findings_.warn(counts.conversion());
    Scan& scan = out_.scan_;
    scan.views = counts.views();
    scan.rows = counts.rows();
    scan.columns = counts.columns();
    scan.bins = counts.bins();
    scan.type = counts.type();
    scan.has_views_axis = counts.has_views_axis();
}

void AcquisitionReader::check_axes() {
    findings_.attempt([&] {
        const std::vector<std::string> found = reader_.file().texts("/entry/data", "axes");
        if (found.empty()) return;
        const bool gated = out_.scan_.kind == ScanKind::gated;
        const std::vector<std::string> expected = axis_names(out_.scan_.kind, out_.scan_.has_views_axis);
        bool same = found.size() == expected.size();
        for (std::size_t i = 0; same && i < found.size(); ++i)
            same = found[i] == expected[i] || found[i] == "." || (found[i] == "gate" && expected[i] == "gate_delay");
        if (!same)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: the axes of {} are [{}]", reader_.file().name(),
                                    counts_path(out_.scan_.kind, false), fmt::join(found, ", ")),
                        fmt::format("expected [{}]", fmt::join(expected, ", ")),
                        gated ? "transpose the frames so that y and x are the last axes"
                              : "transpose the counts so that t is the last axis");
    });
}

void AcquisitionReader::read_time_axis() {
    Scan& scan = out_.scan_;
    if (scan.kind == ScanKind::gated) return read_gate_axis(reader_, scan);
    const std::string where = reader_.file().name() + ": /entry/data/t";
    findings_.attempt([&] {
        if (!reader_.has("/entry/data/t"))
            throw Error(ExitCode::bad_input, where + " is missing", "the centres of the time bins are needed",
                        "store them in seconds");
        const std::vector<std::int64_t> shape = reader_.file().shape("/entry/data/t");
        const std::vector<std::int64_t> counts = out_.counts_
                                                     ? out_.counts_->stored().layout().shape
                                                     : MetadataReader::Shape{scan.rows, scan.columns, scan.bins};
        if (shape.size() != 1 || shape[0] != scan.bins)
            throw Error(ExitCode::bad_input, fmt::format("{} has shape [{}]", where, fmt::join(shape, ", ")),
                        fmt::format("expected [{}], the last axis of counts [{}]", scan.bins, fmt::join(counts, ", ")),
                        lengths_hint(shape.empty() ? -1 : shape[0], counts));
        std::vector<double> t = reader_.array("/entry/data/t", "s", {{scan.bins}});
        if (t.empty()) return;
        double width = 0;
        if (scan.bins > 1) {
            width = (t.back() - t.front()) / static_cast<double>(scan.bins - 1);
        } else {
            const std::vector<double> edges = reader_.array("/entry/data/t_edges", "s", {{2}});
            if (edges.empty())
                throw Error(ExitCode::bad_input, where + " has one bin", "its width is unknown", "store t_edges[2]");
            width = edges[1] - edges[0];
        }
        if (!(width > 0)) throw Error(ExitCode::bad_input, where + " does not increase");
        // Single precision centres of a late window are that uneven.
        const double tolerance = 0.01 * width + 1e-6 * std::abs(t.back());
        for (std::size_t i = 0; i < t.size(); ++i)
            if (std::abs(t[i] - (t.front() + static_cast<double>(i) * width)) > std::min(tolerance, 0.25 * width))
                throw Error(ExitCode::bad_input, fmt::format("{} is not uniform at bin {}", where, i),
                            fmt::format("found {} s, expected {} s", t[i], t.front() + static_cast<double>(i) * width),
                            "rebin the histograms; uneven bins of a converter belong into "
                            "/entry/calibration/bin_width_correction");
        if (const auto exact = reader_.file().number("/entry/data/t", "bin_width")) {
            const double apart =
                std::abs(*exact - width) * static_cast<double>(std::max<std::int64_t>(scan.bins - 1, 1));
            if (!(apart <= std::min(tolerance, 0.25 * width)))
                throw Error(ExitCode::bad_input, fmt::format("{}@bin_width is {} s", where, *exact),
                            fmt::format("the centres are {} s apart", width), "repair it, or leave it out");
            width = *exact;
        }
        scan.bin_width_s = width;
        scan.first_bin_centre_s = t.front();
    });
}

void AcquisitionReader::read_pixel_axes() {
    Scan& scan = out_.scan_;
    const auto positions_of = [&](const char* path, const char* unit, std::int64_t n) {
        std::vector<double> none;
        bool is_index = false;  // only numbers the pixels
        findings_.attempt(
            [&] { is_index = reader_.has(path) && reader_.file().text(path, "units").value_or(unit) == "1"; });
        return is_index ? none : reader_.array(path, unit, {{n}});
    };
    scan.x_m = positions_of("/entry/data/x", "m", scan.columns);
    scan.y_m = positions_of("/entry/data/y", "m", scan.rows);
    if (scan.has_views_axis) scan.view_angle_rad = positions_of("/entry/data/view", "rad", scan.views);
}

std::vector<double> AcquisitionReader::per_pixel_or_view(const std::string& path, const std::string& unit) {
    const Scan& scan = out_.scan_;
    std::vector<MetadataReader::Shape> shapes{{}, {scan.rows, scan.columns}};
    if (scan.has_views_axis) shapes.insert(shapes.begin() + 1, {scan.views});
    std::vector<double> values = reader_.array(path, unit, shapes);
    findings_.attempt([&] {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i] < 0)
                throw Error(ExitCode::bad_input,
                            fmt::format("{}: {} is {} at element {}", scan.name, path, values[i], i),
                            "it cannot be negative");
    });
    return values;
}

void AcquisitionReader::read_exposure() {
    out_.scan_.pulses = per_pixel_or_view("/entry/exposure/pulses", "1");
    out_.scan_.exposure_s = per_pixel_or_view("/entry/exposure/time", "s");
}

void AcquisitionReader::read_instrument() {
    Scan& scan = out_.scan_;
    const std::string detector = "/entry/instrument/detector/", source = "/entry/instrument/source/";
    scan.dead_time_s = reader_.number(detector + "dead_time", "s", 0, 1);
    scan.jitter_fwhm_s = reader_.number(detector + "jitter_fwhm", "s", 0, 1);
    scan.pde = reader_.number(detector + "pde", "1", 0, 1);
    scan.numerical_aperture = reader_.number(detector + "numerical_aperture", "1", 0, 2);
    scan.repetition_rate_hz = reader_.number(source + "repetition_rate", "Hz", tiny, infinity);
    scan.wavelength_m = reader_.number(source + "wavelength", "m", tiny, 1);
    scan.pulse_fwhm_s = reader_.number(source + "pulse_fwhm", "s", 0, 1);
    out_.info_.detector_pixel_pitch_m = reader_.array(detector + "pixel_pitch", "m", {{2}});
    out_.info_.detector_model = reader_.text(detector + "model");
    out_.info_.detector_serial_number = reader_.text(detector + "serial_number");
}

void AcquisitionReader::read_geometry() {
    read_medium_group(reader_, out_.scan_.medium);
    out_.scan_.standoff_m = reader_.number("/entry/geometry/standoff", "m", -infinity, infinity);
    out_.info_.scan_size_m = reader_.array("/entry/geometry/scan_size", "m", {{2}});
    place_pixels();
    out_.info_.world_from_camera = reader_.array("/entry/geometry/world_from_camera", "1", {{4, 4}});
    out_.info_.world_from_source = reader_.array("/entry/geometry/world_from_source", "1", {{4, 4}});
}

// Where pixels are not said to be, they are the cells of the scanned area.
void AcquisitionReader::place_pixels() {
    const std::vector<double>& size = out_.info_.scan_size_m;
    Scan& scan = out_.scan_;
    if (size.size() != 2) return;
    if (scan.y_m.empty() && size[0] > 0) scan.y_m = cell_centres(scan.rows, size[0]);
    if (scan.x_m.empty() && size[1] > 0) scan.x_m = cell_centres(scan.columns, size[1]);
}

void AcquisitionReader::read_calibration() { read_calibration_group(reader_, out_.scan_); }

void AcquisitionReader::read_reference() {
    Scan& scan = out_.scan_;
    findings_.attempt([&] {
        if (!reader_.has("/entry/reference")) return;
        if (reader_.has("/entry/reference/detectors")) {
            read_event_reference();
            return;
        }
        const std::string path = counts_path(scan.kind, true);
        if (!reader_.has(path)) {
            findings_.warn(fmt::format("{}: /entry/reference holds no {} and is ignored", scan.name,
                                       scan.kind == ScanKind::gated ? "frames" : "counts and no events"));
            return;
        }
        auto reference = std::make_unique<CountDataset>(reader_.stored(path), order_of(scan.kind));
        if (reference->rows() != scan.rows || reference->columns() != scan.columns || reference->bins() != scan.bins ||
            (reference->views() != 1 && reference->views() != scan.views))
            throw Error(ExitCode::bad_input,
                        fmt::format("{} has shape [{}]", reference->stored().where(),
                                    fmt::join(reference->stored().layout().shape, ", ")),
                        scan.kind == ScanKind::gated
                            ? fmt::format("expected [{}, {}, {}], as the scan", scan.bins, scan.rows, scan.columns)
                            : fmt::format("expected [{}, {}, {}], as the scan", scan.rows, scan.columns, scan.bins),
                        "record the reference with the scan's pixels and bins");
        if (!reference->conversion().empty()) findings_.warn(reference->conversion());
        out_.reference_ = std::move(reference);
        scan.has_reference = true;
    });
    if (!scan.has_reference) return;
    scan.reference_pulses = per_pixel_or_view("/entry/reference/pulses", "1");
    scan.filter_transmission = reader_.number("/entry/reference/filter_transmission", "1", tiny, 1).value_or(1.0);
}

void AcquisitionReader::read_truth() {
    if (!reader_.has("/entry/truth")) return;
    out_.has_truth_ = true;
    const Scan& scan = out_.scan_;
    const std::vector<MetadataReader::Shape> image{{scan.rows, scan.columns}, {scan.views, scan.rows, scan.columns}};
    const std::vector<MetadataReader::Shape> volume{{scan.rows, scan.columns, scan.columns}};
    const auto table = [&](const char* name, const char* unit, std::optional<StoredDataset>& to,
                           const std::vector<MetadataReader::Shape>& shapes) {
        findings_.attempt([&] {
            const std::string path = std::string("/entry/truth/") + name;
            if (!reader_.has(path)) return;
            reader_.check_shape(path, shapes);
            reader_.check_unit(path, unit);
            to.emplace(reader_.stored(path));
        });
    };
    table("transmission", "1", out_.truth_tables_.transmission, image);
    table("ballistic", "1", out_.truth_tables_.ballistic, image);
    table("optical_depth", "1", out_.truth_tables_.optical_depth, image);
    table("depth", "m", out_.truth_tables_.depth, image);
    table("mu", "1/m", out_.truth_tables_.mu, volume);
    out_.truth_texts_.scene = reader_.text("/entry/truth/scene");
    findings_.attempt([&] {
        if (!reader_.has("/entry/truth/seed")) return;
        reader_.check_shape("/entry/truth/seed", {{}});
        const StoredDataset seed = reader_.stored("/entry/truth/seed");
        if (seed.layout().type.name != "u8")
            throw Error(ExitCode::bad_input, fmt::format("{} is of type {}", seed.where(), seed.layout().type.name),
                        "expected u8");
        StoredDataset::Scratch scratch;
        const std::int64_t one = 1, zero = 0;
        std::uint64_t value = 0;
        seed.read_box(&zero, &one, reinterpret_cast<std::byte*>(&value), scratch);
        out_.truth_texts_.seed = value;
    });
}

void AcquisitionReader::read_provenance() {
    Provenance& p = out_.info_.provenance;
    const std::string group = "/entry/provenance/";
    p.source_file = reader_.text(group + "source_file");
    p.source_sha256 = reader_.text(group + "source_sha256");
    p.source_format = reader_.text(group + "source_format");
    p.converter = reader_.text(group + "converter");
    p.version = reader_.text(group + "version");
    p.command = reader_.text(group + "command");
    findings_.attempt([&] { p.assumptions = reader_.file().text_dataset(group + "assumptions"); });
}

}  // namespace firstlight
