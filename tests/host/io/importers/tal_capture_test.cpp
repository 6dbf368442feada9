// Captures of tal written here, whose light is known; those of the last test are written as tal itself writes them.
#include <gtest/gtest.h>

#include "host/io/h5.hpp"
#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

constexpr double c = 299792458.0;

struct TalFile {
    std::int64_t format = 1;                   // T_Sx_Sy
    std::vector<std::int64_t> shape{4, 3, 2};  // T, Sx, Sy
    std::vector<std::int64_t> laser{3, 2};     // points; those of the sensor where there are as many
    std::string type = "f4";
    double bin_m = 0.003, start_m = 0.3;
    std::int64_t accounts = 0;
    std::vector<double> origin{0, 0, 1};  // of laser and sensor
    double laser_shift_m = 0;
    std::vector<std::pair<std::size_t, double>> changed;  // values of H
    std::string left_out;

    static double value(std::int64_t i) { return static_cast<double>(i % 1000) * 0.5; }
    static std::array<double, 3> point(std::int64_t i, std::int64_t j) {
        return {0.1 * static_cast<double>(i), 0.2 * static_cast<double>(j), 0};
    }

    void write(const std::filesystem::path& path) const {
        h5::WriteFile file;
        const auto put = [&](const std::string& name, const std::string& kind, const std::vector<std::int64_t>& size,
                             const void* data) {
            if (name != left_out) file.dataset(name, kind, size, data, {});
        };
        std::size_t n = 1;
        for (const std::int64_t side : shape) n *= static_cast<std::size_t>(side);
        std::vector<double> values(n);
        for (std::size_t i = 0; i < n; ++i) values[i] = value(static_cast<std::int64_t>(i));
        for (const auto& [i, changed_to] : changed) values[i] = changed_to;
        const std::vector<float> single(values.begin(), values.end());
        if (type == "f4") put("/H", type, shape, single.data());
        else put("/H", type, shape, values.data());
        put("/H_format", "i8", {1}, &format);
        put("/delta_t", "f8", {}, &bin_m);
        put("/t_start", "f8", {}, &start_m);
        put("/t_accounts_first_and_last_bounces", "i8", {}, &accounts);
        put("/sensor_xyz", "f8", {3}, origin.data());
        put("/laser_xyz", "f8", {3}, origin.data());
        const bool grid = format < 3;
        const auto points = [&](std::int64_t first, std::int64_t second, double shift) {
            std::vector<double> all;
            for (std::int64_t i = 0; i < first; ++i)
                for (std::int64_t j = 0; j < second; ++j) {
                    const auto [x, y, z] = point(i, j);
                    all.insert(all.end(), {x + shift, y, z});
                }
            return all;
        };
        const std::int64_t first = grid ? shape[shape.size() - 2] : shape.back(), second = grid ? shape.back() : 1;
        const auto put_points = [&](const std::string& name, std::int64_t a, std::int64_t b, double shift) {
            const std::vector<double> all = points(a, b, shift);
            put(name, "f8", grid ? std::vector<std::int64_t>{a, b, 3} : std::vector<std::int64_t>{a, 3}, all.data());
        };
        put_points("/sensor_grid_xyz", first, second, 0);
        put_points("/laser_grid_xyz", laser[0], grid ? laser[1] : 1, laser_shift_m);
        const std::vector<std::byte> image = file.finish_image();
        write_bytes(path, {reinterpret_cast<const char*>(image.data()), image.size()});
    }
};

class TalCapture : public testing::Test {
  protected:
    ScratchFolder folder_{"tal"};
    const std::filesystem::path source_ = folder_.path / "capture.hdf5", h5_ = folder_.path / "scan.h5";

    std::vector<float> counts(const TalFile& file, const Options& options = {}) {
        file.write(source_);
        report_ = import_file(import_request(source_, h5_, options));
        const AcquisitionFile read = AcquisitionFile::open(h5_, {});
        scan_ = read.scan();
        EXPECT_EQ(scan_.type, CountType::f4);
        std::vector<float> all(static_cast<std::size_t>(scan_.pixels() * scan_.bins));
        CountDataset::Scratch scratch;
        read.counts().read({0, 0, 0, scan_.rows, scan_.columns, scan_.columns}, all.data(), scratch);
        return all;
    }
    std::string refused(const TalFile& file, const Options& options = {}, ExitCode code = ExitCode::bad_input) {
        file.write(source_);
        return refusal(source_, options, code);
    }
    void expect_light(const std::vector<float>& found, std::int64_t columns, std::int64_t rows, std::int64_t bins) {
        std::vector<float> expected;
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x)
                for (std::int64_t t = 0; t < bins; ++t)
                    expected.push_back(static_cast<float>(TalFile::value((t * columns + x) * rows + y)));
        EXPECT_TRUE(found == expected);
    }
    ImportReport report_;
    Scan scan_;
};

TEST_F(TalCapture, confocal_capture) {
    for (const char* type : {"f4", "f8"}) {
        TalFile file;
        file.type = type;
        expect_light(counts(file), 3, 2, 4);
    }
    EXPECT_EQ(report_.format, "tal");
    EXPECT_EQ(scan_.path, LightPath::confocal);
    EXPECT_EQ(scan_.x_m, (std::vector<double>{0, 0.1, 0.2}));
    EXPECT_EQ(scan_.y_m, (std::vector<double>{0, 0.2}));
    EXPECT_NEAR(scan_.bin_width_s, 0.003 / c, 1e-22);
    EXPECT_NEAR(scan_.first_bin_centre_s, 0.3015 / c, 1e-20);
    EXPECT_TRUE(scan_.t0_map_s.empty());
    (void)counts({}, {{"light_path", "reflection"}, {"first_bin_ps", "7"}, {"bin_width_ps", "5"}});
    EXPECT_EQ(scan_.path, LightPath::reflection);
    EXPECT_NEAR(scan_.first_bin_centre_s, 7e-12, 1e-20);
    EXPECT_NEAR(scan_.bin_width_s, 5e-12, 1e-20);
}

TEST_F(TalCapture, ways_to_the_wall_and_back_are_taken_out) {
    TalFile file;
    file.accounts = 1;
    (void)counts(file);
    std::vector<double> way;  // there and back, [y][x]
    double mean = 0;
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 3; ++x) {
            way.push_back(2 * std::sqrt(0.01 * x * x + 0.04 * y * y + 1));
            mean += way.back() / 6;
        }
    ASSERT_EQ(scan_.t0_map_s.size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(scan_.t0_map_s[i], (way[i] - mean) / c, 1e-18);
    EXPECT_NEAR(scan_.first_bin_centre_s, (0.3015 - mean) / c, 1e-18);
    EXPECT_NEAR(*scan_.standoff_m, mean / 2, 1e-12);
    file.left_out = "/laser_xyz";
    EXPECT_SAYS(refused(file), "/sensor_xyz or /laser_xyz is missing");
}

TEST_F(TalCapture, one_laser_point_is_a_reflection) {
    TalFile file;
    file.laser = {1, 1};
    expect_light(counts(file), 3, 2, 4);
    EXPECT_EQ(scan_.path, LightPath::reflection);
    file.format = 2;
    file.shape = {4, 1, 1, 3, 2};
    expect_light(counts(file), 3, 2, 4);
    file.format = 3;
    file.shape = {4, 6};
    expect_light(counts(file), 6, 1, 4);
    file.laser = {6, 1};
    (void)counts(file);
    EXPECT_EQ(scan_.path, LightPath::confocal);
    file.format = 4;
    file.shape = {4, 1, 6};
    file.laser = {1, 1};
    expect_light(counts(file), 6, 1, 4);
}

TEST_F(TalCapture, many_bands) {
    TalFile file;
    file.shape = {2048, 100, 50};  // 40 MB, more than a band
    file.laser = {100, 50};
    expect_light(counts(file), 100, 50, 2048);
}

TEST_F(TalCapture, refuses_what_is_no_scan) {
    TalFile file;
    file.format = 2;
    file.shape = {4, 2, 5, 3, 2};
    file.laser = {2, 5};
    EXPECT_SAYS(refused(file), "is an exhaustive capture (T_Lx_Ly_Sx_Sy) of 10 laser points");
    file = {};
    file.laser_shift_m = 0.05;
    EXPECT_SAYS(refused(file), "has 6 laser points that are not its sensor points");
    file = {};
    file.format = 9;
    EXPECT_SAYS(refused(file), "/H_format is \"9\"");
    file = {};
    file.shape = {4, 6};
    file.format = 1;
    EXPECT_SAYS(refused(file), "/H has shape [4, 6]");
}

TEST_F(TalCapture, refuses_what_is_absurd) {
    for (const char* name : {"/sensor_grid_xyz", "/laser_grid_xyz"}) {
        TalFile file;
        file.left_out = name;
        EXPECT_SAYS(refused(file), std::string(name) + " is missing");
    }
    TalFile file;
    file.left_out = "/H_format";
    EXPECT_SAYS(refused(file), "is of no format that can be imported");
    file.left_out = "/delta_t";
    EXPECT_SAYS(refused(file, {}, ExitCode::usage), "give --bin-width-ps");
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), -1.0, std::numeric_limits<double>::infinity()}) {
        file = {};
        file.changed = {{9, bad}};  // t 1, x 1, y 1
        EXPECT_SAYS(refused(file), "at bin 1, x 1, y 1 (light is finite and not negative)");
    }
    file = {};
    file.bin_m = -0.003;
    EXPECT_SAYS(refused(file), "/delta_t is -0.003");
    file.bin_m = 1e9;  // not in m
    EXPECT_SAYS(refused(file), "/delta_t is 1000000000");
    file = {};
    file.start_m = std::numeric_limits<double>::quiet_NaN();
    EXPECT_SAYS(refused(file), "/t_start holds nan");
    TalFile().write(source_);
    const std::string good = bytes_of(source_);
    write_bytes(source_, good.substr(0, good.size() / 2));
    EXPECT_SAYS(refusal(source_), "is truncated");
}

TEST_F(TalCapture, random_damage_is_survived) {
    TalFile().write(source_);
    survive_damage("tal", source_, {bytes_of(source_)}, 100);
}

TEST_F(TalCapture, agrees_with_files_as_tal_writes_them) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const std::string where = "'" + folder_.path.string() + "'";
    ASSERT_EQ(run_python("importers/tal_files.py", "write " + where), 0);
    for (const char* name : {"confocal", "single", "packed"})
        (void)import_file(
            import_request(folder_.path / (std::string(name) + ".hdf5"), folder_.path / (std::string(name) + ".h5")));
    EXPECT_SAYS(refusal(folder_.path / "exhaustive.hdf5"), "exhaustive capture");
    EXPECT_EQ(run_python("importers/tal_files.py", "check " + where), 0);
}

}  // namespace
}  // namespace firstlight
