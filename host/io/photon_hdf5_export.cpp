#include "host/io/photon_hdf5_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>

#include "host/io/acquisition_layout.hpp"
#include "host/io/filters.hpp"
#include "host/io/identity.hpp"
#include "host/io/metadata_reader.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t chunk_photons = 1 << 16;
constexpr std::int64_t largest_in_memory = std::int64_t{128} << 20;
constexpr const char *times_path = "/photon_data/timestamps", *bins_path = "/photon_data/nanotimes",
                     *pixels_path = "/photon_data/detectors";

// Photons side by side, as EventDataset gives them.
struct Photons {
    std::int64_t n = 0;
    std::vector<std::int64_t> times;
    std::vector<std::byte> bins;  // u2, or u4 when wide
    std::vector<std::uint32_t> pixels;

    void read(const EventDataset& events, std::int64_t begin, std::int64_t count, EventDataset::Scratch& scratch) {
        n = count;
        const auto size = static_cast<std::size_t>(count);
        times.resize(size);
        bins.resize(size * events.bin_size());
        pixels.resize(size);
        events.read_timestamps(begin, n, times.data(), scratch);
        events.read_bins(begin, n, bins.data(), scratch);
        events.read_pixels(begin, n, pixels.data(), scratch);
    }
};

// What one pass over the photons finds out on the way.
struct Seen {
    std::vector<std::uint64_t> counts;  // [pixels]
    std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
    void note(const Photons& photons) {
        for (const std::uint32_t pixel : photons.pixels) ++counts[pixel];
        for (const std::int64_t time : photons.times) {
            first = std::min(first, time);
            last = std::max(last, time);
        }
    }
};

// The format asks for its own words in the attribute TITLE of every field.
class Fields {
  public:
    explicit Fields(h5::WriteFile& file) : file_(file) {}
    void group(const std::string& path, const char* title) {
        file_.group(path, "");
        file_.attribute(path, "TITLE", title);
    }
    void text(const std::string& path, const std::string& value, const char* title) {
        file_.text(path, value.empty() ? " " : value);
        file_.attribute(path, "FLAVOR",
                        "python");  // PyTables, which phconvert reads by, gives bytes then, not an array
        file_.attribute(path, "TITLE", title);
    }
    void real(const std::string& path, double value, const char* title) { put(path, "f8", {}, &value, title); }
    void whole(const std::string& path, std::int64_t value, const char* title) { put(path, "i8", {}, &value, title); }
    void truth(const std::string& path, bool value, const char* title, bool per_source = false) {
        const std::uint8_t stored = value ? 1 : 0;
        put(path, "u1", per_source ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{}, &stored, title);
    }
    void put(const std::string& path, const std::string& type, const std::vector<std::int64_t>& shape, const void* data,
             const char* title) {
        file_.dataset(path, type, shape, data, {});
        file_.attribute(path, "TITLE", title);
    }
    void column(const std::string& path, const std::string& type, std::int64_t photons, const char* title) {
        const std::int64_t chunk = std::min(chunk_photons, std::max<std::int64_t>(1, photons));
        file_.dataset(path, type, {photons}, nullptr, {{chunk}, true, "", ""});
        file_.attribute(path, "TITLE", title);
    }
    h5::WriteFile& file() { return file_; }

  private:
    h5::WriteFile& file_;
};

void write_chunk(h5::WriteFile& file, const char* path, std::int64_t begin, std::int64_t chunk, const void* values,
                 std::size_t bytes, std::size_t element) {
    std::vector<std::byte> whole(static_cast<std::size_t>(chunk) * element);  // the last one is stored whole
    std::memcpy(whole.data(), values, bytes);
    const std::vector<std::byte> packed = encode_chunk(whole, element);
    file.write_chunk(path, {begin}, packed.data(), packed.size());
}

Seen write_photons(Fields& out, const EventDataset& events, const PhotonHdf5Options& options) {
    out.group("/photon_data", "Group containing arrays of photon-data.");
    const std::int64_t all = events.tags(), chunk = std::min(chunk_photons, std::max<std::int64_t>(1, all));
    out.column(times_path, "i8", all,
               "Array of photon timestamps. Units specified in timestamps_units (defined in timestamps_specs/).");
    out.column(bins_path, events.wide() ? "u4" : "u2", all,
               "TCSPC photon arrival time (nanotimes). Units and other specifications are in nanotimes_specs group.");
    out.column(pixels_path, "u4", all, "Array of pixel IDs for each timestamp.");
    Seen seen;
    seen.counts.resize(static_cast<std::size_t>(events.pixels()));
    EventDataset::Scratch scratch;
    Photons photons;
    for (std::int64_t begin = 0; begin < all; begin += chunk) {
        if (options.step) options.step(begin, 2 * all);
        photons.read(events, begin, std::min(chunk, all - begin), scratch);
        seen.note(photons);
        const auto n = static_cast<std::size_t>(photons.n);
        write_chunk(out.file(), times_path, begin, chunk, photons.times.data(), n * 8, 8);
        write_chunk(out.file(), bins_path, begin, chunk, photons.bins.data(), photons.bins.size(), events.bin_size());
        write_chunk(out.file(), pixels_path, begin, chunk, photons.pixels.data(), n * 4, 4);
    }
    return seen;
}

void write_specs(Fields& out, const Scan& scan, const EventDataset& events) {
    const std::string data = "/photon_data/", specs = data + "measurement_specs";
    out.group(data + "timestamps_specs", "Specifications for timestamps.");
    out.real(data + "timestamps_specs/timestamps_unit", events.shape().timestamp_unit_s,
             "Value of 1-unit timestamp-increment in seconds.");
    out.group(data + "nanotimes_specs", "Group for nanotime-specific data.");
    out.real(data + "nanotimes_specs/tcspc_unit", scan.bin_width_s,
             "Value of 1-unit nanotime-increment in seconds (TCSPC bin size).");
    out.whole(data + "nanotimes_specs/tcspc_num_bins", scan.bins, "Number of TCSPC bins.");
    out.real(data + "nanotimes_specs/tcspc_range", scan.bin_width_s * static_cast<double>(scan.bins),
             "TCSPC full-scale range in seconds.");
    if (!scan.repetition_rate_hz) return;
    out.group(specs, "Metadata necessary for interpretation of the particular type of measurement.");
    out.text(specs + "/measurement_type", "generic", "Name of the measurement the data represents.");
    out.real(specs + "/laser_repetition_rate", *scan.repetition_rate_hz,
             "Repetition rate of the pulsed excitation laser (in Hertz).");
    out.group(specs + "/detectors_specs", "Mapping between the pixel IDs and the detection channels.");
}

void write_setup(Fields& out, const Scan& scan) {
    const std::string setup = "/setup/";
    out.group("/setup", "Information about the experimental setup.");
    out.whole(setup + "num_pixels", scan.pixels(), "Total number of detector pixels.");
    out.whole(setup + "num_spots", 1, "Number of excitation (or detection) \"spots\" in the sample.");
    out.whole(setup + "num_spectral_ch", 1, "Number of distinct spectral bands which are acquired.");
    out.whole(setup + "num_polarization_ch", 1, "Number of distinct polarization states which are acquired.");
    out.whole(
        setup + "num_split_ch", 1,
        "Number of distinct detection channels detecting the same spectral band and polarization. This value is > "
        "1 when using a non-polarizing beam splitter.");
    out.truth(setup + "modulated_excitation", false,
              "True (i.e. 1) if there is any form of excitation modulation of excitation wavelength (as in us-ALEX or "
              "PAX) or polarization. This field is also True for pulse-interleaved excitation (PIE) or ns-ALEX "
              "measurements.");
    out.truth(setup + "lifetime", true,
              "True (i.e. 1) if the measurement includes a nanotimes array of photon arrival times with respect to a "
              "laser pulse (as in TCSPC measurements).");
    out.truth(setup + "excitation_alternated", false,
              "New in version 0.5. Indicates whether each excitation source is alternated (True, or 1) or not "
              "alternated (False, or 0).",
              true);
    out.truth(setup + "excitation_cw", false,
              "For each excitation source, this field indicates whether excitation is continuous wave (CW), True (i.e. "
              "1), or pulsed, False (i.e. 0).",
              true);
    if (scan.repetition_rate_hz)
        out.put(setup + "laser_repetition_rates", "f8", {1}, &*scan.repetition_rate_hz,
                "Repetition rates in Hz for each laser. CW lasers have a value of 0.");
    if (!scan.wavelength_m) return;
    out.put(setup + "excitation_wavelengths", "f8", {1}, &*scan.wavelength_m,
            "List of excitation wavelengths (center wavelength if broad-band) in increasing order (unit: meter).");
    out.put(setup + "detection_wavelengths", "f8", {1}, &*scan.wavelength_m,
            "Reference wavelengths (units: meter) for each detected spectral band.");
}

void write_detectors(Fields& out, const Scan& scan, const Seen& seen) {
    const std::string detectors = "/setup/detectors/";
    const std::int64_t pixels = scan.pixels();
    out.group("/setup/detectors",
              "Metadata relative to each detector's pixel. Each field is an array with size equal to the number of the "
              "detectors.");
    std::vector<std::uint32_t> ids(static_cast<std::size_t>(pixels)), places;
    std::iota(ids.begin(), ids.end(), 0U);
    for (std::int64_t y = 0; y < scan.rows; ++y)
        for (std::int64_t x = 0; x < scan.columns; ++x) {
            places.push_back(static_cast<std::uint32_t>(x));
            places.push_back(static_cast<std::uint32_t>(y));
        }
    out.put(detectors + "id", "u4", {pixels}, ids.data(), "Detector IDs as they appear on /photon_data/detectors.");
    out.put(detectors + "counts", "u8", {pixels}, seen.counts.data(),
            "Total number of counts detected by each detector.");
    out.put(detectors + "position", "u4", {pixels, 2}, places.data(),
            "2-D array of integers containing the X-Y coordinates of each pixel in the array.");
    if (static_cast<std::int64_t>(scan.dark_rate_hz.size()) == pixels)
        out.put(detectors + "dcr", "f8", {pixels}, scan.dark_rate_hz.data(), "Dark counts (cps) for each pixel.");
}

std::string clock_time(std::string iso) {  // as the format writes it: 2025-01-31 12:00:00
    std::replace(iso.begin(), iso.end(), 'T', ' ');
    return iso.substr(0, 19);
}

void write_identity(Fields& out, const std::filesystem::path& path, const AcquisitionFile& acquisition,
                    const PhotonHdf5Options& options) {
    const std::string identity = "/identity/", name = "Name of the file format.",
                      version = "Version for the Photon-HDF5 format.";
    out.file().attribute("/", "TITLE",
                         "A file format for photon-counting detector based single-molecule spectroscopy experiments.");
    out.file().attribute("/", "format_name", "Photon-HDF5");
    out.file().attribute("/", "format_version", "0.5");
    out.file().attribute("/", "format_url", "http://photon-hdf5.org/");
    out.text("/format_name", "Photon-HDF5", name.c_str());
    out.text("/format_version", "0.5", version.c_str());
    out.text("/description", acquisition.info().title, "A user-defined comment describing the data file.");
    out.group("/identity", "Information about the Photon-HDF5 data file.");
    out.text(identity + "format_name", "Photon-HDF5", name.c_str());
    out.text(identity + "format_version", "0.5", version.c_str());
    out.text(identity + "format_url", "http://photon-hdf5.org/", "Official URL for the Photon-HDF5 format.");
    out.text(identity + "software", "firstlight", "Name of the software used to create the current Photon-HDF5 file.");
    out.text(identity + "software_version", options.software_version,
             "Version of the software used to create current the Photon-HDF5 file.");
    out.text(identity + "creation_time", clock_time(options.created.empty() ? now_utc() : options.created),
             "Creation time of the current Photon-HDF5 file.");
    out.text(identity + "filename", path.filename().string(),
             "Original file name of the current Photon-HDF5 file (i.e. file name at creation time).");
    out.group("/provenance", "Information about the original data file.");
    out.text("/provenance/filename", acquisition.path().filename().string(),
             "File name of the original data file before conversion to Photon-HDF5.");
    if (!acquisition.info().created.empty())
        out.text("/provenance/creation_time", clock_time(acquisition.info().created),
                 "Creation time of the original data file.");
}

void check_photons(const std::filesystem::path& path, const EventDataset& wanted, const PhotonHdf5Options& options) {
    Findings findings(/*gather=*/false);
    const MetadataReader reader(path, options.memory_bytes, findings);
    const EventDataset found(reader.stored(times_path), reader.stored(bins_path), reader.stored(pixels_path),
                             wanted.shape());
    EventDataset::Scratch scratch, found_scratch;
    Photons one, other;
    bool same = found.tags() == wanted.tags() && found.wide() == wanted.wide();
    for (std::int64_t begin = 0; same && begin < wanted.tags(); begin += chunk_photons) {
        if (options.step) options.step(wanted.tags() + begin, 2 * wanted.tags());
        const std::int64_t n = std::min(chunk_photons, wanted.tags() - begin);
        one.read(wanted, begin, n, scratch);
        other.read(found, begin, n, found_scratch);
        same = one.times == other.times && one.bins == other.bins && one.pixels == other.pixels;
    }
    if (!same)
        throw Error(ExitCode::output, path.string() + ": holds other photons than were written", "", "check the disk");
}

}  // namespace

PhotonHdf5Report write_photon_hdf5(const std::filesystem::path& path, const AcquisitionFile& acquisition,
                                   const PhotonHdf5Options& options) {
    const Scan& scan = acquisition.scan();
    const EventDataset* events = acquisition.events();
    if (events == nullptr)
        throw Error(ExitCode::bad_input, scan.name + ": holds no photon events",
                    "Photon-HDF5 holds a time stamp for every photon", "choose an acquisition of kind events");
    AtomicFile target(path, options.force);  // destroyed last: removes the temporary file
    {
        const NoFileSizeSignal guard;
        std::unique_ptr<h5::WriteFile> file;
        if (events->tags() * 14 <= largest_in_memory) file = std::make_unique<h5::WriteFile>();
        else file = std::make_unique<h5::WriteFile>(target.temporary());
        Fields out(*file);
        const Seen seen = write_photons(out, *events, options);
        write_specs(out, scan, *events);
        write_setup(out, scan);
        write_detectors(out, scan, seen);
        write_identity(out, path, acquisition, options);
        const std::int64_t span = events->tags() > 0 ? seen.last - seen.first : 0;
        out.real("/acquisition_duration", static_cast<double>(span) * events->shape().timestamp_unit_s,
                 "Measurement duration in seconds.");
        put_in_place(*file, target);
    }
    check_photons(path, *events, options);
    PhotonHdf5Report report;
    report.photons = events->tags();
    if (acquisition.reference_events() != nullptr)
        report.left_out.push_back(
            fmt::format("the {} photons of the reference", acquisition.reference_events()->tags()));
    if (acquisition.has_truth()) report.left_out.emplace_back("the truth of the simulation");
    if (!scan.irf.empty() || !scan.t0_map_s.empty() || !scan.flat.empty() || !scan.pixel_mask.empty())
        report.left_out.emplace_back("the calibration");
    return report;
}

}  // namespace firstlight
