// A scan larger than the memory it may take is reconstructed within that memory, and the result does not depend on how
// much that is, nor on threads. scripts/dev/soak does the same with 4 GiB.
#include <fmt/format.h>

#include <cstring>

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

class Memory : public ProgramTest {
  protected:
    // The program's largest resident memory, MiB: of its own image, not of this process that starts it.
    [[nodiscard]] double peak_mib(const std::string& memory, const std::string& threads, const std::string& out) const {
        const std::string program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight";
        const std::string scan = at("scan.h5").string(), result = at(out).string();
        std::vector<const char*> words{program.c_str(), "reconstruct",   scan.c_str(), "-o",       result.c_str(),
                                       "--backend",     "cpu",           "--quiet",    "--memory", memory.c_str(),
                                       "--threads",     threads.c_str(), nullptr};
        pid_t child = 0;
        EXPECT_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, const_cast<char**>(words.data()), environ), 0);
        double peak = 0;
        int status = 0;
        while (waitpid(child, &status, WNOHANG) == 0) {
            std::istringstream lines(text_of(fmt::format("/proc/{}/status", child)));
            for (std::string line; std::getline(lines, line);)
                if (line.rfind("VmHWM:", 0) == 0) peak = std::stod(line.substr(6)) / 1024;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        EXPECT_EQ(status, 0) << memory << " " << threads;
        return peak;
    }
};

TEST_F(Memory, stays_within_its_limit_and_changes_no_result) {
    write_wide_scan(at("scan.h5"));
    ASSERT_GT(std::filesystem::file_size(at("scan.h5")), std::uintmax_t{256} << 20);
    std::optional<Result> first;
    for (const auto& [memory, threads] : std::vector<std::pair<int, int>>{{208, 2}, {208, 1}, {1024, 2}, {1024, 3}}) {
        const std::string out = fmt::format("{}_{}.h5", memory, threads);
        const double peak = peak_mib(fmt::format("{}M", memory), fmt::format("{}", threads), out);
        std::cout << fmt::format("memory {} MiB, {} threads: peak {:.0f} MiB\n", memory, threads, peak);
        EXPECT_GT(peak, 10);
        EXPECT_LT(peak, memory);
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
