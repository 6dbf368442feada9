#include "host/io/importers/photon_hdf5.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "host/data/axis.hpp"
#include "host/io/importers/hdf5_source.hpp"
#include "host/io/importers/imported_photons.hpp"
#include "host/io/importers/photon_hdf5_file.hpp"
#include "host/io/importers/scan_of_source.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::uint64_t most_bins = 1 << 20;
constexpr std::int64_t most_detectors = 1 << 20, most_pixels = 1 << 28;

// A photon's time after the laser pulse, in bins.
struct TimeAxis {
    double bin_width_s = 0;
    std::uint64_t units_per_bin = 1;
    std::int64_t bins = 0;           // 0: up to the latest photon
    std::uint64_t period_units = 0;  // of macro time; 0: not a whole number
    long double period = 0;          // 0: nanotimes are used

    [[nodiscard]] std::uint64_t bin(const PhotonHdf5Photon& photon) const {
        if (period == 0) return photon.nanotime / units_per_bin;
        if (period_units != 0) return photon.time % period_units / units_per_bin;
        return static_cast<std::uint64_t>(std::fmod(static_cast<long double>(photon.time), period)) / units_per_bin;
    }
};

TimeAxis time_axis(const PhotonHdf5& file, const ImportRequest& request, std::vector<std::string>& assumptions) {
    const ImportOptions& given = request.options;
    TimeAxis axis;
    const double unit_s = file.timed() ? file.tcspc_unit_s : file.timestamp_unit_s;
    const double width_s = std::isnan(given.bin_width_ps) ? unit_s : given.bin_width_ps * 1e-12;
    if (width_s == 0) ask_for(request, "how wide the bins of its nanotimes are (tcspc_unit)", "--bin-width-ps");
    axis.bin_width_s = width_s;
    if (unit_s > 0) {
        const double ratio = width_s / unit_s, whole = std::round(ratio);
        if (whole < 1 || whole > 1e9 || std::abs(ratio - whole) > 1e-6 * whole)
            throw Error(ExitCode::usage, fmt::format("--bin-width-ps {} does not fit the file", given.bin_width_ps),
                        fmt::format("its times are in units of {} ps", unit_s * 1e12),
                        "give a whole multiple of that, or leave it out");
        axis.units_per_bin = static_cast<std::uint64_t>(whole);
        axis.bin_width_s = whole * unit_s;
    }
    const auto per_bin = static_cast<std::int64_t>(axis.units_per_bin);
    if (file.timed()) {
        axis.bins = (file.tcspc_bins + per_bin - 1) / per_bin;
        return axis;
    }
    const double rate = std::isnan(given.repetition_rate_hz) ? file.repetition_rate_hz : given.repetition_rate_hz;
    if (rate == 0)
        ask_for(request, "when the laser pulsed: it has neither nanotimes nor laser_repetition_rate",
                "--repetition-rate-hz");
    const double period = 1 / (rate * file.timestamp_unit_s), whole = std::round(period);
    if (period < 2)
        throw Error(ExitCode::bad_input,
                    fmt::format("{}: its clock counts units of {} s", request.source.string(), file.timestamp_unit_s),
                    fmt::format("light cannot be told apart in time between pulses at {} Hz", rate),
                    "import a file with nanotimes");
    axis.period = static_cast<long double>(period);
    if (std::abs(period - whole) < 1e-9 * period && whole < 9e18) axis.period_units = static_cast<std::uint64_t>(whole);
    axis.bins = static_cast<std::int64_t>(std::min(std::ceil(period / static_cast<double>(per_bin)), 9e18));
    assumptions.push_back(
        fmt::format("no nanotimes: laser pulses at {} Hz from macro time 0 on, {}", rate,
                    std::isnan(given.repetition_rate_hz) ? "as the file's laser_repetition_rate says" : "as given"));
    return axis;
}

class Pixels {
  public:
    Pixels(const PhotonHdf5& file, const ImportRequest& request) : channel_(request.options.channel) {
        const ImportOptions& given = request.options;
        not_photons_.insert(file.not_photons.begin(), file.not_photons.end());
        if (given.rows > 0 || given.columns > 0) {
            rows = std::max<std::int64_t>(1, given.rows);
            columns = std::max<std::int64_t>(1, given.columns);
            if (rows * columns > most_pixels)
                throw Error(ExitCode::usage, fmt::format("an image of {} x {} pixels is too large", rows, columns),
                            "at most 2^28 pixels are read");
            how = fmt::format("detector numbers are y * {} + x, as --rows and --columns say", columns);
            return;
        }
        if (set_places(file)) return;
        limit_ = most_detectors / static_cast<std::int64_t>(file.spots.size());
        seen_.resize(file.spots.size());
    }

    // First pass: the pixel, or a number that is not negative where pixels are only known afterwards; -1: none.
    std::int64_t look(const PhotonHdf5Photon& photon) {
        if (rows > 0) return pixel(photon);
        const std::int64_t id = photon.detector;
        if (!wanted(id)) return -1;
        if (id >= limit_)
            throw Error(ExitCode::bad_input, fmt::format("a photon was seen by detector {}", id),
                        fmt::format("numbers below {} can be made pixels of one row", limit_),
                        "give --rows and --columns");
        std::vector<std::int64_t>& seen = seen_[photon.spot];
        if (id >= std::ssize(seen)) seen.resize(static_cast<std::size_t>(id) + 1, -1);
        seen[static_cast<std::size_t>(id)] = 0;
        return id;
    }
    // After the first pass.
    void settle() {
        if (rows > 0) return;
        rows = 1;
        std::string names;
        for (std::size_t spot = 0; spot < seen_.size(); ++spot)
            for (std::size_t id = 0; id < seen_[spot].size(); ++id) {
                if (seen_[spot][id] < 0) continue;
                seen_[spot][id] = columns++;
                if (columns > 65) continue;
                if (columns == 65) names += ", …";
                else
                    names += fmt::format("{}{}{}", columns == 1 ? "" : ", ",
                                         seen_.size() == 1 ? "" : fmt::format("{}:", spot), id);
            }
        how = fmt::format("one row with a pixel for each detector that saw photons: {}{}", names,
                          seen_.size() == 1 ? "" : " (spot:detector)");
    }
    [[nodiscard]] std::int64_t pixel(const PhotonHdf5Photon& photon) const {
        const std::int64_t id = photon.detector;
        if (!wanted(id)) return -1;
        if (!seen_.empty()) return seen_[photon.spot][static_cast<std::size_t>(id)];
        if (places_.empty()) return id < rows * columns ? id : -1;
        return id < std::ssize(places_) ? places_[static_cast<std::size_t>(id)] : -1;
    }

    std::int64_t rows = 0, columns = 0;  // rows 0: not known yet
    std::string how;                     // for the assumptions

  private:
    [[nodiscard]] bool wanted(std::int64_t id) const {
        return (channel_ < 0 || id == channel_) && (not_photons_.empty() || !not_photons_.contains(id));
    }
    // By the file's places of detectors, where no two share one.
    bool set_places(const PhotonHdf5& file) {
        std::int64_t height = 0, width = 0;
        std::set<std::array<std::int64_t, 2>> taken;
        for (const auto& [id, place] : file.places) {
            width = std::max(width, place[0] + 1);
            height = std::max(height, place[1] + 1);
            if (!taken.insert(place).second) return false;
        }
        if (file.places.empty() || height * width > most_pixels) return false;
        rows = height;
        columns = width;
        places_.resize(static_cast<std::size_t>(file.places.rbegin()->first) + 1, -1);
        for (const auto& [id, place] : file.places)
            places_[static_cast<std::size_t>(id)] = place[1] * columns + place[0];
        how = "pixels are where /setup/detectors/position says (x, y)";
        return true;
    }

    std::int64_t channel_, limit_ = 0;
    std::set<std::int64_t> not_photons_;
    std::vector<std::int64_t> places_;             // [detector] pixel, -1: none
    std::vector<std::vector<std::int64_t>> seen_;  // [spot][detector] pixel, -1: no photons
};

struct Seen {
    std::vector<std::int64_t> by_bin = std::vector<std::int64_t>(most_bins, 0);
    std::int64_t without_pixel = 0, late = 0, kept = 0, bins = 0;
};

Seen survey(const PhotonHdf5& file, const TimeAxis& axis, Pixels& pixels, const ImportRequest& request) {
    Seen seen;
    const std::uint64_t limit = axis.bins > 0 ? std::min(static_cast<std::uint64_t>(axis.bins), most_bins) : most_bins;
    each_photon(
        file,
        [&](const PhotonHdf5Photon& photon) {
            const std::uint64_t bin = axis.bin(photon);
            if (bin >= limit) ++seen.late;
            else if (pixels.look(photon) < 0) ++seen.without_pixel;
            else ++seen.by_bin[bin];
        },
        [&](double share) { step(request, 0.5 * share); });
    pixels.settle();
    for (std::uint64_t bin = 0; bin < most_bins; ++bin)
        if (seen.by_bin[bin] > 0) {
            seen.kept += seen.by_bin[bin];
            seen.bins = static_cast<std::int64_t>(bin) + 1;
        }
    if (axis.bins > 0) seen.bins = static_cast<std::int64_t>(limit);
    if (seen.kept == 0)
        throw Error(ExitCode::bad_input, request.source.string() + ": holds no photons that can be used",
                    fmt::format("of {}, {} belong to no pixel and {} come too late", file.photons(), seen.without_pixel,
                                seen.late));
    return seen;
}

void set_exposure(Scan& scan, const PhotonHdf5& file, const ImportRequest& request,
                  std::vector<std::string>& assumptions) {
    const ImportOptions& given = request.options;
    if (!std::isnan(given.repetition_rate_hz)) scan.repetition_rate_hz = given.repetition_rate_hz;
    else if (file.repetition_rate_hz > 0) scan.repetition_rate_hz = file.repetition_rate_hz;
    if (!std::isnan(given.exposure_s)) {
        scan.exposure_s = {given.exposure_s};
        assumptions.push_back(fmt::format("each detector was exposed for {} s, as given", given.exposure_s));
    } else if (file.duration_s > 0) {
        scan.exposure_s = {file.duration_s};
        assumptions.emplace_back("each detector was exposed for the file's acquisition_duration");
    }
    if (scan.repetition_rate_hz && !scan.exposure_s.empty())
        scan.pulses = {scan.exposure_s[0] * *scan.repetition_rate_hz};
}

ImportReport import_photon_hdf5(const ImportRequest& request) {
    Hdf5Source source(request, "photon-hdf5", "Photon-HDF5 file");
    const PhotonHdf5 file = read_photon_hdf5(source.reader);
    AcquisitionInfo info =
        info_of_source(request, file.version.empty() ? "Photon-HDF5" : "Photon-HDF5 " + file.version);
    std::vector<std::string>& assumptions = info.provenance.assumptions;
    const TimeAxis axis = time_axis(file, request, assumptions);
    Pixels pixels(file, request);
    const Seen seen = survey(file, axis, pixels, request);

    Scan scan;
    scan.name = request.source.string();
    scan.kind = request.options.record == ImportOptions::Record::histogram ? ScanKind::histogram : ScanKind::events;
    scan.rows = pixels.rows;
    scan.columns = pixels.columns;
    scan.bins = seen.bins;
    scan.type = CountType::u4;
    scan.bin_width_s = axis.bin_width_s;
    assumptions.push_back(pixels.how);
    if (request.options.channel >= 0)
        assumptions.push_back(fmt::format("photons of detector {} alone, as given", request.options.channel));
    if (axis.bins == 0) assumptions.push_back(fmt::format("{} bins: up to the latest photon", seen.bins));
    if (!file.not_photons.empty())
        assumptions.push_back(
            fmt::format("detectors {} are markers (non_photon_id) and left out", fmt::join(file.not_photons, ", ")));
    if (seen.without_pixel > 0)
        assumptions.push_back(fmt::format("{} photons left out: they belong to no pixel", seen.without_pixel));
    if (seen.late > 0)
        assumptions.push_back(fmt::format("{} photons left out: later than {} bins", seen.late, seen.bins));
    set_time_and_path(scan, info, request);
    set_exposure(scan, file, request, assumptions);
    if (file.wavelength_m > 0) scan.wavelength_m = file.wavelength_m;
    if (const auto [height, width] = scan_size(request.options); height > 0) {
        scan.y_m = cell_centres(scan.rows, height);
        scan.x_m = cell_centres(scan.columns, width);
        info.scan_size_m = {height, width};
        assumptions.push_back(fmt::format("scan size {} m x {} m (y, x), as given", height, width));
    }
    ImportedPhotons out(request, scan, info, seen.kept, file.timestamp_unit_s);
    each_photon(
        file,
        [&](const PhotonHdf5Photon& photon) {
            const std::uint64_t bin = axis.bin(photon);
            if (bin >= static_cast<std::uint64_t>(seen.bins)) return;
            if (const std::int64_t pixel = pixels.pixel(photon); pixel >= 0) out.add(photon.time, bin, pixel);
        },
        [&](double share) { step(request, 0.5 + 0.45 * share); });
    out.commit();
    step(request, 1);
    return {"", scan, assumptions, seen.kept, seen.without_pixel + seen.late};
}

bool is_ours(const std::filesystem::path& source, std::span<const std::byte> head) {
    return is_hdf5_source(source, head, "photon-hdf5");
}

}  // namespace

Importer photon_hdf5_importer() {
    return {"photon-hdf5",
            "Photon-HDF5, one spot or several",
            {".h5", ".hdf5"},
            {"record", "channel", "rows", "columns", "bin_width_ps", "first_bin_ps", "scan_size_m", "light_path",
             "exposure_s", "repetition_rate_hz"},
            is_ours,
            import_photon_hdf5};
}

}  // namespace firstlight
