#include "host/io/importers/swissspad_stack.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/data/axis.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/element_cast.hpp"
#include "host/io/importers/hdf5_source.hpp"
#include "host/io/transpose.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"

namespace firstlight {
namespace {

constexpr const char* images = "/Gate Images";
constexpr std::size_t most_images = 100000;
constexpr std::int64_t band_bytes = 256 << 20;

struct Stack {
    std::map<std::string, std::map<int, std::string>> roots;  // "Gate" -> number -> name
    std::map<std::string, double> parameters;                 // of the table, without " (s)"
    std::string version, sensor;

    // The first of these parameters that is a positive number; 0: none.
    [[nodiscard]] double seconds(std::initializer_list<const char*> names) const {
        for (const char* name : names)
            if (const auto found = parameters.find(name);
                found != parameters.end() && found->second > 0 && std::isfinite(found->second))
                return found->second;
        return 0;
    }
};

[[noreturn]] void refuse(const MetadataReader& reader, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "record or save the file again") {
    throw Error(ExitCode::bad_input, fmt::format("{}: {}", reader.file().name(), problem), why, suggestion);
}

Stack read_stack(MetadataReader& reader) {
    const h5::ReadFile& file = reader.file();
    Stack out;
    if (file.node(images) == h5::Node::dataset)
        refuse(reader, "/Gate Images is one array, as in versions 0.1 and 0.2",
               "the order of its axes is not documented", "save it again with a newer AlliGator");
    for (const std::string& name : file.children(images, most_images)) {
        const std::size_t space = name.rfind(' ');
        if (space == std::string::npos || name.size() - space > 8 || space + 1 == name.size() ||
            !std::all_of(name.begin() + static_cast<std::ptrdiff_t>(space) + 1, name.end(),
                         [](char c) { return c >= '0' && c <= '9'; }))
            continue;
        out.roots[name.substr(0, space)][std::stoi(name.substr(space + 1))] = name;
    }
    if (out.roots.empty()) refuse(reader, "/Gate Images holds no image", "they are named \"Gate 1\", \"Gate 2\", …");
    for (const std::string& field : file.table_fields("/DAQ Parameters")) {
        const std::string name = field.ends_with(" (s)") ? field.substr(0, field.size() - 4) : field;
        if (const auto value = file.table_number("/DAQ Parameters", field)) out.parameters[name] = *value;
    }
    const auto text = [&](const char* path) { return file.has_elements(path) ? reader.text(path) : std::string(); };
    out.version = text("/File Information/File Version");
    out.sensor = text("/SwissSPAD Detector Information/Sensor Type");
    return out;
}

// Images of one root in the order of their gates, all of one shape and type.
std::vector<StoredDataset> read_images(const MetadataReader& reader, const std::string& root,
                                       const std::map<int, std::string>& numbered) {
    std::vector<StoredDataset> out;
    int expected = numbered.begin()->first;
    for (const auto& [number, name] : numbered) {
        if (number != expected++)
            refuse(reader, fmt::format("{}/{} {} is missing", images, root, expected - 1),
                   "gates follow one another at even steps");
        out.push_back(reader.stored(fmt::format("{}/{}", images, name)));
        const h5::StoredLayout &one = out.front().layout(), &layout = out.back().layout();
        if (layout.shape.size() != 2 || layout.shape[0] < 1 || layout.shape[1] < 1 || layout.shape[0] > 65536 ||
            layout.shape[1] > 65536)
            refuse(reader, fmt::format("{}/{} is no image", images, name), "two axes of 1 to 65536 were expected");
        if (layout.shape != one.shape || layout.type.name != one.type.name)
            refuse(reader, fmt::format("{}/{} differs from the first image", images, name),
                   fmt::format("it has {} x {} pixels of {}, the first {} x {} of {}", layout.shape[0], layout.shape[1],
                               layout.type.name, one.shape[0], one.shape[1], one.type.name));
    }
    const h5::ElementType& type = out.front().layout().type;
    const bool whole = type.kind == h5::Kind::unsigned_integer && type.bytes <= 2;
    if (!whole && !(type.kind == h5::Kind::real && type.bytes == 4))
        refuse(reader, fmt::format("its images are of {}", type.name), "u1, u2 and f4 (U8, U16, SGL) are read");
    return out;
}

void set_gates(Scan& scan, AcquisitionInfo& info, const Stack& stack, const ImportRequest& request) {
    const ImportOptions& given = request.options;
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    const auto time = [&](double option_ps, double in_file_s, const char* what, const char* flag) {
        const double found = std::isnan(option_ps) ? in_file_s : option_ps * 1e-12;
        if (found == 0) ask_for(request, what, flag);
        if (found < 0) throw Error(ExitCode::usage, fmt::format("{} must be positive", flag));
        if (!(found <= 1e-3))  // a flag goes to 1e9 ps
            throw Error(ExitCode::bad_input, fmt::format("{}: {} is {:g} s", request.source.string(), what, found),
                        "no gate takes longer than 0.001 s", fmt::format("give {}", flag));
        if (!std::isnan(option_ps)) assumptions.push_back(fmt::format("{} {} ps, as given", flag, option_ps));
        return found;
    };
    const double step = time(given.gate_step_ps, stack.seconds({"Nanotime Gate Separation"}), "the delay between gates",
                             "--gate-step-ps");
    const double width = time(given.gate_width_ps, stack.seconds({"Gate Width", "Gate Duration"}),
                              "how long a gate is open", "--gate-width-ps");
    const double period =
        std::isnan(given.repetition_rate_hz) ? stack.seconds({"Laser Period"}) : 1 / given.repetition_rate_hz;
    if (period > 0) scan.repetition_rate_hz = 1 / period;
    double exposure = stack.seconds({"Gate Image Integration", "Exposure/Gate"});
    if (!std::isnan(given.exposure_s)) {
        exposure = given.exposure_s / static_cast<double>(scan.bins);
        assumptions.push_back(
            fmt::format("exposure of {} s, as given, shared by {} gates", given.exposure_s, scan.bins));
    }
    if (exposure == 0) ask_for(request, "how long its images were exposed", "--exposure-s (of all of them)");
    const double first = std::isnan(given.first_gate_ps) ? 0 : given.first_gate_ps * 1e-12;
    assumptions.push_back(std::isnan(given.first_gate_ps)
                              ? std::string("the first gate opens at 0 s, which the file does not say")
                              : fmt::format("the first gate opens at {} ps, as given", given.first_gate_ps));
    for (std::int64_t i = 0; i < scan.bins; ++i) scan.gates.delay_s.push_back(first + static_cast<double>(i) * step);
    const auto n = static_cast<std::size_t>(scan.bins);
    scan.gates.width_s.assign(n, width);
    scan.gates.exposure_s.assign(n, exposure);
    scan.gates.bit_depth = given.bit_depth;
    if (given.bit_depth == 0 && scan.type == CountType::u1) {
        scan.gates.bit_depth = 8;
        assumptions.emplace_back("bit depth 8, for images of u1");
    }
    if (scan.gates.bit_depth == 0 && scan.type == CountType::u2)
        ask_for(request, "how far its 16-bit images count: a 10-bit image saturates at 1023", "--bit-depth");
    if (scan.gates.bit_depth > 0)
        scan.gates.saturation_count = std::ldexp(1.0, static_cast<int>(scan.gates.bit_depth)) - 1;
    else assumptions.emplace_back("counts of f4 are taken as never saturated");
    const std::string name = scan.name;
    check_gates(scan.gates, scan.bins, name);
    set_time_axis(scan);
}

template <class T>
std::int64_t write_counts(AcquisitionWriter& writer, const std::vector<StoredDataset>& gates, const Scan& scan,
                          const ImportRequest& request, const MetadataReader& reader) {
    std::map<std::int64_t, std::vector<TileWindow>> by_row;
    for (const TileWindow& window : writer.windows()) by_row[window.y0].push_back(window);
    StoredDataset::Scratch scratch;
    std::vector<std::byte> raw;
    std::vector<T> frames, traces, counts;
    double sum = 0;
    for (auto at = by_row.begin(); at != by_row.end();) {
        auto end = at;
        std::int64_t rows = 0;
        do rows += end->second.front().rows;
        while (++end != by_row.end() &&
               (rows + end->second.front().rows) * scan.columns * scan.bins * static_cast<std::int64_t>(sizeof(T)) <=
                   band_bytes);
        const std::int64_t start[2] = {at->first, 0}, size[2] = {rows, scan.columns}, pixels = rows * scan.columns;
        frames.resize(static_cast<std::size_t>(pixels * scan.bins));
        for (std::size_t gate = 0; gate < gates.size(); ++gate) {
            const h5::ElementType& type = gates[gate].layout().type;
            raw.resize(static_cast<std::size_t>(pixels) * type.bytes);
            gates[gate].read_box(start, size, raw.data(), scratch);
            T* out = frames.data() + static_cast<std::int64_t>(gate) * pixels;
            visit_elements(type, raw.data(), static_cast<std::size_t>(pixels), [&](std::size_t i, auto value) {
                if (!(static_cast<double>(value) >= 0 && std::isfinite(static_cast<double>(value))))
                    refuse(reader,
                           fmt::format("its gate {} holds {} at y {}, x {}", gate, value,
                                       start[0] + static_cast<std::int64_t>(i) / scan.columns,
                                       static_cast<std::int64_t>(i) % scan.columns),
                           "counts are finite and not negative");
                out[i] = static_cast<T>(value);
                sum += static_cast<double>(value);
            });
            step(request,
                 0.9 *
                     (static_cast<double>(start[0]) +
                      static_cast<double>(rows * static_cast<std::int64_t>(gate)) / static_cast<double>(scan.bins)) /
                     static_cast<double>(scan.rows));
        }
        traces.resize(frames.size());
        transpose(reinterpret_cast<const std::byte*>(frames.data()), scan.bins, pixels, sizeof(T),
                  reinterpret_cast<std::byte*>(traces.data()));
        for (; at != end; ++at)
            for (const TileWindow& window : at->second) {
                counts.clear();
                for (std::int64_t y = window.y0 - start[0]; y < window.y0 - start[0] + window.rows; ++y) {
                    const T* from = traces.data() + (y * scan.columns + window.x0) * scan.bins;
                    counts.insert(counts.end(), from, from + window.columns * scan.bins);
                }
                writer.write(window, counts.data());
            }
    }
    return sum < 9e18 ? std::llround(sum) : 0;
}

ImportReport import_swissspad(const ImportRequest& request) {
    Hdf5Source source(request, "swissspad", "gate stack of SwissSPAD");
    const Stack stack = read_stack(source.reader);
    const ImportOptions& given = request.options;
    const auto roots = std::ssize(stack.roots);
    std::string names;
    for (const auto& [name, numbered] : stack.roots) names += (names.empty() ? "" : ", ") + name;
    if (roots > 1 && given.channel < 0)
        ask_for(request, fmt::format("which of its images is meant ({})", names),
                fmt::format("--channel (0 to {})", roots - 1));
    if (given.channel >= roots)
        throw Error(ExitCode::usage, fmt::format("{}: has no channel {}", request.source.string(), given.channel),
                    fmt::format("it has {}, counted from 0: {}", roots, names));
    const auto root = std::next(stack.roots.begin(), std::max<std::int64_t>(given.channel, 0));
    const std::vector<StoredDataset> gates = read_images(source.reader, root->first, root->second);
    AcquisitionInfo info = info_of_source(request, "SwissSPAD gate stack, AlliGator HDF5 " + stack.version);
    if (!stack.sensor.empty()) info.detector_model = "SwissSPAD (" + stack.sensor + ")";
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    Scan scan;
    scan.name = request.source.string();
    scan.kind = ScanKind::gated;
    scan.rows = gates.front().layout().shape[0];
    scan.columns = gates.front().layout().shape[1];
    scan.bins = std::ssize(gates);
    const h5::ElementType& type = gates.front().layout().type;
    scan.type = type.kind == h5::Kind::real ? CountType::f4 : type.bytes == 1 ? CountType::u1 : CountType::u2;
    if (roots > 1) assumptions.push_back(fmt::format("images \"{}\", as given", root->first));
    set_gates(scan, info, stack, request);
    switch (given.path) {
        case ImportOptions::Path::reflection: scan.path = LightPath::reflection; break;
        case ImportOptions::Path::confocal: scan.path = LightPath::confocal; break;
        default: scan.path = LightPath::transmission;
    }
    if (given.path == ImportOptions::Path::as_file)
        assumptions.emplace_back("light path: transmission, which the file does not say");
    if (const auto [height, width] = scan_size(given); height > 0) {
        scan.y_m = cell_centres(scan.rows, height);
        scan.x_m = cell_centres(scan.columns, width);
        info.scan_size_m = {height, width};
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    }
    WriteOptions write;
    write.force = request.force;
    AcquisitionWriter writer(request.target, scan, info, write);
    std::int64_t counts = 0;
    if (scan.type == CountType::u1) counts = write_counts<std::uint8_t>(writer, gates, scan, request, source.reader);
    else if (scan.type == CountType::u2)
        counts = write_counts<std::uint16_t>(writer, gates, scan, request, source.reader);
    else counts = write_counts<float>(writer, gates, scan, request, source.reader);
    step(request, 0.9);
    writer.commit();
    return {"", scan, assumptions, counts, 0};
}

bool is_ours(const std::filesystem::path& source, std::span<const std::byte> head) {
    return is_hdf5_source(source, head, "swissspad");
}

}  // namespace

bool is_swissspad_stack(MetadataReader& reader) { return reader.has("/File Information") && reader.has(images); }

void read_swissspad_tables(MetadataReader& reader) {
    for (const auto& [root, numbered] : read_stack(reader).roots) (void)read_images(reader, root, numbered);
}

Importer swissspad_stack_importer() {
    return {"swissspad",
            "gate stacks of SwissSPAD2 and 3 (AlliGator HDF5, versions 0.3 to 0.7)",
            {".hdf5", ".h5"},
            {"channel", "gate_step_ps", "first_gate_ps", "gate_width_ps", "bit_depth", "exposure_s",
             "repetition_rate_hz", "light_path", "scan_size_m"},
            is_ours,
            import_swissspad};
}

}  // namespace firstlight
