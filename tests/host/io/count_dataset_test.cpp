// Every storage, filter and type that other programs write reads back as NumPy holds it.
#include "host/io/count_dataset.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "host/io/acquisition_file.hpp"
#include "kernels/support/error.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> text((std::istreambuf_iterator<char>(file)), {});
    std::vector<std::byte> bytes(text.size());
    std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

// Reads the scan in rectangles of the given size and puts the traces where they belong.
std::vector<std::byte> read_in_tiles(const CountDataset& counts, std::int64_t rows, std::int64_t columns,
                                     CountDataset::Scratch& scratch) {
    const std::size_t trace = static_cast<std::size_t>(counts.bins()) * count_size(counts.type());
    std::vector<std::byte> all(static_cast<std::size_t>(counts.views() * counts.rows() * counts.columns()) * trace);
    for (std::int64_t view = 0; view < counts.views(); ++view)
        for (std::int64_t y = 0; y < counts.rows(); y += rows)
            for (std::int64_t x = 0; x < counts.columns(); x += columns) {
                const TileWindow w{view,
                                   y,
                                   x,
                                   std::min(rows, counts.rows() - y),
                                   std::min(columns, counts.columns() - x),
                                   counts.columns()};
                std::vector<std::byte> tile(static_cast<std::size_t>(w.traces()) * trace, std::byte{0xAB});
                counts.read(w, tile.data(), scratch);
                for (std::int64_t i = 0; i < w.traces(); ++i)
                    std::copy_n(
                        tile.data() + static_cast<std::size_t>(i) * trace, trace,
                        all.data() +
                            static_cast<std::size_t>(view * counts.rows() * counts.columns() + w.pixel(i)) * trace);
            }
    return all;
}

TEST(CountDataset, reads_what_other_programs_write) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("fixtures");
    ASSERT_EQ(run_python("write_fixtures.py", "'" + folder.path.string() + "'"), 0);
    int files = 0;
    CountDataset::Scratch scratch;  // shared by all files: what it remembers of one must not show in another
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        if (entry.path().extension() != ".h5") continue;
        SCOPED_TRACE(entry.path().filename().string());
        std::filesystem::path plain = entry.path();
        const std::vector<std::byte> truth = bytes_of(plain.replace_extension(".bin"));
        ASSERT_FALSE(truth.empty());
        OpenOptions options;
        options.probe = false;
        try {
            const AcquisitionFile file = AcquisitionFile::open(entry.path(), options);
            const CountDataset::TileGrid grid = file.counts().grid();
            EXPECT_TRUE(read_in_tiles(file.counts(), grid.rows, grid.columns, scratch) == truth);
            EXPECT_TRUE(read_in_tiles(file.counts(), 3, 5, scratch) == truth);
            EXPECT_TRUE(read_in_tiles(file.counts(), 1 << 20, 1 << 20, scratch) == truth);
        } catch (const Error& error) {
            ADD_FAILURE() << error.what();
        }
        ++files;
    }
    EXPECT_EQ(files, 64);
}

TEST(CountDataset, counts_bad_floats_and_reads_zero_for_them) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("bad_floats");
    ASSERT_EQ(run_python("write_fixtures.py", "--hostile '" + folder.path.string() + "'"), 0);
    OpenOptions options;
    options.probe = false;
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "bad_floats.h5", options);
    std::vector<float> all(13 * 9 * 50);
    CountDataset::Scratch scratch;
    file.counts().read({0, 0, 0, 13, 9, 9}, all.data(), scratch);
    EXPECT_EQ(file.counts().bad_values().number, 3);
    EXPECT_EQ(file.counts().bad_values().first, (std::array<std::int64_t, 4>{0, 3, 2, 10}));
    EXPECT_EQ(all[(3 * 9 + 2) * 50 + 10], 0.0F);
    EXPECT_EQ(all[(4 * 9 + 4) * 50 + 4], 0.0F);
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](float v) { return v >= 0; }));
}

TEST(CountDataset, threads_read_at_once) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("threads");
    ASSERT_EQ(run_python("write_fixtures.py", "'" + folder.path.string() + "'"), 0);
    OpenOptions options;
    options.probe = false;
    const AcquisitionFile file = AcquisitionFile::open(folder.path / "blosc_zstd_2.h5", options);
    const std::vector<std::byte> truth = bytes_of(folder.path / "blosc_zstd_2.bin");
    std::vector<std::thread> threads;
    std::vector<char> good(4, 0);
    for (std::size_t i = 0; i < good.size(); ++i)
        threads.emplace_back([&, i] {
            CountDataset::Scratch scratch;
            bool same = true;
            for (int round = 0; round < 20; ++round)
                same = same && read_in_tiles(file.counts(), 2 + static_cast<std::int64_t>(i), 3, scratch) == truth;
            good[i] = same ? 1 : 0;
        });
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(good, std::vector<char>(4, 1));
}

}  // namespace
}  // namespace firstlight
