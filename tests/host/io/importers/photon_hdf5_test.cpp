// Photon-HDF5 files written here, whose photons are known; phconvert (PyPI) writes others for the last test.
#include <gtest/gtest.h>

#include "host/io/h5.hpp"
#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

struct SpotFile {
    std::vector<std::int64_t> times;
    std::vector<std::uint8_t> detectors;
    std::vector<std::uint16_t> nanotimes;
    double unit_s = 50e-9, tcspc_unit_s = 16e-12;
    std::int64_t tcspc_bins = 100;
    double rate_hz = 0;
};

struct PhotonFile {
    std::vector<SpotFile> spots{{{10, 20, 30, 40, 50}, {0, 7, 0, 7, 3}, {5, 99, 100, 0, 42}}};
    std::string format_name = "Photon-HDF5";
    double duration_s = 2;
    std::vector<double> ids, places;
    std::vector<double> markers;
    std::vector<double> laser_rates_hz;
    std::string left_out;  // a dataset that is not written

    void write(const std::filesystem::path& path) const {
        std::filesystem::remove(path);
        h5::WriteFile file;
        file.attribute("/", "format_name", format_name);
        file.attribute("/", "format_version", std::string("0.5"));
        const auto put = [&](const std::string& name, const std::string& type, std::int64_t n, const void* data) {
            if (name != left_out)
                file.dataset(name, type, n < 0 ? std::vector<std::int64_t>{} : std::vector{n}, data, {});
        };
        const auto put_number = [&](const std::string& name, double value) { put(name, "f8", -1, &value); };
        if (duration_s > 0) put_number("/acquisition_duration", duration_s);
        for (std::size_t i = 0; i < spots.size(); ++i) {
            const SpotFile& spot = spots[i];
            const std::string group = spots.size() == 1 ? "/photon_data" : "/photon_data" + std::to_string(i);
            file.group(group, "");
            put(group + "/timestamps", "i8", std::ssize(spot.times), spot.times.data());
            if (!spot.detectors.empty())
                put(group + "/detectors", "u1", std::ssize(spot.detectors), spot.detectors.data());
            file.group(group + "/timestamps_specs", "");
            put_number(group + "/timestamps_specs/timestamps_unit", spot.unit_s);
            if (!spot.nanotimes.empty()) {
                put(group + "/nanotimes", "u2", std::ssize(spot.nanotimes), spot.nanotimes.data());
                file.group(group + "/nanotimes_specs", "");
                put_number(group + "/nanotimes_specs/tcspc_unit", spot.tcspc_unit_s);
                put(group + "/nanotimes_specs/tcspc_num_bins", "i8", -1, &spot.tcspc_bins);
            }
            file.group(group + "/measurement_specs", "");
            if (spot.rate_hz > 0) put_number(group + "/measurement_specs/laser_repetition_rate", spot.rate_hz);
            if (markers.empty()) continue;
            file.group(group + "/measurement_specs/detectors_specs", "");
            put(group + "/measurement_specs/detectors_specs/non_photon_id1", "f8", std::ssize(markers), markers.data());
        }
        if (!ids.empty() || !laser_rates_hz.empty()) file.group("/setup", "");
        if (!laser_rates_hz.empty())
            put("/setup/laser_repetition_rates", "f8", std::ssize(laser_rates_hz), laser_rates_hz.data());
        if (!ids.empty()) {
            file.group("/setup/detectors", "");
            put("/setup/detectors/id", "f8", std::ssize(ids), ids.data());
            if ("/setup/detectors/position" != left_out)
                file.dataset("/setup/detectors/position", "f8", {std::ssize(places) / 2, 2}, places.data(), {});
        }
        const std::vector<std::byte> image = file.finish_image();
        write_bytes(path, {reinterpret_cast<const char*>(image.data()), image.size()});
    }
};

class PhotonHdf5Import : public testing::Test {
  protected:
    ScratchFolder folder_{"photon_hdf5"};
    const std::filesystem::path source_ = folder_.path / "photons.hdf5", h5_ = folder_.path / "scan.h5";

    ReadEvents events(const PhotonFile& file, const Options& options = {}) {
        file.write(source_);
        report_ = import_file(import_request(source_, h5_, options));
        const AcquisitionFile read = AcquisitionFile::open(h5_, {});
        scan_ = read.scan();
        EXPECT_EQ(report_.counts, read.events()->tags());
        return read_events(read);
    }
    std::string refused(const PhotonFile& file, const Options& options = {}, ExitCode code = ExitCode::bad_input) {
        file.write(source_);
        return refusal(source_, options, code);
    }
    ImportReport report_;
    Scan scan_;
};

TEST_F(PhotonHdf5Import, detectors_are_pixels_of_a_row) {
    // Detectors 0, 3 and 7 saw photons; the one at 30 is later than the TCSPC's range of 100 bins.
    EXPECT_EQ(events({}), (ReadEvents{{0, 2, 2, 1}, {5, 99, 0, 42}, {10, 20, 40, 50}}));
    EXPECT_EQ(report_.left_out, 1);
    EXPECT_EQ(report_.format, "photon-hdf5");
    EXPECT_EQ(scan_.columns, 3);
    EXPECT_EQ(scan_.bins, 100);
    EXPECT_DOUBLE_EQ(scan_.bin_width_s, 16e-12);
    EXPECT_EQ(scan_.exposure_s, (std::vector<double>{2}));
    EXPECT_EQ(events({}, {{"channel", "7"}}), (ReadEvents{{0, 0}, {99, 0}, {20, 40}}));
    EXPECT_EQ(events({}, {{"bin_width_ps", "64"}}).bins, (std::vector<std::uint32_t>{1, 24, 0, 10}));
    EXPECT_EQ(scan_.bins, 25);
}

TEST_F(PhotonHdf5Import, pixels_by_number_or_by_place) {
    EXPECT_EQ(events({}, {{"rows", "2"}, {"columns", "3"}}), (ReadEvents{{0, 3}, {5, 42}, {10, 50}}));
    EXPECT_EQ(scan_.rows, 2);
    EXPECT_EQ(report_.left_out, 3);
    PhotonFile file;
    file.ids = {0, 3, 7};
    file.places = {1, 0, 0, 0, 1, 1};  // x, y
    EXPECT_EQ(events(file).pixels, (std::vector<std::uint32_t>{1, 3, 3, 0}));
    EXPECT_EQ(scan_.rows, 2);
    EXPECT_EQ(scan_.columns, 2);
    file.places[5] = 0;  // two detectors at one place
    EXPECT_EQ(events(file).pixels, (std::vector<std::uint32_t>{0, 2, 2, 1}));
    file.places[5] = -1;
    EXPECT_SAYS(refused(file), "/setup/detectors holds -1 at detector 2");
}

TEST_F(PhotonHdf5Import, without_nanotimes_photons_are_timed_by_the_laser) {
    PhotonFile file;
    file.spots[0].nanotimes.clear();
    file.spots[0].unit_s = 1e-9;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "give --repetition-rate-hz");
    EXPECT_EQ(events(file, {{"repetition_rate_hz", "8e7"}}).bins,
              (std::vector<std::uint32_t>{10, 7, 5, 2, 0}));  // modulo 12.5
    EXPECT_EQ(scan_.bins, 13);
    file.laser_rates_hz = {0, 8e7};  // one is continuous
    EXPECT_EQ(events(file).bins, (std::vector<std::uint32_t>{10, 7, 5, 2, 0}));
    file.laser_rates_hz[0] = 4e7;
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "give --repetition-rate-hz");
    file.spots[0].rate_hz = 1 / 15e-9;
    EXPECT_EQ(events(file).bins, (std::vector<std::uint32_t>{10, 5, 0, 10, 5}));
    EXPECT_DOUBLE_EQ(scan_.pulses.at(0), 2 / 15e-9);
    file.spots[0].rate_hz = 1e9;
    EXPECT_SAYS(refused(file), "light cannot be told apart in time");
}

TEST_F(PhotonHdf5Import, spots_are_merged_in_time) {
    PhotonFile file;
    file.spots = {{{10, 30, 30}, {1, 0, 1}, {1, 2, 3}}, {{5, 30, 90}, {}, {4, 5, 6}}};
    EXPECT_EQ(events(file), (ReadEvents{{2, 1, 0, 1, 2, 2}, {4, 1, 2, 3, 5, 6}, {5, 10, 30, 30, 30, 90}}));
    file.spots[1].tcspc_unit_s = 17e-12;
    EXPECT_SAYS(refused(file), "/photon_data1/nanotimes_specs/tcspc_unit is 1.7e-11");
    file.spots[1].nanotimes.clear();
    EXPECT_SAYS(refused(file), "/photon_data1 has no nanotimes");
}

TEST_F(PhotonHdf5Import, markers_are_no_photons) {
    PhotonFile file;
    file.markers = {7};
    EXPECT_EQ(events(file).pixels, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(report_.left_out, 3);
}

TEST_F(PhotonHdf5Import, events_and_histogram_hold_the_same) {
    const ReadEvents tags = events({});
    (void)import_file(import_request(source_, h5_, {{"record", "histogram"}}));
    const AcquisitionFile file = AcquisitionFile::open(h5_, {});
    std::vector<std::uint32_t> expected(static_cast<std::size_t>(3 * 100), 0);
    for (std::size_t i = 0; i < tags.pixels.size(); ++i) ++expected[tags.pixels[i] * 100 + tags.bins[i]];
    EXPECT_EQ(read_counts(file), expected);
}

TEST_F(PhotonHdf5Import, refuses_what_is_absurd) {
    for (const char* name : {"/photon_data/timestamps", "/photon_data/timestamps_specs/timestamps_unit"}) {
        PhotonFile file;
        file.left_out = name;
        EXPECT_SAYS(refused(file), std::string(name) + " is missing (Photon-HDF5 demands it)");
    }
    PhotonFile file;
    file.format_name = "Phonon-HDF5";
    EXPECT_SAYS(refused(file), "is of no format that can be imported");
    file = {};
    file.spots[0].detectors.pop_back();
    EXPECT_SAYS(refused(file), "/photon_data/detectors has 4 values (there are 5 time stamps");
    file = {};
    file.spots[0].times[3] = -40;
    EXPECT_SAYS(refused(file), "/photon_data/timestamps holds -40 at photon 3");
    file = {};
    file.spots[0].unit_s = std::numeric_limits<double>::quiet_NaN();
    EXPECT_SAYS(refused(file), "timestamps_unit holds nan");
    file.spots[0].unit_s = 50;  // not in seconds
    EXPECT_SAYS(refused(file), "timestamps_unit is 50 (expected a number from");
    file = {};
    file.spots[0].tcspc_bins = 1LL << 40;
    EXPECT_SAYS(refused(file), "tcspc_num_bins is 1099511627776");
    file = {};
    EXPECT_SAYS(refused(file, {{"channel", "5"}}), "holds no photons that can be used (of 5, 4 belong to no pixel");
    file.write(source_);
    const std::string good = bytes_of(source_);
    write_bytes(source_, good.substr(0, good.size() - 100));
    EXPECT_SAYS(refusal(source_), "is truncated");
    write_bytes(source_, "not HDF5 at all");
    ImportRequest request = import_request(source_, h5_);
    request.format = "photon-hdf5";
    EXPECT_THROW((void)import_file(request), Error);
}

TEST_F(PhotonHdf5Import, random_damage_is_survived) {
    PhotonFile two;
    two.spots = {{{10, 30, 30}, {1, 0, 1}, {1, 2, 3}}, {{5, 30, 90}, {}, {4, 5, 6}}};
    std::vector<std::string> seeds;
    for (const PhotonFile& file : {PhotonFile(), two}) {
        file.write(source_);
        seeds.push_back(bytes_of(source_));
    }
    survive_damage("photon-hdf5", source_, seeds, 100, {{}, {{"record", "histogram"}}});
}

TEST_F(PhotonHdf5Import, agrees_with_phconvert) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const std::string where = "'" + folder_.path.string() + "'";
    const int wrote = run_python("importers/photon_hdf5_files.py", "write " + where);
    if (WEXITSTATUS(wrote) == 77) GTEST_SKIP() << "the Python of the tests has no phconvert";
    ASSERT_EQ(wrote, 0);
    for (const char* name : {"timed", "untimed", "spots"}) {
        const std::filesystem::path source = folder_.path / (std::string(name) + ".hdf5");
        (void)import_file(import_request(source, folder_.path / (std::string(name) + ".h5")));
    }
    EXPECT_EQ(run_python("importers/photon_hdf5_files.py", "check " + where), 0);
}

}  // namespace
}  // namespace firstlight
