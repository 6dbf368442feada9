#include "host/io/importers/tal_capture.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "host/data/axis.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/element_cast.hpp"
#include "host/io/importers/hdf5_source.hpp"
#include "host/io/transpose.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr double speed_of_light_m_per_s = 299792458.0;
constexpr std::int64_t band_bytes = 32 << 20;

struct Points {  // [n][3] in m, on axes of first and second
    std::vector<double> xyz;
    std::int64_t first = 0, second = 1;

    [[nodiscard]] std::int64_t size() const { return first * second; }
    [[nodiscard]] const double* at(std::int64_t i) const { return xyz.data() + 3 * i; }
};

struct Capture {
    std::optional<StoredDataset> values;  // H
    std::string format;
    std::int64_t bins = 0, laser_points = 1, first = 0, second = 1;  // traces[first][second]: x, y
    double bin_m = 0;                                                // 0: not in the file
    std::optional<double> start_m;
    std::string accounts;  // "TRUE", "FALSE", "": not in the file
    Points sensor, laser;
    std::vector<double> sensor_origin, laser_origin;  // [3]; empty: not in the file
};

[[noreturn]] void refuse(const MetadataReader& reader, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "correct it where the file is made") {
    throw Error(ExitCode::bad_input, fmt::format("{}: {}", reader.file().name(), problem), why, suggestion);
}

Points read_points(MetadataReader& reader, const std::string& path) {
    if (!reader.file().has_elements(path)) refuse(reader, path + " is missing", "it says where the points of H are");
    Points points{reader.array(path, "1", {{-1, 3}, {-1, -1, 3}})};
    const std::vector<std::int64_t> shape = reader.file().shape(path);
    points.first = shape[0];
    if (shape.size() == 3) points.second = shape[1];
    return points;
}

void read_shape(MetadataReader& reader, Capture& out) {
    out.format = reader.file().enumeration("/H_format");
    static const std::map<std::string, std::string> numbers{
        {"1", "T_Sx_Sy"}, {"2", "T_Lx_Ly_Sx_Sy"}, {"3", "T_Si"}, {"4", "T_Li_Si"}};
    if (const auto found = numbers.find(out.format); found != numbers.end()) out.format = found->second;
    static const std::map<std::string, std::size_t> axes{
        {"T_Sx_Sy", 3}, {"T_Lx_Ly_Sx_Sy", 5}, {"T_Si", 2}, {"T_Li_Si", 3}};
    const auto known = axes.find(out.format);
    if (known == axes.end())
        refuse(reader, fmt::format("/H_format is \"{}\"", out.format),
               "T_Sx_Sy, T_Si, and T_Lx_Ly_Sx_Sy and T_Li_Si of one laser point are read");
    const std::vector<std::int64_t>& shape = out.values->layout().shape;
    if (shape.size() != known->second || std::find(shape.begin(), shape.end(), 0) != shape.end())
        refuse(reader, fmt::format("/H has shape [{}]", fmt::join(shape, ", ")),
               fmt::format("{} has {} axes, none empty", out.format, known->second));
    const bool grid = out.format == "T_Sx_Sy" || out.format == "T_Lx_Ly_Sx_Sy";
    out.bins = shape[0];
    out.first = grid ? shape[shape.size() - 2] : shape.back();
    out.second = grid ? shape.back() : 1;
    for (std::size_t i = 1; i + (grid ? 2 : 1) < shape.size(); ++i) out.laser_points *= shape[i];
    constexpr std::int64_t longest = 1 << 20;
    if (out.bins > longest || out.first > longest || out.second > longest)
        refuse(reader, fmt::format("/H has shape [{}]", fmt::join(shape, ", ")), "at most 2^20 along an axis are read");
}

Capture read_capture(MetadataReader& reader) {
    Capture out;
    const h5::ReadFile& file = reader.file();
    if (!file.has_elements("/H")) refuse(reader, "/H is missing", "it holds the light in time");
    out.values.emplace(reader.stored("/H"));
    read_shape(reader, out);
    const auto number = [&](const char* path, double least, double most) {
        return file.has_elements(path) ? reader.number(path, "1", least, most) : std::nullopt;
    };
    out.bin_m = number("/delta_t", 1e-9, 1e3).value_or(0);
    out.start_m = number("/t_start", -1e6, 1e6);
    out.accounts = file.enumeration("/t_accounts_first_and_last_bounces");
    if (out.accounts == "1") out.accounts = "TRUE";
    out.sensor = read_points(reader, "/sensor_grid_xyz");
    out.laser = read_points(reader, "/laser_grid_xyz");
    if (file.has_elements("/sensor_xyz")) out.sensor_origin = reader.array("/sensor_xyz", "1", {{3}});
    if (file.has_elements("/laser_xyz")) out.laser_origin = reader.array("/laser_xyz", "1", {{3}});
    if (out.sensor.first != out.first || out.sensor.second != out.second)
        refuse(reader, fmt::format("/sensor_grid_xyz has {} x {} points", out.sensor.first, out.sensor.second),
               fmt::format("/H has {} x {}", out.first, out.second));
    return out;
}

bool same_points(const Points& a, const Points& b) {  // as tal decides, which is as numpy.allclose does
    return a.first == b.first && a.second == b.second &&
           std::equal(a.xyz.begin(), a.xyz.end(), b.xyz.begin(),
                      [](double x, double y) { return std::abs(x - y) <= 1e-8 + 1e-5 * std::abs(y); });
}

// Throws where a pixel would have several laser points. True: confocal.
bool is_confocal(const MetadataReader& reader, const Capture& capture) {
    if (capture.laser_points > 1)
        refuse(reader,
               fmt::format("is an exhaustive capture ({}) of {} laser points", capture.format, capture.laser_points),
               "each of its sensor points has a trace for every laser point, and a pixel of an acquisition has one",
               "take one laser point with tal's get_single_subdata_from_laser_point, or render it confocal");
    if (same_points(capture.sensor, capture.laser)) return true;
    if (capture.laser.size() != 1)
        refuse(reader, fmt::format("has {} laser points that are not its sensor points", capture.laser.size()),
               "confocal captures, whose laser and sensor points are the same, and those of one laser point are read");
    return false;
}

double distance(const double* a, const double* b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

// Pixel centres, where x only changes along the first axis and y along the second.
void set_positions(Scan& scan, AcquisitionInfo& info, const Capture& capture, const ImportRequest& request) {
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    if (const auto [height, width] = scan_size(request.options); height > 0) {
        scan.y_m = cell_centres(scan.rows, height);
        scan.x_m = cell_centres(scan.columns, width);
        info.scan_size_m = {height, width};
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
        return;
    }
    const Points& points = capture.sensor;
    double extent = 0;
    for (std::int64_t i = 0; i < points.size(); ++i) extent = std::max(extent, distance(points.at(i), points.at(0)));
    std::vector<double> x, y;
    for (std::int64_t i = 0; i < points.first; ++i) x.push_back(points.at(i * points.second)[0]);
    for (std::int64_t j = 0; j < points.second; ++j) y.push_back(points.at(j)[1]);
    bool separable = std::is_sorted(x.begin(), x.end()) && std::is_sorted(y.begin(), y.end());
    for (std::int64_t i = 0; separable && i < points.size(); ++i) {
        const double* point = points.at(i);
        separable = std::abs(point[0] - x[static_cast<std::size_t>(i / points.second)]) <= 1e-4 * extent &&
                    std::abs(point[1] - y[static_cast<std::size_t>(i % points.second)]) <= 1e-4 * extent;
    }
    if (separable) {
        scan.x_m = x;
        scan.y_m = y;
        return;
    }
    assumptions.emplace_back(
        "positions of pixels left out: x of sensor_grid_xyz does not rise along its first axis alone, nor y along its "
        "second");
}

// Time axis, and the way between the origins and the wall.
void set_times(Scan& scan, AcquisitionInfo& info, const Capture& capture, const ImportRequest& request) {
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    const ImportOptions& given = request.options;
    scan.bin_width_s =
        std::isnan(given.bin_width_ps) ? capture.bin_m / speed_of_light_m_per_s : given.bin_width_ps * 1e-12;
    if (scan.bin_width_s == 0) ask_for(request, "how wide its time bins are (delta_t)", "--bin-width-ps");
    if (!capture.start_m && std::isnan(given.first_bin_ps))
        assumptions.emplace_back("time 0 is the start of the first bin: t_start is empty");
    scan.first_bin_centre_s = capture.start_m.value_or(0) / speed_of_light_m_per_s + scan.bin_width_s / 2;
    const bool origins = !capture.sensor_origin.empty() && !capture.laser_origin.empty();
    std::vector<double> way_m;  // laser to wall to sensor, [y][x]
    if (origins)
        for (std::int64_t y = 0; y < scan.rows; ++y)
            for (std::int64_t x = 0; x < scan.columns; ++x) {
                const std::int64_t i = x * scan.rows + y;
                way_m.push_back(
                    distance(capture.laser_origin.data(), capture.laser.at(capture.laser.size() == 1 ? 0 : i)) +
                    distance(capture.sensor_origin.data(), capture.sensor.at(i)));
            }
    const double mean_m =
        origins ? std::accumulate(way_m.begin(), way_m.end(), 0.0) / static_cast<double>(way_m.size()) : 0;
    if (origins) scan.standoff_m = mean_m / 2;
    if (capture.accounts == "TRUE") {
        if (!origins)
            throw Error(ExitCode::bad_input, request.source.string() + ": /sensor_xyz or /laser_xyz is missing",
                        "H counts from the laser's origin (t_accounts_first_and_last_bounces), and they say how long "
                        "light takes to the wall and back");
        for (const double way : way_m) scan.t0_map_s.push_back((way - mean_m) / speed_of_light_m_per_s);
        scan.first_bin_centre_s -= mean_m / speed_of_light_m_per_s;
        assumptions.push_back(fmt::format(
            "time 0 is when the pulse reaches the wall: H counts from the laser's origin, {:.6g} m of light path to "
            "the points and back on average; differences between points are in t0_map",
            mean_m));
    } else {
        assumptions.emplace_back(capture.accounts.empty()
                                     ? "times count from the wall: t_accounts_first_and_last_bounces is not in the file"
                                     : "time 0 is when the pulse reaches the wall, as the file says");
    }
    if (!std::isnan(given.first_bin_ps)) {
        scan.first_bin_centre_s = given.first_bin_ps * 1e-12;
        assumptions.push_back(fmt::format("the first bin is centred at {} ps, as given", given.first_bin_ps));
    }
}

// Reads traces of columns [x0, x0 + n), all rows: [column][row][bin].
class Bands {
  public:
    Bands(const MetadataReader& reader, const Capture& capture) : reader_(reader), capture_(capture) {}

    void read(std::int64_t x0, std::int64_t n) {
        const StoredDataset& stored = *capture_.values;
        const std::size_t rank = stored.layout().shape.size(),
                          x_axis = capture_.format.ends_with("_Sx_Sy") ? rank - 2 : rank - 1;
        std::vector<std::int64_t> start(rank, 0), count(stored.layout().shape);
        start[x_axis] = x0;
        count[x_axis] = n;
        const auto traces = static_cast<std::size_t>(n * capture_.second),
                   bins = static_cast<std::size_t>(capture_.bins);
        raw_.resize(traces * bins * stored.layout().type.bytes);
        stored.read_box(start.data(), count.data(), raw_.data(), scratch_);
        frames_.resize(traces * bins);
        visit_elements(stored.layout().type, raw_.data(), frames_.size(), [&](std::size_t i, auto found) {
            const auto value = static_cast<double>(found);
            if (!(value >= 0 && value <= static_cast<double>(std::numeric_limits<float>::max())))
                refuse(reader_,
                       fmt::format("/H holds {} at bin {}, x {}, y {}", value, i / traces,
                                   x0 + static_cast<std::int64_t>(i % traces) / capture_.second,
                                   static_cast<std::int64_t>(i % traces) % capture_.second),
                       "light is finite and not negative");
            frames_[i] = static_cast<float>(found);
            sum_ += value;
        });
        traces_.resize(frames_.size());
        transpose(reinterpret_cast<const std::byte*>(frames_.data()), capture_.bins, static_cast<std::int64_t>(traces),
                  sizeof(float), reinterpret_cast<std::byte*>(traces_.data()));
        x0_ = x0;
    }
    [[nodiscard]] const float* trace(std::int64_t y, std::int64_t x) const {
        return traces_.data() + ((x - x0_) * capture_.second + y) * capture_.bins;
    }
    [[nodiscard]] double sum() const { return sum_; }

  private:
    const MetadataReader& reader_;
    const Capture& capture_;
    std::vector<std::byte> raw_;
    std::vector<float> frames_, traces_;
    StoredDataset::Scratch scratch_;
    std::int64_t x0_ = 0;
    double sum_ = 0;
};

double write_traces(AcquisitionWriter& writer, Bands& bands, const Scan& scan, const ImportRequest& request) {
    std::map<std::int64_t, std::vector<TileWindow>> by_column;
    for (const TileWindow& window : writer.windows()) by_column[window.x0].push_back(window);
    std::vector<float> counts;
    for (auto at = by_column.begin(); at != by_column.end();) {
        auto end = at;
        std::int64_t columns = 0;
        do columns += end->second.front().columns;
        while (++end != by_column.end() &&
               (columns + end->second.front().columns) * scan.rows * scan.bins * 4 <= band_bytes);
        bands.read(at->first, columns);
        step(request, 0.9 * static_cast<double>(at->first) / static_cast<double>(scan.columns));
        for (; at != end; ++at)
            for (const TileWindow& window : at->second) {
                counts.clear();
                for (std::int64_t y = window.y0; y < window.y0 + window.rows; ++y)
                    for (std::int64_t x = window.x0; x < window.x0 + window.columns; ++x)
                        counts.insert(counts.end(), bands.trace(y, x), bands.trace(y, x) + scan.bins);
                writer.write(window, counts.data());
            }
    }
    return bands.sum();
}

ImportReport import_tal(const ImportRequest& request) {
    Hdf5Source source(request, "tal", "capture of tal");
    const Capture capture = read_capture(source.reader);
    const bool confocal = is_confocal(source.reader, capture);
    AcquisitionInfo info = info_of_source(request, "tal capture, " + capture.format);
    Scan scan;
    scan.name = request.source.string();
    scan.rows = capture.second;
    scan.columns = capture.first;
    scan.bins = capture.bins;
    scan.type = CountType::f4;
    switch (request.options.path) {
        case ImportOptions::Path::transmission: scan.path = LightPath::transmission; break;
        case ImportOptions::Path::confocal: scan.path = LightPath::confocal; break;
        case ImportOptions::Path::reflection: scan.path = LightPath::reflection; break;
        default: scan.path = confocal ? LightPath::confocal : LightPath::reflection;
    }
    if (request.options.path == ImportOptions::Path::as_file)
        info.provenance.assumptions.emplace_back(
            confocal ? "light path: confocal, because laser and sensor points are the same"
                     : "light path: reflection, because one laser point lights all sensor points");
    set_times(scan, info, capture, request);
    set_positions(scan, info, capture, request);
    WriteOptions write;
    write.force = request.force;
    AcquisitionWriter writer(request.target, scan, info, write);
    Bands bands(source.reader, capture);
    const double sum = write_traces(writer, bands, scan, request);
    step(request, 0.9);
    writer.commit();
    return {"", scan, info.provenance.assumptions, sum < 9e18 ? std::llround(sum) : 0, 0};
}

bool is_ours(const std::filesystem::path& source, std::span<const std::byte> head) {
    return is_hdf5_source(source, head, "tal");
}

}  // namespace

bool is_tal_capture(MetadataReader& reader) { return reader.has("/H") && reader.has("/H_format"); }

void read_tal_tables(MetadataReader& reader) { (void)read_capture(reader); }

Importer tal_capture_importer() {
    return {"tal",     "captures of tal (y-tal), confocal or of one laser point",
            {".hdf5"}, {"bin_width_ps", "first_bin_ps", "scan_size_m", "light_path"},
            is_ours,   import_tal};
}

}  // namespace firstlight
