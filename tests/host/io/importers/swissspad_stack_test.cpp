// Gate stacks in AlliGator's HDF5 layout: without its table written here, with it by h5py for the last test.
#include <gtest/gtest.h>

#include "host/io/h5.hpp"
#include "tests/host/io/importers/damage.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

struct StackFile {
    std::vector<std::string> names{"Gate 1", "Gate 2", "Gate 3"};
    std::string type = "u2";
    float last = 7;  // the last count of the last image
    std::vector<std::int64_t> last_shape{2, 3};

    void write(const std::filesystem::path& path) const {
        h5::WriteFile file;
        file.group("/File Information", "");
        file.text("/File Information/File Version", "0.7");
        file.group("/Gate Images", "");
        for (std::size_t g = 0; g < names.size(); ++g) {
            std::vector<float> values;
            for (std::size_t i = 0; i < 6; ++i) values.push_back(static_cast<float>(10 * g + i));
            if (g + 1 == names.size()) values[5] = last;
            const std::vector<std::uint16_t> wide(values.begin(), values.end());
            const std::vector<std::uint8_t> narrow(values.begin(), values.end());
            const void* data = type == "f4"   ? static_cast<const void*>(values.data())
                               : type == "u2" ? static_cast<const void*>(wide.data())
                                              : narrow.data();
            file.dataset("/Gate Images/" + names[g], type,
                         g + 1 == names.size() ? last_shape : std::vector<std::int64_t>{2, 3}, data, {});
        }
        const std::vector<std::byte> image = file.finish_image();
        write_bytes(path, {reinterpret_cast<const char*>(image.data()), image.size()});
    }
};

const Options all_given{{"gate_step_ps", "18"}, {"gate_width_ps", "5000"}, {"exposure_s", "3"}, {"bit_depth", "10"}};

class SwissSpadStack : public testing::Test {
  protected:
    ScratchFolder folder_{"swissspad"};
    const std::filesystem::path source_ = folder_.path / "stack.hdf5", h5_ = folder_.path / "scan.h5";

    template <class T>
    std::vector<T> counts(const StackFile& file, const Options& options) {
        file.write(source_);
        EXPECT_EQ(import_file(import_request(source_, h5_, options)).format, "swissspad");
        const AcquisitionFile read = AcquisitionFile::open(h5_, {});
        scan_ = read.scan();
        EXPECT_EQ(count_size(scan_.type), sizeof(T));
        std::vector<T> all(static_cast<std::size_t>(scan_.pixels() * scan_.bins));
        CountDataset::Scratch scratch;
        read.counts().read({0, 0, 0, scan_.rows, scan_.columns, scan_.columns}, all.data(), scratch);
        return all;
    }
    std::string refused(const StackFile& file, const Options& options = all_given,
                        ExitCode code = ExitCode::bad_input) {
        file.write(source_);
        return refusal(source_, options, code);
    }
    Scan scan_;
};

TEST_F(SwissSpadStack, images_are_gates) {
    const std::vector<std::uint16_t> expected{0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23, 4, 14, 24, 5, 15, 7};
    EXPECT_EQ(counts<std::uint16_t>({}, all_given), expected);
    EXPECT_EQ(scan_.kind, ScanKind::gated);
    EXPECT_EQ(scan_.gates.bit_depth, 10);
    EXPECT_EQ(scan_.gates.saturation_count, 1023);
    EXPECT_EQ(scan_.gates.exposure_s, (std::vector<double>{1, 1, 1}));
    EXPECT_NEAR(scan_.gates.delay_s.at(2), 36e-12, 1e-20);
    EXPECT_NEAR(scan_.gates.width_s.at(0), 5e-9, 1e-20);
    StackFile file;
    file.type = "u1";
    Options options = all_given;
    options.pop_back();
    options.emplace_back("first_gate_ps", "-100");
    EXPECT_EQ(counts<std::uint8_t>(file, options), (std::vector<std::uint8_t>(expected.begin(), expected.end())));
    EXPECT_EQ(scan_.gates.saturation_count, 255);
    EXPECT_NEAR(scan_.gates.delay_s.at(0), -100e-12, 1e-20);
    file.type = "f4";
    EXPECT_EQ(counts<float>(file, options), (std::vector<float>(expected.begin(), expected.end())));
    EXPECT_EQ(scan_.gates.saturation_count, 0);
}

TEST_F(SwissSpadStack, asks_for_what_is_missing) {
    for (std::size_t i = 0; i < all_given.size(); ++i) {
        Options options = all_given;
        std::string flag = "--" + options[i].first;
        std::replace(flag.begin(), flag.end(), '_', '-');
        options.erase(options.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_SAYS(refused({}, options, ExitCode::usage), "give " + flag);
    }
    StackFile file;
    file.names = {"A Gate 1", "A Gate 2", "B Gate 1", "B Gate 2"};
    EXPECT_SAYS(refused(file, all_given, ExitCode::usage), "(A Gate, B Gate)");
    Options options = all_given;
    options.emplace_back("channel", "1");
    EXPECT_EQ(counts<std::uint16_t>(file, options),
              (std::vector<std::uint16_t>{20, 30, 21, 31, 22, 32, 23, 33, 24, 34, 25, 7}));
}

TEST_F(SwissSpadStack, refuses_what_is_no_stack) {
    StackFile file;
    file.names[1] = "Gate 7";
    EXPECT_SAYS(refused(file), "/Gate Images/Gate 2 is missing");
    file.names = {"Picture"};
    EXPECT_SAYS(refused(file), "/Gate Images holds no image");
    file.names = {"Gate 1"};
    EXPECT_SAYS(refused(file), "a sweep needs at least two");
    file = {};
    file.last_shape = {3, 2};
    EXPECT_SAYS(refused(file), "/Gate Images/Gate 3 differs from the first image (it has 3 x 2 pixels");
    file = {};
    file.type = "f4";
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -1.0F}) {
        file.last = bad;
        EXPECT_SAYS(refused(file), "at y 1, x 2 (counts are finite and not negative)");
    }
    StackFile().write(source_);
    const std::string good = bytes_of(source_);
    write_bytes(source_, good.substr(0, good.size() / 2));
    EXPECT_SAYS(refusal(source_, all_given), "is truncated");
}

TEST_F(SwissSpadStack, random_damage_is_survived) {
    StackFile().write(source_);
    survive_damage("swissspad", source_, {bytes_of(source_)}, 100, {all_given});
}

TEST_F(SwissSpadStack, agrees_with_a_table_of_h5py) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const std::string where = "'" + folder_.path.string() + "'";
    ASSERT_EQ(run_python("importers/swissspad_files.py", "write " + where), 0);
    (void)import_file(import_request(folder_.path / "new.hdf5", folder_.path / "new.h5", {{"bit_depth", "10"}}));
    (void)import_file(import_request(folder_.path / "old.hdf5", folder_.path / "old.h5"));
    EXPECT_SAYS(refusal(folder_.path / "cube.hdf5"), "as in versions 0.1 and 0.2");
    EXPECT_EQ(run_python("importers/swissspad_files.py", "check " + where), 0);
}

}  // namespace
}  // namespace firstlight
