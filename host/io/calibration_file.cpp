#include "host/io/calibration_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/io/acquisition_layout.hpp"
#include "host/io/acquisition_reader.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/calibration_group.hpp"
#include "host/io/h5.hpp"
#include "host/io/metadata_reader.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

const std::string fits = "/entry/fits/", provenance = "/entry/provenance/";

// A scan's size comes from its counts; here it comes from the first array per pixel that there is.
void find_size(const MetadataReader& reader, Scan& scan) {
    for (const char* name : {"t0_map", "dark_rate", "flat", "pixel_mask", "irf"}) {
        const std::string path = std::string("/entry/calibration/") + name;
        if (!reader.has(path)) continue;
        const std::vector<std::int64_t> shape = reader.file().shape(path);
        const std::size_t axes = std::string(name) == "irf" ? 3 : 2;
        if (shape.size() != axes) continue;  // a shape that does not fit is said when the array is read
        scan.rows = shape[0];
        scan.columns = shape[1];
        return;
    }
}

Scan as_scan(const Calibration& c) {
    Scan scan;
    scan.rows = c.rows;
    scan.columns = c.columns;
    scan.irf = c.irf;
    scan.arrival_s = c.arrival_s;
    scan.t0_map_s = c.t0_map_s;
    scan.dark_rate_hz = c.dark_rate_hz;
    scan.flat = c.flat;
    scan.pixel_mask = c.pixel_mask;
    return scan;
}

void write_column(h5::WriteFile& file, const std::string& name, const std::vector<CalibrationInput>& inputs,
                  std::string CalibrationInput::*member) {
    std::vector<std::string> column;
    for (const CalibrationInput& input : inputs) column.push_back(input.*member);
    if (!column.empty()) file.texts(provenance + name, column);
}

}  // namespace

void Calibration::set_size(std::int64_t rows_, std::int64_t columns_, const std::string& whose) {
    if (rows != 0 && (rows != rows_ || columns != columns_))
        throw Error(ExitCode::bad_input, fmt::format("{}: {} x {} pixels", whose, rows_, columns_),
                    fmt::format("the calibration file is of {} x {} pixels", rows, columns),
                    "write another file with -o, or calibrate with scans of one detector");
    rows = rows_;
    columns = columns_;
}

void Calibration::set_figure(const std::string& name, double value, const std::string& units) {
    const auto found = std::find_if(figures.begin(), figures.end(), [&](const auto& f) { return f.name == name; });
    if (found != figures.end()) *found = {name, value, units};
    else figures.push_back({name, value, units});
}

void Calibration::forget(const std::string& job) {
    inputs.erase(std::remove_if(inputs.begin(), inputs.end(), [&](const auto& i) { return i.job == job; }),
                 inputs.end());
    remarks.erase(
        std::remove_if(remarks.begin(), remarks.end(), [&](const auto& r) { return r.rfind(job + ": ", 0) == 0; }),
        remarks.end());
}

Calibration read_calibration(const std::filesystem::path& path, const OpenOptions& options) {
    Findings findings(/*gather=*/false);
    MetadataReader reader(path, options.memory_limit, findings);
    (void)check_format(reader, "calibration");
    Scan scan;
    scan.name = path.string();
    find_size(reader, scan);
    if (scan.rows < 0 || scan.columns < 0 || scan.rows > (std::int64_t{1} << 20) ||
        scan.columns > (std::int64_t{1} << 20))
        throw Error(ExitCode::bad_input, fmt::format("{}: {} x {} pixels", path.string(), scan.rows, scan.columns));
    read_calibration_group(reader, scan);
    Calibration c;
    c.rows = scan.rows;
    c.columns = scan.columns;
    c.irf = scan.irf;
    c.arrival_s = scan.arrival_s;
    c.t0_map_s = scan.t0_map_s;
    c.dark_rate_hz = scan.dark_rate_hz;
    c.flat = scan.flat;
    c.pixel_mask = scan.pixel_mask;
    read_medium_group(reader, c.medium);
    c.uuid = reader.attribute("/", "uuid");
    c.created = reader.attribute("/", "created");
    if (reader.has("/entry/fits"))
        for (const std::string& name : reader.file().children("/entry/fits")) {
            const std::vector<double> value =
                reader.array(fits + name, reader.file().text(fits + name, "units").value_or("1"), {{}});
            if (!value.empty())
                c.figures.push_back({name, value[0], reader.file().text(fits + name, "units").value_or("1")});
        }
    const auto column = [&](const char* name) { return reader.file().text_dataset(provenance + name); };
    const auto jobs = column("job"), commands = column("command"), paths = column("input_path"),
               hashes = column("input_sha256");
    for (std::size_t i = 0; i < std::min({jobs.size(), commands.size(), paths.size(), hashes.size()}); ++i)
        c.inputs.push_back({jobs[i], commands[i], paths[i], hashes[i]});
    c.remarks = column("remarks");
    return c;
}

void write_calibration(const std::filesystem::path& path, const Calibration& c, bool force) {
    AtomicFile target(path, force);
    const NoFileSizeSignal guard;
    h5::WriteFile file;
    write_root(file, "calibration", {}, {}, {});
    write_calibration_group(file, as_scan(c));
    file.group("/entry/geometry", "NXcollection");
    write_medium_group(file, c.medium);
    file.group("/entry/fits", "NXcollection");
    for (const CalibrationFigure& f : c.figures) file.number(fits + f.name, f.value, f.units);
    file.group("/entry/provenance", "NXprocess");
    write_column(file, "job", c.inputs, &CalibrationInput::job);
    write_column(file, "command", c.inputs, &CalibrationInput::command);
    write_column(file, "input_path", c.inputs, &CalibrationInput::path);
    write_column(file, "input_sha256", c.inputs, &CalibrationInput::sha256);
    if (!c.remarks.empty()) file.texts(provenance + "remarks", c.remarks);
    put_in_place(file, target);
}

}  // namespace firstlight
