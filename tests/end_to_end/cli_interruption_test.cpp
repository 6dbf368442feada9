// Ctrl-C and SIGTERM stop a run within a second and leave nothing behind.
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

// 800 x 800 traces, made of copies of a small scan, which take one thread some seconds.
void write_large_scan(const std::filesystem::path& path) {
    SyntheticScan s(16, 16);
    constexpr std::int64_t side = 800;
    PhotonCube cube(s.scan.type, 1, side, side, s.scan.bins);
    for (std::int64_t y = 0; y < side; ++y)
        for (std::int64_t x = 0; x < side; ++x)
            std::memcpy(cube.trace(0, y, x), s.cube.trace(0, y % 16, x % 16), cube.trace_bytes());
    s.scan.rows = s.scan.columns = side;
    s.scan.has_reference = false;
    s.scan.reference_pulses.clear();
    s.scan.t0_map_s.clear();
    s.scan.flat.clear();
    s.scan.dark_rate_hz.clear();
    s.scan.pixel_mask.clear();
    WriteOptions options;
    options.packing = Packing::plain;
    AcquisitionWriter writer(path, s.scan, {}, options);
    writer.write_all(cube);
    writer.commit();
}

class CliInterruption : public ProgramTest {};

TEST_F(CliInterruption, signals_stop_a_run_within_a_second) {
    write_large_scan(at("scan.h5"));
    const std::string before = sha256_of_file(at("scan.h5"));
    const std::vector<std::string> words{"reconstruct", "scan.h5", "-o",        "out.h5", "--recipe", "arrival",
                                         "--threads",   "1",       "--backend", "cpu",    "--png",    "figures"};
    for (const auto& [signal, code] : std::vector<std::pair<int, int>>{{SIGINT, 130}, {SIGTERM, 143}})
        for (const double after : {0.2, 0.35, 0.5}) {
            const Outcome outcome = run(words, after, signal);
            EXPECT_EQ(outcome.code, code) << after << ": " << outcome.error;
            EXPECT_LT(outcome.seconds, 1.0) << after;
            EXPECT_NE(outcome.error.find("firstlight: interrupted: nothing was written\n"), std::string::npos)
                << outcome.error;
            EXPECT_EQ(outcome.out, "");
            EXPECT_EQ(files(), std::vector<std::string>{"scan.h5"});
            EXPECT_FALSE(std::filesystem::exists(at("figures")));
        }
    EXPECT_EQ(sha256_of_file(at("scan.h5")), before);
}

// The disk takes two seconds to take the result; the signal comes meanwhile.
TEST_F(CliInterruption, a_signal_while_the_result_is_written_leaves_nothing) {
    if (access("/usr/bin/strace", X_OK) != 0) GTEST_SKIP() << "there is no strace here";
    if (run({"-qq", "-o", "trace.txt", "/bin/true"}, -1, SIGINT, "/usr/bin/strace").code != 0)
        GTEST_SKIP() << "strace may not trace here";
    std::filesystem::remove(at("trace.txt"));
    const std::string scan = FIRSTLIGHT_SOURCE_DIR "/sample_data/fog.h5";
    const std::string script =
        "strace -f -qq -o trace.txt -e trace=fsync -e inject=fsync:delay_enter=2000000 sh -c 'echo $$ > pid; exec "
        "\"" FIRSTLIGHT_BINARY_DIR "/bin/firstlight\" reconstruct \"" +
        scan + "\" -o out.h5 --backend cpu --quiet' & started=$!\n" +
        "for i in $(seq 1500); do ls -A | grep -q '^.out.h5.*part$' && break; sleep 0.02; done\n"
        "sleep 0.2\nkill -INT $(cat pid)\nwait $started\ncode=$?\nrm -f pid trace.txt\nexit $code\n";
    const Outcome outcome = run({"-c", script}, -1, SIGINT, "/bin/bash");
    EXPECT_EQ(outcome.code, 130) << outcome.error;
    EXPECT_NE(outcome.error.find("firstlight: interrupted: nothing was written\n"), std::string::npos) << outcome.error;
    EXPECT_EQ(files(), std::vector<std::string>{});
}

}  // namespace
}  // namespace firstlight
