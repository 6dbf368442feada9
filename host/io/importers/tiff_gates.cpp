#include "host/io/importers/tiff_gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/data/axis.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/importers/counts_in_bands.hpp"
#include "host/io/importers/gates_of_source.hpp"
#include "host/io/importers/imagej_ome_text.hpp"
#include "host/io/importers/importer.hpp"
#include "host/io/importers/natural_order.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "host/io/importers/tiff_pages.hpp"
#include "host/io/sha256.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/gate_axis.hpp"
#include "kernels/support/parallel_for.hpp"

namespace firstlight {
namespace {

namespace fs = std::filesystem;

bool is_named_tiff(const fs::path& path) {
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return (ending == ".tif" || ending == ".tiff") && path.filename().string().front() != '.';
}

std::vector<fs::path> files_of(const fs::path& source) {
    if (!fs::is_directory(source)) return {source};
    std::vector<std::string> names;
    std::error_code failed, ignored;
    for (fs::directory_iterator at(source, failed), end; !failed && at != end; at.increment(failed))
        if (is_named_tiff(at->path()) && at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
    if (failed) throw Error(ExitCode::bad_input, source.string() + ": cannot be read", failed.message());
    if (names.empty())
        throw Error(ExitCode::bad_input, source.string() + ": has no TIFF files in it",
                    "the frames of a folder are called .tif or .tiff");
    std::sort(names.begin(), names.end(), natural_less);
    if (const std::string name = odd_name(names); !name.empty())
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: \"{}\" is not called as the other frames", source.string(), name),
                    "every TIFF file of a folder is a gate, and one that is none would shift the delays of the others",
                    "move it elsewhere, or give it the number of its gate");
    if (const std::string name = uneven_name(names); !name.empty())
        throw Error(ExitCode::bad_input, fmt::format("{}: \"{}\" is not the next frame", source.string(), name),
                    "the numbers in the names do not go up evenly, so a gate is missing or its delay is another",
                    "add the missing one, or save one stack with its delays");
    std::vector<fs::path> files;
    for (const std::string& name : names) files.push_back(source / name);
    return files;
}

void set_pixels(Scan& scan, AcquisitionInfo& info, const ImportOptions& given, const StackText& text) {
    auto [height, width] = scan_size(given);
    if (height > 0)
        info.provenance.assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    else if (text.pixel_y_m > 0) {
        height = text.pixel_y_m * static_cast<double>(scan.rows);
        width = text.pixel_x_m * static_cast<double>(scan.columns);
    } else {
        return;
    }
    scan.y_m = cell_centres(scan.rows, height);
    scan.x_m = cell_centres(scan.columns, width);
    info.scan_size_m = {height, width};
}

ImportReport import_tiff(const ImportRequest& request) {
    const ImportOptions& given = request.options;
    const double allowed = allowed_memory(request);
    const TiffPages stack(files_of(request.source), allowed / 4);
    const auto pages = static_cast<std::int64_t>(stack.pages().size());
    const std::string name = request.source.string();
    const bool folder = fs::is_directory(request.source);
    if (folder && stack.pages().size() != stack.files().size())
        throw Error(ExitCode::bad_input, fmt::format("{}: {} files have {} pages", name, stack.files().size(), pages),
                    "each file of a folder is one gate", "import a file of several pages by its own name");
    step(request, 0.01);

    AcquisitionInfo info = info_of_source(request, "TIFF, a page for each gate");
    if (folder) info.provenance.source_sha256 = sha256_of_files(stack.files(), request.cancelled);
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    if (folder)
        assumptions.push_back(
            fmt::format("{} files in natural order, {} to {}; the SHA-256 is that of one after the other", pages,
                        stack.files().front().filename().string(), stack.files().back().filename().string()));
    for (const std::string& remark : stack.remarks()) assumptions.push_back(remark);
    const StackText text = read_stack_text(folder ? "" : stack.description(), pages, stack.pixels_per_unit_x(),
                                           stack.pixels_per_unit_y(), name);
    const GatesOfStack gates = gates_of(request, text, pages, assumptions);
    const bool step_given = !std::isnan(given.gate_step_ps);
    for (const std::string& word : text.words)
        if (!step_given || (word.rfind("gate step", 0) != 0 && word.rfind("delays of", 0) != 0))
            assumptions.push_back(word);

    Scan scan;
    scan.name = name;
    scan.kind = ScanKind::gated;
    scan.rows = stack.rows();
    scan.columns = stack.columns();
    scan.bins = pages;
    scan.type = kept_count_type(stack.type(), name);
    scan.gates = gates.axis;
    set_time_axis(scan);
    set_light_path(scan, info, request);
    set_pixels(scan, info, given, text);
    if (!std::isnan(given.repetition_rate_hz)) {
        scan.repetition_rate_hz = given.repetition_rate_hz;
        if (gates.timed) scan.pulses = {mean_exposure_s(scan.gates) * given.repetition_rate_hz};
    }
    BandRequest bands{request, name};
    bands.largest = largest_count_given(request, scan.type, assumptions);
    // Parts that are unpacked as a whole would be unpacked again for each band: few bands, then.
    if (stack.rows_at_once() > 16) bands.budget = allowed / 2;
    ArrayOfCounts array{{1, scan.rows, scan.columns, pages}, {axis_view, axis_t, axis_y, axis_x}, stack.type()};

    WriteOptions write;
    write.force = request.force;
    AcquisitionWriter writer(request.target, scan, info, write);
    const std::size_t row = static_cast<std::size_t>(scan.columns) * stack.type().bytes;
    const double counts =
        write_in_bands(writer, array, bands, [&](std::int64_t first, std::int64_t n, std::byte* band) {
            parallel_for(pages, 16, [&](std::int64_t begin, std::int64_t end) {
                TiffPages::Reader reader(stack);
                for (std::int64_t i = begin; i < end; ++i)
                    reader.read_rows(gates.backwards ? pages - 1 - i : i, first, n,
                                     band + static_cast<std::size_t>(i * n) * row);
            });
        });
    writer.commit();
    return {"", scan, assumptions, std::llround(counts), 0};
}

bool is_tiff(const fs::path& source, std::span<const std::byte> head) {
    std::error_code failed;
    if (fs::is_directory(source, failed)) {
        for (fs::directory_iterator at(source, failed), end; !failed && at != end; at.increment(failed))
            if (is_named_tiff(at->path())) return true;
        return false;
    }
    constexpr std::array<const char*, 4> magic{"II*\0", "MM\0*", "II+\0", "MM\0+"};
    return head.size() >= 8 &&
           std::any_of(magic.begin(), magic.end(), [&](const char* m) { return std::memcmp(head.data(), m, 4) == 0; });
}

}  // namespace

Importer tiff_gates_importer() {
    return {"tiff-gates",
            "TIFF stacks or folders, a page for each gate",
            {".tif", ".tiff"},
            {"gate_step_ps", "first_gate_ps", "gate_width_ps", "bit_depth", "scan_size_m", "light_path", "exposure_s",
             "repetition_rate_hz"},
            is_tiff,
            import_tiff};
}

}  // namespace firstlight
