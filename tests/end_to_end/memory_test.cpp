// A scan larger than the memory it may take is reconstructed within that memory, and the result does not depend on how
// much that is, nor on threads. scripts/dev/soak does the same with 4 GiB.
#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t side = 512;

// 256 MiB on the disk: traces of a small scan side by side, written window by window so that the test stays small too.
void write_wide_scan(const std::filesystem::path& path) {
    SyntheticScan s(16, 16);
    const PhotonCube tile = s.cube;
    s.scan.rows = s.scan.columns = side;
    s.scan.bins = 512;
    s.scan.has_reference = false;
    s.scan.reference_pulses.clear();
    s.scan.t0_map_s.clear();
    s.scan.flat.clear();
    s.scan.dark_rate_hz.clear();
    s.scan.pixel_mask.clear();
    s.scan.bin_width_correction.clear();
    WriteOptions options;
    options.packing = Packing::plain;
    AcquisitionWriter writer(path, s.scan, {}, options);
    std::vector<std::byte> counts;
    for (const TileWindow& window : writer.windows()) {
        counts.assign(static_cast<std::size_t>(window.traces() * s.scan.bins) * 2, std::byte{0});
        for (std::int64_t i = 0; i < window.traces(); ++i) {
            const std::int64_t pixel = window.pixel(i) * 7 + window.y0;  // neighbouring windows differ
            std::memcpy(counts.data() + static_cast<std::size_t>(i * s.scan.bins) * 2,
                        tile.trace(0, pixel / 16 % 16, pixel % 16), tile.trace_bytes());
        }
        writer.write(window, counts.data());
    }
    writer.commit();
}

class Memory : public ProgramTest {};

TEST_F(Memory, stays_within_its_limit_and_changes_no_result) {
    write_wide_scan(at("scan.h5"));
    ASSERT_GT(std::filesystem::file_size(at("scan.h5")), std::uintmax_t{256} << 20);
    std::optional<Result> first;
    for (const auto& [memory, threads] : std::vector<std::pair<int, int>>{{208, 2}, {208, 1}, {1024, 2}, {1024, 3}}) {
        const std::string out = fmt::format("{}_{}.h5", memory, threads);
        const Outcome outcome = run({"reconstruct", "scan.h5", "-o", out, "--backend", "cpu", "--quiet", "--memory",
                                     fmt::format("{}M", memory), "--threads", fmt::format("{}", threads)});
        ASSERT_EQ(outcome.code, 0) << outcome.error;
        std::cout << fmt::format("memory {} MiB, {} threads: peak {:.0f} MiB\n", memory, threads, outcome.peak_mib);
        EXPECT_GT(outcome.peak_mib, 10);
        EXPECT_LT(outcome.peak_mib, memory);
        const Result result = read_result(at(out), {});
        if (!first) first = result;
        ASSERT_EQ(result.images.layers.size(), first->images.layers.size());
        for (std::size_t l = 0; l < result.images.layers.size(); ++l) {
            const std::vector<float>&a = result.images.layers[l].values, &b = first->images.layers[l].values;
            ASSERT_EQ(a.size(), static_cast<std::size_t>(side * side));
            EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0)
                << result.images.layers[l].name << ", memory " << memory << ", threads " << threads;
        }
    }
}

TEST_F(Memory, too_little_is_refused_before_it_is_taken) {
    write_small_scan(at("scan.h5"));
    const Outcome outcome = run({"reconstruct", "scan.h5", "-o", "out.h5", "--backend", "cpu", "--memory", "32M"});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.error.find("32 MiB of memory are not enough"), std::string::npos) << outcome.error;
}

}  // namespace
}  // namespace firstlight
