#include "host/io/importers/photon_hdf5_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/io/element_cast.hpp"
#include "kernels/support/error.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t most_spots = 1024, block_photons = 1 << 16, most_detectors = 1 << 20;
constexpr double most_bins = 1 << 24;

[[noreturn]] void refuse(const std::string& where, const std::string& problem, const std::string& why,
                         const std::string& suggestion = "correct it where the file is made") {
    throw Error(ExitCode::bad_input, fmt::format("{} {}", where, problem), why, suggestion);
}

StoredDataset column(const MetadataReader& reader, const std::string& path) {
    StoredDataset stored = reader.stored(path);
    const h5::ElementType& type = stored.layout().type;
    if (type.kind != h5::Kind::unsigned_integer && type.kind != h5::Kind::signed_integer)
        refuse(stored.where(), "is of type " + type.name, "whole numbers were expected");
    if (stored.layout().shape.size() != 1)
        refuse(stored.where(), fmt::format("has {} axes", stored.layout().shape.size()),
               "one number for each photon was expected");
    return stored;
}

// A number that all spots share.
void share(double& known, double found, const std::string& path, const MetadataReader& reader) {
    if (known != 0 && found != known)
        refuse(fmt::format("{}: {}", reader.file().name(), path), fmt::format("is {}", found),
               fmt::format("it is {} for another spot, and a scan has one time axis", known), "import each spot alone");
    known = found;
}

PhotonHdf5::Spot read_spot(MetadataReader& reader, const std::string& group, PhotonHdf5& out) {
    const std::string stamps = group + "/timestamps", unit = group + "/timestamps_specs/timestamps_unit";
    for (const std::string& path : {stamps, unit})
        if (!reader.has(path))
            refuse(fmt::format("{}: {}", reader.file().name(), path), "is missing", "Photon-HDF5 demands it");
    PhotonHdf5::Spot spot{group, column(reader, stamps), {}, {}};
    share(out.timestamp_unit_s, reader.number(unit, "1", 1e-15, 1).value_or(0), unit, reader);
    const auto optional_column = [&](const char* name) -> std::optional<StoredDataset> {
        const std::string path = fmt::format("{}/{}", group, name);
        if (!reader.has(path)) return std::nullopt;
        StoredDataset found = column(reader, path);
        if (found.elements() != spot.timestamps.elements())
            refuse(found.where(), fmt::format("has {} values", found.elements()),
                   fmt::format("there are {} time stamps, and each photon has one of each", spot.timestamps.elements()),
                   "record or convert the file again");
        return found;
    };
    spot.detectors = optional_column("detectors");
    spot.nanotimes = optional_column("nanotimes");
    const std::string specs = group + "/nanotimes_specs/", measurement = group + "/measurement_specs/";
    if (spot.nanotimes) {
        if (const auto found = reader.number(specs + "tcspc_unit", "1", 1e-15, 1))
            share(out.tcspc_unit_s, *found, specs + "tcspc_unit", reader);
        if (const auto found = reader.number(specs + "tcspc_num_bins", "1", 1, most_bins)) {
            double bins = static_cast<double>(out.tcspc_bins);
            share(bins, std::floor(*found), specs + "tcspc_num_bins", reader);
            out.tcspc_bins = static_cast<std::int64_t>(bins);
        }
    }
    if (const auto rate = reader.number(measurement + "laser_repetition_rate", "1", 1e-6, 1e15))
        share(out.repetition_rate_hz, *rate, measurement + "laser_repetition_rate", reader);
    for (int i = 1; i <= 16; ++i)
        for (const double id :
             reader.array(fmt::format("{}detectors_specs/non_photon_id{}", measurement, i), "1", {{-1}, {}}))
            if (const auto number = static_cast<std::int64_t>(std::clamp(id, -1.0, 1e9));
                std::find(out.not_photons.begin(), out.not_photons.end(), number) == out.not_photons.end())
                out.not_photons.push_back(number);
    return spot;
}

void read_setup(MetadataReader& reader, PhotonHdf5& out) {
    if (out.repetition_rate_hz == 0) {  // of lasers: one that pulses
        std::vector<double> rates = reader.array("/setup/laser_repetition_rates", "1", {{-1}, {}});
        std::erase(rates, 0.0);
        if (!rates.empty() && rates[0] > 0 && std::count(rates.begin(), rates.end(), rates[0]) == std::ssize(rates))
            out.repetition_rate_hz = rates[0];
    }
    const std::vector<double> wavelengths = reader.array("/setup/excitation_wavelengths", "1", {{-1}, {}});
    if (wavelengths.size() == 1 && wavelengths[0] > 1e-9 && wavelengths[0] < 1e-3) out.wavelength_m = wavelengths[0];
    for (const char* name : {"/acquisition_duration", "/acquisition_time"})
        if (const auto duration = reader.number(name, "1", 0, 1e12); duration && out.duration_s == 0)
            out.duration_s = *duration;
    if (!reader.has("/setup/detectors/id") || !reader.has("/setup/detectors/position")) return;
    const std::vector<double> ids = reader.array("/setup/detectors/id", "1", {{-1}});
    const auto n = static_cast<std::int64_t>(ids.size());
    const std::vector<double> places = reader.array("/setup/detectors/position", "1", {{n, 2}});
    for (std::size_t i = 0; i < ids.size(); ++i)
        for (const double value : {ids[i], places[2 * i], places[2 * i + 1]})
            if (!(value >= 0 && value < static_cast<double>(most_detectors) && value == std::floor(value)))
                refuse(reader.file().name() + ": /setup/detectors", fmt::format("holds {} at detector {}", value, i),
                       "numbers and places of detectors from 0 to 2^20 are read");
    for (std::size_t i = 0; i < ids.size(); ++i)
        out.places[static_cast<std::int64_t>(ids[i])] = {static_cast<std::int64_t>(places[2 * i]),
                                                         static_cast<std::int64_t>(places[2 * i + 1])};
}

// Photons of one spot, block by block.
class SpotReader {
  public:
    SpotReader(const PhotonHdf5::Spot& spot, std::int64_t block) : spot_(spot), block_(block) { fill(); }

    [[nodiscard]] bool ended() const { return at_ == times_.size(); }
    [[nodiscard]] std::uint64_t time() const { return times_[at_]; }
    [[nodiscard]] std::uint64_t nanotime() const { return nanotimes_.empty() ? 0 : nanotimes_[at_]; }
    [[nodiscard]] std::int64_t detector() const {
        return detectors_.empty() ? 0 : static_cast<std::int64_t>(detectors_[at_]);
    }
    // True where a block is done.
    bool next() {
        if (++at_ < times_.size()) return false;
        fill();
        return true;
    }

  private:
    void fill() {
        at_ = 0;
        const std::int64_t n = std::min(block_, spot_.timestamps.elements() - begin_);
        read(spot_.timestamps, n, times_, scratch_[0]);
        if (spot_.detectors) read(*spot_.detectors, n, detectors_, scratch_[1]);
        if (spot_.nanotimes) read(*spot_.nanotimes, n, nanotimes_, scratch_[2]);
        begin_ += n;
    }
    void read(const StoredDataset& column, std::int64_t n, std::vector<std::uint64_t>& out,
              StoredDataset::Scratch& scratch) {
        const h5::ElementType& type = column.layout().type;
        out.resize(static_cast<std::size_t>(n));
        raw_.resize(out.size() * type.bytes);
        column.read_box(&begin_, &n, raw_.data(), scratch);
        visit_elements(type, raw_.data(), out.size(), [&](std::size_t i, auto value) {
            if constexpr (std::is_integral_v<decltype(value)>) {
                if (!std::in_range<std::int64_t>(value) || std::cmp_less(value, 0))
                    refuse(column.where(),
                           fmt::format("holds {} at photon {}", value, begin_ + static_cast<std::int64_t>(i)),
                           "numbers from 0 to 2^63 - 1 are read", "record or convert the file again");
                out[i] = static_cast<std::uint64_t>(value);
            }
        });
    }

    const PhotonHdf5::Spot& spot_;
    std::int64_t block_, begin_ = 0;
    std::size_t at_ = 0;
    std::vector<std::uint64_t> times_, detectors_, nanotimes_;
    std::vector<std::byte> raw_;
    std::array<StoredDataset::Scratch, 3> scratch_;
};

}  // namespace

std::int64_t PhotonHdf5::photons() const {
    std::int64_t sum = 0;
    for (const Spot& spot : spots) sum += spot.timestamps.elements();
    return sum;
}

bool is_photon_hdf5(MetadataReader& reader) {
    return reader.attribute("/", "format_name") == "Photon-HDF5" ||
           (reader.has("/identity/format_name") && reader.text("/identity/format_name") == "Photon-HDF5");
}

PhotonHdf5 read_photon_hdf5(MetadataReader& reader) {
    PhotonHdf5 out;
    out.version = reader.attribute("/", "format_version");
    if (reader.has("/photon_data")) out.spots.push_back(read_spot(reader, "/photon_data", out));
    for (std::int64_t i = 0; i < most_spots && !reader.has("/photon_data"); ++i) {
        const std::string group = fmt::format("/photon_data{}", i);
        if (!reader.has(group)) break;
        out.spots.push_back(read_spot(reader, group, out));
    }
    const std::string name = reader.file().name();
    if (out.spots.empty()) refuse(name + ": /photon_data", "is missing", "Photon-HDF5 keeps its photons there");
    for (const PhotonHdf5::Spot& spot : out.spots)
        if (spot.nanotimes.has_value() != out.timed())
            refuse(fmt::format("{}: {}", name, spot.group), out.timed() ? "has no nanotimes" : "has nanotimes",
                   "another spot differs, and a scan has one time axis", "import each spot alone");
    read_setup(reader, out);
    return out;
}

void each_photon(const PhotonHdf5& file, const std::function<void(const PhotonHdf5Photon&)>& visit,
                 const std::function<void(double)>& progress) {
    const auto spots = static_cast<std::int64_t>(file.spots.size());
    std::vector<SpotReader> readers;
    readers.reserve(file.spots.size());
    for (const PhotonHdf5::Spot& spot : file.spots)
        readers.emplace_back(spot, std::max<std::int64_t>(1024, block_photons / spots));
    const auto all = static_cast<double>(std::max<std::int64_t>(1, file.photons()));
    PhotonHdf5Photon photon;
    for (std::int64_t done = 0;;) {
        std::size_t first = readers.size();
        for (std::size_t i = 0; i < readers.size(); ++i)
            if (!readers[i].ended() && (first == readers.size() || readers[i].time() < readers[first].time()))
                first = i;
        if (first == readers.size()) break;
        SpotReader& reader = readers[first];
        // One spot alone needs no look at others between its photons.
        const std::uint64_t until = spots == 1 ? std::numeric_limits<std::uint64_t>::max() : reader.time();
        bool block_done = false;
        while (!block_done && !reader.ended() && reader.time() <= until) {
            photon = {reader.time(), reader.nanotime(), reader.detector(), first};
            visit(photon);
            ++done;
            block_done = reader.next();
        }
        if (block_done) progress(static_cast<double>(done) / all);
    }
}

}  // namespace firstlight
