// Photon events as other programs store them are read as they are.
#include "host/io/event_dataset.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "host/io/acquisition_file.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

std::vector<std::uint32_t> counts_of_file(const EventDataset& events, std::int64_t at_once) {
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(events.pixels() * events.shape().bins), 0);
    EventDataset::Scratch scratch;
    std::vector<std::uint32_t> pixels(static_cast<std::size_t>(at_once));
    std::vector<std::byte> bins(pixels.size() * events.bin_size());
    for (std::int64_t begin = 0; begin < events.tags(); begin += at_once) {
        const std::int64_t n = std::min(at_once, events.tags() - begin);
        events.read_pixels(begin, n, pixels.data(), scratch);
        events.read_bins(begin, n, bins.data(), scratch);
        for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
            const std::uint32_t bin = events.wide() ? reinterpret_cast<const std::uint32_t*>(bins.data())[i]
                                                    : reinterpret_cast<const std::uint16_t*>(bins.data())[i];
            ++counts[pixels[i] * 100U + bin];
        }
    }
    return counts;
}

TEST(EventDataset, reads_every_filter_type_and_byte_order) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("event_files");
    ASSERT_EQ(run_python("write_events.py", "'" + folder.path.string() + "'"), 0);
    std::vector<std::uint32_t> truth(3500);
    std::ifstream(folder.path / "counts.bin", std::ios::binary).read(reinterpret_cast<char*>(truth.data()), 14'000);
    for (const char* name : {"contiguous", "chunked", "raster", "gzip", "lzf", "one_chunk", "blosc", "lz4", "zstd",
                             "bitshuffle", "big_endian", "other_types", "wide"}) {
        const AcquisitionFile file = AcquisitionFile::open(folder.path / (std::string(name) + ".h5"), {});
        ASSERT_NE(file.events(), nullptr);
        EXPECT_EQ(file.scan().kind, ScanKind::events);
        EXPECT_EQ(file.scan().bins, 100);
        EXPECT_DOUBLE_EQ(file.scan().bin_width_s, 1e-11);
        EXPECT_DOUBLE_EQ(file.scan().first_bin_centre_s, 5e-12);
        EXPECT_EQ(file.events()->tags(), 20'000);
        for (const std::int64_t at_once : {std::int64_t{997}, file.events()->block_tags(), std::int64_t{20'000}})
            EXPECT_EQ(counts_of_file(*file.events(), at_once), truth) << name << ", " << at_once << " at once";
        for (const Finding& finding : AcquisitionFile::validate(file.path(), {})) ADD_FAILURE() << finding.message;
    }
}

}  // namespace
}  // namespace firstlight
