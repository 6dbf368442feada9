// Bad files are refused with one clear line; the reading program never dies of them.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "host/io/acquisition_file.hpp"
#include "host/io/acquisition_writer.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

// What opening and reading all counts says; "" when nothing is wrong.
std::string complaint(const std::filesystem::path& path) {
    try {
        const AcquisitionFile file = AcquisitionFile::open(path, {});
        const Scan& s = file.scan();
        if (s.views * s.pixels() * s.bins > 10'000'000) return "";  // openable; too much for a test to read
        CountDataset::Scratch scratch;
        std::vector<std::byte> counts(static_cast<std::size_t>(s.pixels() * s.bins) * count_size(s.type));
        for (std::int64_t view = 0; view < s.views; ++view)
            file.counts().read({view, 0, 0, s.rows, s.columns, s.columns}, counts.data(), scratch);
        (void)file.read_truth();
        return "";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::bad_input) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
        return error.what();
    }
}

TEST(Hostile, each_bad_file_gets_its_own_clear_line) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("hostile");
    ASSERT_EQ(run_python("write_fixtures.py", "--hostile '" + folder.path.string() + "'"), 0);
    const std::map<std::string, std::string> expected{
        {"link", "is a link (to another file"},
        {"soft", "is a link (soft"},
        {"external", "keeps its data in other files"},
        {"virtual", "keeps its data in other files"},
        {"flat_link", "is a link (to another file"},
        {"flat_soft", "is a link (soft"},
        {"flat_external", "keeps its data in other files"},
        {"flat_virtual", "keeps its data in other files"},
        {"bomb", "unpack"},
        {"cycle", "/entry/data/counts is missing"},
        {"huge", "claims to hold"},
        {"huge_contiguous", "/entry/data/t has shape [50]"},
        {"huge_chunk", "chunks too large to read"},
        {"rank_2", "has 2 axes"},
        {"rank_5", "has 5 axes"},
        {"compound", "holds compound"},
        {"text", "holds text"},
        {"order_named", "are [t, y, x] (expected [y, x, t])"},
        {"order_by_length", "the time axis seems not to be the last one"},
        {"uneven_t", "is not uniform at bin"},
        {"no_t", "/entry/data/t is missing"},
        {"unit_ns", "is in \"ns\" (expected units \"s\")"},
        {"unit_of_irf", "/entry/calibration/irf is in \"s\" (expected units \"1\")"},
        {"unit_of_irf_t", "/entry/calibration/irf_t is in \"ps\" (expected units \"s\")"},
        {"unit_of_arrival", "/entry/calibration/arrival is in \"ps\" (expected units \"s\")"},
        {"unit_of_t0_map", "/entry/calibration/t0_map is in \"ps\" (expected units \"s\")"},
        {"unit_of_dark_rate", "/entry/calibration/dark_rate is in \"kHz\" (expected units \"Hz\")"},
        {"unit_of_flat", "/entry/calibration/flat is in \"%\" (expected units \"1\")"},
        {"unit_of_bin_width_correction", "/entry/calibration/bin_width_correction is in \"s\""},
        {"unit_of_pixel_mask", "/entry/calibration/pixel_mask is in \"s\""},
        {"unit_of_depth", "/entry/truth/depth is in \"mm\" (expected units \"m\")"},
        {"unit_of_ballistic", "/entry/truth/ballistic is in \"s\""},
        {"unit_unsaid", ""},
        {"empty_axis", "is empty"},
        {"no_counts", "/entry/data/counts is missing"},
        {"gated", "/entry/data/frames is missing (a gated acquisition needs it)"},
        {"newer_major", "version 2.0.0"},
        {"negative", "counts cannot be negative"},
        {"past_u4", "holds 8589934592"},
        {"szip_like", "scaleoffset"},
        {"zfp", "zfp"},
        {"reference_shape", "/entry/reference/counts has shape [12, 9, 50] (expected [13, 9, 50]"},
        {"mask_shape", "pixel_mask has shape [3, 3] (expected [13, 9])"},
        {"irf_without_t", "irf has 20 samples"},
        {"other_program", "firstlight import"},
        {"result_instead", "is a firstlight result"},
        {"not_hdf5", "is not an HDF5 file"},
        {"empty", "is empty"},
        {"bad_floats", ""},
        {"newer_minor", ""},
    };
    for (const auto& [name, words] : expected) {
        SCOPED_TRACE(name);
        const std::string found = complaint(folder.path / (name + ".h5"));
        if (words.empty()) EXPECT_EQ(found, "");
        else EXPECT_NE(found.find(words), std::string::npos) << "found: " << found;
    }
    EXPECT_NE(complaint(folder.path / "nowhere.h5").find("there is no such file"), std::string::npos);
    EXPECT_NE(complaint(folder.path).find("it is a folder"), std::string::npos);
    EXPECT_EQ(AcquisitionFile::open(folder.path / "newer_minor.h5", {}).warnings().size(), 1U);
    EXPECT_EQ(AcquisitionFile::open(folder.path / "unit_unsaid.h5", {}).warnings(),
              std::vector<std::string>{(folder.path / "unit_unsaid.h5").string() +
                                       ": /entry/calibration/t0_map does not say its units; it is taken to be in s"});
    OpenOptions strict;
    strict.strict = true;
    EXPECT_THROW((void)AcquisitionFile::open(folder.path / "newer_minor.h5", strict), Error);
    // validate() goes on after the first error.
    EXPECT_EQ(AcquisitionFile::validate(folder.path / "mask_shape.h5", {}).size(), 1U);
    EXPECT_TRUE(AcquisitionFile::validate(folder.path / "unit_ns.h5", {}).at(0).is_error);
}

std::vector<char> small_acquisition(const std::filesystem::path& path, std::int64_t chunk_side) {
    Scan s;
    s.rows = 20;
    s.columns = 18;
    s.bins = 64;
    s.bin_width_s = 1e-12;
    s.pulses = {1e6};
    s.flat.assign(360, 1.0);
    PhotonCube cube(s.type, 1, 20, 18, 64);
    std::mt19937 random(5);
    for (std::byte& b : cube.counts) b = static_cast<std::byte>(random() % 5);
    Truth truth;
    truth.transmission.assign(360, 0.5);
    WriteOptions options;
    options.chunk_rows = options.chunk_columns = chunk_side;
    AcquisitionWriter writer(path, s, {}, options);
    writer.write_all(cube);
    writer.set_truth(truth);
    writer.commit();
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::filesystem::path& path, const std::vector<char>& bytes, std::size_t length) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(length));
}

TEST(Hostile, truncated_files_are_refused) {
    const ScratchFolder folder("truncated");
    const std::vector<char> whole = small_acquisition(folder.path / "whole.h5", 0);
    ASSERT_GT(whole.size(), 16384U);
    EXPECT_EQ(complaint(folder.path / "whole.h5"), "");
    for (std::size_t length = 0; length < whole.size(); length += 4096) {
        put(folder.path / "cut.h5", whole, length);
        EXPECT_NE(complaint(folder.path / "cut.h5"), "") << length << " of " << whole.size() << " bytes";
    }
    put(folder.path / "cut.h5", whole, whole.size() - 1);
    EXPECT_NE(complaint(folder.path / "cut.h5"), "");
}

// FIRSTLIGHT_FUZZ_SECONDS asks for a longer run, and with it for other damage every time.
TEST(Hostile, random_damage_never_kills_the_reader) {
    const ScratchFolder folder("damage");
    const char* asked = std::getenv("FIRSTLIGHT_FUZZ_SECONDS");
    const double seconds = asked == nullptr ? 8 : std::atof(asked);
    const auto seed = asked == nullptr ? 20240607U : std::random_device{}();
    std::mt19937 random(seed);
    const std::vector<std::vector<char>> wholes{small_acquisition(folder.path / "few_chunks.h5", 0),
                                                small_acquisition(folder.path / "many_chunks.h5", 1)};
    const auto start = std::chrono::steady_clock::now();
    int rounds = 0, refused = 0;
    for (; rounds < (asked == nullptr ? 2000 : 1 << 30); ++rounds) {
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > seconds) break;
        std::vector<char> bytes = wholes[static_cast<std::size_t>(rounds % 2)];
        if (random() % 8 == 0) bytes.resize(random() % bytes.size());
        const int flips = bytes.empty() ? 0 : 1 + static_cast<int>(random() % 4);
        for (int i = 0; i < flips; ++i) {
            // Three of four into the first 8 KiB, where the structures are.
            const std::size_t at =
                random() % (random() % 4 == 0 ? bytes.size() : std::min<std::size_t>(8192, bytes.size()));
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        }
        put(folder.path / "damaged.h5", bytes, bytes.size());
        refused += complaint(folder.path / "damaged.h5").empty() ? 0 : 1;
        if (testing::Test::HasFailure()) {
            put(std::filesystem::temp_directory_path() / "firstlight_damaged.h5", bytes, bytes.size());
            FAIL() << "seed " << seed << ", round " << rounds
                   << ": kept as firstlight_damaged.h5 in the temporary folder";
        }
    }
    std::cout << rounds << " damaged files, " << refused << " refused\n";
    EXPECT_GT(refused, rounds / 20);  // the damage did reach what is read
    EXPECT_GT(rounds, 20);
}

}  // namespace
}  // namespace firstlight
