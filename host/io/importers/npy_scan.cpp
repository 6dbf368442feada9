#include "host/io/importers/npy_scan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/data/axis.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/element_cast.hpp"
#include "host/io/importers/counts_in_bands.hpp"
#include "host/io/importers/gates_of_source.hpp"
#include "host/io/importers/importer.hpp"
#include "host/io/importers/npy_axes.hpp"
#include "host/io/importers/npy_header.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "host/io/sha256.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t longest_response = 1 << 22;
constexpr std::int64_t most_bins = 1 << 24, longest_side = 1 << 20;

struct NpyFile {
    explicit NpyFile(const std::filesystem::path& path) : bytes(path), header(read_npy_header(bytes)) {}
    ReadOnlyFile bytes;
    NpyHeader header;
};

// The array's axes by name, the slowest first; those that it does not have are of one element, and fastest.
ArrayOfCounts array_of(const NpyFile& file, std::vector<std::string> names) {
    std::vector<std::int64_t> shape = file.header.shape;
    if (shape.size() != names.size())
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: has the shape ({})", file.bytes.name(), fmt::join(shape, ", ")),
                    fmt::format("its axes are said to be {}", fmt::join(names, ", ")), "name as many as there are");
    if (file.header.fortran_order) {
        std::reverse(shape.begin(), shape.end());
        std::reverse(names.begin(), names.end());
    }
    ArrayOfCounts array;
    array.type = file.header.type;
    std::size_t next = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const int axis = names[i] == "view" ? axis_view : names[i] == "y" ? axis_y : names[i] == "x" ? axis_x : axis_t;
        if (shape[i] > (axis == axis_t ? most_bins : longest_side))
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: has {} elements along {}", file.bytes.name(), shape[i], names[i]),
                        fmt::format("at most {} pixels and {} bins are read", longest_side, most_bins),
                        "check the order of axes");
        array.size[static_cast<std::size_t>(axis)] = shape[i];
        array.order[next++] = axis;
    }
    for (const int axis : {axis_view, axis_y, axis_x, axis_t})
        if (std::find(array.order.begin(), array.order.begin() + static_cast<std::ptrdiff_t>(next), axis) ==
            array.order.begin() + static_cast<std::ptrdiff_t>(next))
            array.order[next++] = axis;
    return array;
}

ReadBand reader_of(const NpyFile& file, const ArrayOfCounts& array) {
    return [&file, array](std::int64_t first, std::int64_t n, std::byte* band) {
        const auto inner = static_cast<std::uint64_t>(array.inner()) * array.type.bytes;
        const std::uint64_t piece = static_cast<std::uint64_t>(n) * inner;
        for (std::int64_t o = 0; o < array.outer(); ++o)
            file.bytes.read(file.header.data + static_cast<std::uint64_t>(o * array.cut_size() + first) * inner,
                            band + static_cast<std::uint64_t>(o) * piece, static_cast<std::size_t>(piece));
    };
}

void set_response(Scan& scan, AcquisitionInfo& info, const NpyAxes& axes) {
    if (axes.irf.empty()) return;
    const NpyFile file(axes.irf);
    if (file.header.shape.size() != 1 || file.header.elements > longest_response)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: has the shape ({})", file.bytes.name(), fmt::join(file.header.shape, ", ")),
                    "a response is one curve", "save the response of one pixel, or their mean");
    std::vector<std::byte> raw(static_cast<std::size_t>(file.header.elements) * file.header.type.bytes);
    file.bytes.read(file.header.data, raw.data(), raw.size());
    Response& irf = scan.irf;
    std::size_t top = 0;
    visit_elements(
        file.header.type, raw.data(), static_cast<std::size_t>(file.header.elements), [&](std::size_t i, auto value) {
            const auto real = static_cast<double>(value);
            if (!(real >= 0) || !std::isfinite(real))
                throw Error(ExitCode::bad_input, fmt::format("{}: holds {} at {}", file.bytes.name(), real, i),
                            "a response is a share of light: finite and not negative", "correct it");
            irf.values.push_back(real);
            if (real > irf.values[top]) top = i;
        });
    if (!(irf.values[top] > 0)) throw Error(ExitCode::bad_input, file.bytes.name() + ": is all 0", "it holds no light");
    const double step = axes.irf_bin_width_s > 0 ? axes.irf_bin_width_s : scan.bin_width_s;
    double first = 0;
    std::string zero;
    if (axes.irf_first_s) {
        first = *axes.irf_first_s;
        zero = fmt::format("from {:.6g} ps on, as given", first * 1e12);
    } else {
        auto peak = static_cast<double>(top);
        if (top > 0 && top + 1 < irf.values.size()) {  // vertex of the parabola through the highest and its neighbours
            const double before = irf.values[top - 1], at = irf.values[top], after = irf.values[top + 1];
            if (const double bend = before - 2 * at + after; bend < 0) peak += 0.5 * (before - after) / bend;
        }
        first = -peak * step;
        zero = fmt::format("0 at its peak, sample {:.3f}", peak);
    }
    for (std::size_t i = 0; i < irf.values.size(); ++i) irf.time_s.push_back(first + static_cast<double>(i) * step);
    info.provenance.assumptions.push_back(fmt::format("response: {} samples of {} (SHA-256 {}), {:.6g} ps apart, {}",
                                                      irf.values.size(), axes.irf.filename().string(),
                                                      sha256_of_file(axes.irf), step * 1e12, zero));
}

std::vector<double> pixel_axis(const std::vector<double>& given, std::int64_t n, double size, const std::string& where,
                               const char* key) {
    if (!given.empty() && static_cast<std::int64_t>(given.size()) != n)
        throw Error(ExitCode::bad_input, fmt::format("{}: {} has {} numbers", where, key, given.size()),
                    fmt::format("the array has {} there", n), "give one for each");
    return given.empty() && size > 0 ? cell_centres(n, size) : given;
}

void set_space(Scan& scan, AcquisitionInfo& info, const NpyAxes& axes, const std::string& where) {
    const auto [height, width] = scan_size(axes.options);
    scan.y_m = pixel_axis(axes.y_m, scan.rows, height, where, "y_mm");
    scan.x_m = pixel_axis(axes.x_m, scan.columns, width, where, "x_mm");
    if (height > 0) {
        info.scan_size_m = {height, width};
        info.provenance.assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    }
    scan.view_angle_rad = pixel_axis(axes.view_rad, scan.views, 0, where, "view_deg");
}

void set_exposure(Scan& scan, AcquisitionInfo& info, const NpyAxes& axes, bool timed_gates) {
    const ImportOptions& given = axes.options;
    if (!std::isnan(given.repetition_rate_hz)) scan.repetition_rate_hz = given.repetition_rate_hz;
    if (scan.kind == ScanKind::gated) {
        if (timed_gates && scan.repetition_rate_hz)
            scan.pulses = {mean_exposure_s(scan.gates) * *scan.repetition_rate_hz};
    } else if (!std::isnan(given.exposure_s)) {
        const auto shares = static_cast<double>(scan.pixels() * scan.views);
        scan.exposure_s = {given.exposure_s / shares};
        info.provenance.assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared evenly by {} pixels", given.exposure_s, shares));
        if (scan.repetition_rate_hz) scan.pulses = {scan.exposure_s[0] * *scan.repetition_rate_hz};
    }
    if (axes.pulses.empty()) return;
    if (axes.pulses.size() != 1 && static_cast<std::int64_t>(axes.pulses.size()) != scan.views)
        throw Error(ExitCode::bad_input, fmt::format("pulses has {} numbers", axes.pulses.size()),
                    fmt::format("there are {} views", scan.views), "give one, or one for each view");
    scan.pulses = axes.pulses;
}

std::filesystem::path description_of(const ImportRequest& request) {
    if (!request.options.axes.empty()) return request.options.axes;
    std::filesystem::path beside = request.source;
    beside.replace_extension(".toml");
    std::error_code failed;
    if (!std::filesystem::exists(beside, failed))
        ask_for(request, "what its axes are",
                fmt::format("--axes FILE, or put {} beside it", beside.filename().string()));
    return beside;
}

ImportReport import_npy(const ImportRequest& asked) {
    const NpyFile file(asked.source);
    const std::filesystem::path description = description_of(asked);
    const NpyAxes axes = read_npy_axes(description, asked);
    ImportRequest request = asked;
    request.options = axes.options;
    const std::string& name = file.bytes.name();
    const ArrayOfCounts array = array_of(file, axes.axes);
    AcquisitionInfo info = info_of_source(request, "NumPy array");
    if (!axes.title.empty()) info.title = axes.title;
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    assumptions.push_back(fmt::format("axes [{}] and what goes with them: {} (SHA-256 {})", fmt::join(axes.axes, ", "),
                                      description.filename().string(), sha256_of_file(description)));
    if (file.header.bytes_behind > 0)
        assumptions.push_back(fmt::format("{} bytes after the array are left out", file.header.bytes_behind));

    Scan scan;
    scan.name = name;
    const auto has = [&](const char* axis) {
        return std::find(axes.axes.begin(), axes.axes.end(), axis) != axes.axes.end();
    };
    scan.kind = has("gate") ? ScanKind::gated : ScanKind::histogram;
    scan.has_views_axis = has("view");
    scan.views = array.size[axis_view];
    scan.rows = array.size[axis_y];
    scan.columns = array.size[axis_x];
    scan.bins = array.size[axis_t];
    scan.type = kept_count_type(array.type, name);
    const std::string stored = array.type.name;
    if (stored != "u1" && stored != "u2" && stored != "u4" && stored != "f4")
        assumptions.push_back(fmt::format("numbers of type {} are kept as {}", stored,
                                          scan.type == CountType::u1   ? "u1"
                                          : scan.type == CountType::u2 ? "u2"
                                          : scan.type == CountType::u4 ? "u4"
                                                                       : "f4"));
    bool timed_gates = false;
    if (scan.kind == ScanKind::gated) {
        StackText text;
        text.delay_s = axes.gate_delay_s;
        const GatesOfStack gates = gates_of(request, text, scan.bins, assumptions);
        if (gates.backwards)
            throw Error(ExitCode::bad_input, description.string() + ": gate_step_ps is negative",
                        "frames are stored by growing delay", "turn the array round: frames[::-1]");
        scan.gates = gates.axis;
        timed_gates = gates.timed;
        set_time_axis(scan);
        set_light_path(scan, info, request);
    } else {
        if (std::isnan(request.options.bin_width_ps))
            ask_for(request, "how wide its time bins are",
                    fmt::format("bin_width_ps in {}, or --bin-width-ps", description.filename().string()));
        scan.bin_width_s = request.options.bin_width_ps * 1e-12;
        set_time_and_path(scan, info, request);
    }
    set_space(scan, info, axes, description.string());
    set_exposure(scan, info, axes, timed_gates);
    scan.arrival_s = axes.arrival_s;
    scan.wavelength_m = axes.wavelength_m;
    scan.standoff_m = axes.standoff_m;
    scan.dead_time_s = axes.dead_time_s;
    scan.medium = axes.medium;
    set_response(scan, info, axes);
    BandRequest bands{request, name};
    bands.largest = scan.kind == ScanKind::gated ? largest_count_given(request, scan.type, assumptions) : 0;

    std::unique_ptr<NpyFile> reference;
    ArrayOfCounts reference_array;
    if (!axes.reference.empty()) {
        reference = std::make_unique<NpyFile>(axes.reference);
        std::vector<std::string> names = axes.axes;
        std::erase(names, "view");
        reference_array = array_of(*reference, names);
        const auto& size = reference_array.size;
        if (size[axis_y] != scan.rows || size[axis_x] != scan.columns || size[axis_t] != scan.bins ||
            kept_count_type(reference_array.type, reference->bytes.name()) != scan.type)
            throw Error(ExitCode::bad_input,
                        fmt::format("{}: is {} ({}) as y, x, {}", reference->bytes.name(), reference_array.type.name,
                                    fmt::join(std::vector{size[axis_y], size[axis_x], size[axis_t]}, ", "),
                                    has("gate") ? "gate" : "t"),
                        fmt::format("the scan is {} ({}, {}, {})", stored, scan.rows, scan.columns, scan.bins),
                        "a reference is taken with the same pixels and bins");
        scan.has_reference = true;
        if (axes.reference_pulses) scan.reference_pulses = {*axes.reference_pulses};
        scan.filter_transmission = axes.filter_transmission;
        assumptions.push_back(fmt::format("reference: {} (SHA-256 {})", axes.reference.filename().string(),
                                          sha256_of_file(axes.reference)));
        bands.to = 0.5;
    }
    WriteOptions write;
    write.force = request.force;
    AcquisitionWriter writer(request.target, scan, info, write);
    const double counts = write_in_bands(writer, array, bands, reader_of(file, array));
    if (reference) {
        BandRequest more{request, reference->bytes.name()};
        more.largest = bands.largest;
        more.from = bands.to;
        more.reference = true;
        (void)write_in_bands(writer, reference_array, more, reader_of(*reference, reference_array));
    }
    writer.commit();
    return {"", scan, assumptions, std::llround(counts), 0};
}

bool is_npy(const std::filesystem::path&, std::span<const std::byte> head) {
    return head.size() >= 6 && std::memcmp(head.data(), "\x93NUMPY", 6) == 0;
}

}  // namespace

Importer npy_importer() {
    return {"npy", "NumPy arrays with a TOML file of axes", {".npy"}, npy_option_names(), is_npy, import_npy};
}

}  // namespace firstlight
