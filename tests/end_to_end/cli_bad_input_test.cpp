// Bad input: one clear line (path, expected, found, what to do), the exit code, nothing half-written, inputs untouched.
#include "host/io/h5.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

class CliBadInput : public ProgramTest {
  protected:
    // On the CPU, so that stderr holds the error alone.
    static std::vector<std::string> reconstruct(const std::string& scan, const std::vector<std::string>& more = {}) {
        std::vector<std::string> words{"reconstruct", scan, "-o", "out.h5", "--backend", "cpu"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
};

TEST_F(CliBadInput, missing_file) {
    for (const char* command : {"info", "plan", "rerun"})
        expect_refusal({command, "nope.h5"}, 3, "nope.h5: there is no such file: check the path");
    expect_refusal(reconstruct("nope.h5"), 3, "nope.h5: there is no such file: check the path");
}

TEST_F(CliBadInput, not_hdf5) {
    std::ofstream(at("notes.h5")) << "hello";
    expect_refusal(
        reconstruct("notes.h5"), 3,
        "notes.h5: is not an HDF5 file (its signature is missing): see `firstlight import --help` for other formats");
    std::ofstream(at("empty.h5")).flush();
    expect_refusal(reconstruct("empty.h5"), 3, "empty.h5: is empty (it has 0 bytes): copy or record it again");
}

TEST_F(CliBadInput, truncated_at_any_point) {
    write_small_scan(at("whole.h5"));
    const std::string bytes = text_of(at("whole.h5"));
    for (std::size_t size = 0; size < bytes.size(); size += bytes.size() / 23) {
        std::ofstream(at("cut.h5"), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
        const Outcome outcome = run(reconstruct("cut.h5", {"--force"}));
        EXPECT_EQ(outcome.code, 3) << size << ": " << outcome.error;
        EXPECT_EQ(outcome.error.rfind("firstlight: error: cut.h5", 0), 0U) << size << ": " << outcome.error;
        EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
        EXPECT_EQ(outcome.out, "");
    }
    EXPECT_EQ(files(), (std::vector<std::string>{"cut.h5", "whole.h5"}));
}

TEST_F(CliBadInput, a_result_is_no_scan) {
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(run(reconstruct("scan.h5")).code, 0);
    expect_refusal({"plan", "out.h5"}, 3,
                   "out.h5: is a firstlight result (expected an acquisition): give the scan it was made from");
}

TEST_F(CliBadInput, missing_pulses_where_a_stage_needs_them) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        s.scan.pulses.clear();
        s.scan.dark_rate_hz.clear();
    });
    const Outcome outcome = run(reconstruct("scan.h5", {"--pile_up.model", "first_photon"}));
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.error.rfind("firstlight: error: scan.h5: /entry/exposure/pulses is missing", 0), 0U)
        << outcome.error;
}

TEST_F(CliBadInput, all_pixels_masked) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        s.scan.flat.clear();
        std::fill(s.scan.pixel_mask.begin(), s.scan.pixel_mask.end(), std::uint8_t{dead});
    });
    expect_refusal(
        reconstruct("scan.h5"), 3,
        "scan.h5: every pixel of the survey sample is masked (the arrival and the gate are found from unmasked "
        "pixels): check /entry/calibration/pixel_mask and the limits of pixel_mask");
}

TEST_F(CliBadInput, empty_gate) {
    write_small_scan(at("scan.h5"));
    expect_refusal(reconstruct("scan.h5", {"--time_gate.open_ps", "10", "--time_gate.close_ps=-10"}), 2,
                   "time_gate: the gate from 10 ps to -10 ps is empty (it must close after it opens): raise "
                   "--time_gate.close_ps or lower --time_gate.open_ps");
}

// Light is expected where the reference scan shows it: at the 640 ps of its truth, 0.215 ps later because the mean of
// the delays that this test takes away is so much, 0.200 ps because the bin widths put the centre of every bin 0.025
// bins later than the counts were made, and 0.02 ps by the noise of a million photons.
TEST_F(CliBadInput, gate_outside_the_data) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) { s.scan.t0_map_s.clear(); });
    expect_refusal(
        reconstruct("scan.h5", {"--time_gate.open_ps", "100000", "--time_gate.close_ps", "100100"}), 3,
        "scan.h5: the gate runs from 100640 ps to 100740 ps, which leaves the data (the time axis runs from 0 ps to "
        "2048 ps and light is expected at 640.433 ps): check the arrival, or change --time_gate.open_ps and close_ps");
}

TEST_F(CliBadInput, nothing_says_when_light_arrives) {
    write_small_scan(at("scan.h5"), [](SyntheticScan& s) {
        s.scan.arrival_s.reset();
        s.scan.has_reference = false;
        s.scan.reference_pulses.clear();
    });
    const Outcome outcome = run(reconstruct("scan.h5"));
    EXPECT_EQ(outcome.code, 3);
    EXPECT_EQ(outcome.error.rfind("firstlight: error: scan.h5: nothing tells when unscattered light arrives", 0), 0U)
        << outcome.error;
}

TEST_F(CliBadInput, output_exists) {
    write_small_scan(at("scan.h5"));
    std::ofstream(at("out.h5")) << "precious";
    expect_refusal(reconstruct("scan.h5"), 4,
                   "out.h5: exists already (it is not overwritten): give another name, or --force to replace it");
    EXPECT_EQ(run(reconstruct("scan.h5", {"--force"})).code, 0);
}

TEST_F(CliBadInput, output_is_no_file) {
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(mkfifo(at("out.h5").c_str(), 0600), 0);
    expect_refusal(reconstruct("scan.h5", {"--force"}), 4,
                   "out.h5: is a device, pipe or socket (results are written beside their name and then put in place): "
                   "name a file");
    EXPECT_TRUE(std::filesystem::is_fifo(at("out.h5")));
    std::filesystem::remove(at("out.h5"));
    std::filesystem::create_symlink("nowhere.h5", at("out.h5"));
    expect_refusal(reconstruct("scan.h5"), 4,
                   "out.h5: is a link to a file that is not there: remove the link, or name another file");
}

TEST_F(CliBadInput, output_is_the_input) {
    write_small_scan(at("scan.h5"));
    expect_refusal({"reconstruct", "scan.h5", "-o", "scan.h5", "--force"}, 4,
                   "scan.h5: is the input (inputs are never overwritten): give another name with -o");
}

TEST_F(CliBadInput, output_cannot_be_written) {
    write_small_scan(at("scan.h5"));
    expect_refusal(
        {"reconstruct", "scan.h5", "-o", "nowhere/out.h5"}, 4,
        "nowhere/out.h5: cannot be written (No such file or directory): make its folder first, or write elsewhere");
    std::filesystem::create_directory(at("folder"));
    expect_refusal({"reconstruct", "scan.h5", "-o", "folder"}, 4, "folder: is a folder: name a file");
    std::ofstream(at("plain")) << "a file";
    const Outcome outcome = run(reconstruct("scan.h5", {"--png", "plain/figures"}));
    EXPECT_EQ(outcome.code, 4) << outcome.error;
    EXPECT_EQ(outcome.error.rfind("firstlight: error: plain/figures: the folder cannot be made", 0), 0U)
        << outcome.error;
    EXPECT_EQ(files(), (std::vector<std::string>{"plain", "scan.h5"}));
}

TEST_F(CliBadInput, unknown_recipe_stage_or_parameter) {
    write_small_scan(at("scan.h5"));
    expect_refusal(reconstruct("scan.h5", {"--recipe", "transmision"}), 2,
                   "transmision: neither a built-in recipe nor a file: did you mean \"transmission\"?");
    expect_refusal(
        reconstruct("scan.h5", {"--tim_gate.open_ps", "3"}), 2,
        "--tim_gate.open_ps: recipe \"transmission\" has no stage \"tim_gate\": did you mean \"time_gate\"?");
    expect_refusal(reconstruct("scan.h5", {"--time_gate.opn_ps=-3"}), 2,
                   "--time_gate.opn_ps: time_gate has no parameter \"opn_ps\": did you mean \"open_ps\"?");
    expect_refusal(reconstruct("scan.h5", {"--time_gate.shape", "sfot"}), 2,
                   "--time_gate.shape: cannot take \"sfot\" (expected one of hard, soft): did you mean \"soft\"?");
    expect_refusal(reconstruct("scan.h5", {"--time_gate.rise_ps", "30"}), 2,
                   "time_gate.rise_ps has no effect (it matters only with shape = soft): set time_gate.shape too, or "
                   "leave it out");
    expect_refusal(reconstruct("scan.h5", {"--time_gate.open_ps", "--json"}), 2,
                   "--time_gate.open_ps: its value is missing: write --time_gate.open_ps VALUE");
    std::ofstream(at("mine.toml")) << "stages = [\"expected_arrival\", \"time_gat\"]\n";
    expect_refusal({"recipe", "check", "mine.toml"}, 2,
                   "mine.toml: there is no stage \"time_gat\": did you mean \"time_gate\"?");
}

TEST_F(CliBadInput, words_that_are_not_understood) {
    write_small_scan(at("scan.h5"));
    expect_refusal({"recnstruct", "scan.h5"}, 2, "firstlight has no command \"recnstruct\": did you mean reconstruct?");
    expect_refusal(reconstruct("scan.h5", {"--frce"}), 2,
                   "firstlight reconstruct has no option --frce: did you mean --force?");
    expect_refusal({"plan", "--memry", "1G", "scan.h5"}, 2,
                   "firstlight plan has no option --memry: did you mean --memory?");
    expect_refusal({"info", "scan.h5", "scan.h5"}, 2,
                   "firstlight info: one argument too many: \"scan.h5\": see firstlight info --help");
    expect_refusal({"info"}, 2, "firstlight info: FILE is required: see firstlight info --help");
    expect_refusal({"recipe", "shwo"}, 2, "firstlight recipe has no command \"shwo\": did you mean show?");
    expect_refusal({"recipe"}, 2, "firstlight recipe: a command is missing: choose from list, show, check");
    expect_refusal({"info", "scan.h5", "--time_gate.open_ps", "1"}, 2,
                   "firstlight info has no option --time_gate.open_ps (parameters of stages are for reconstruct, "
                   "batch, plan and view)");
    expect_refusal({"plan", "--memory", "3Q", "scan.h5"}, 2,
                   "--memory: cannot take \"3Q\" (expected a size such as 512M, 4G or 1.5G, at least 1M)");
    expect_refusal({"reconstruct", "scan.h5", "--backend", "gpu"}, 2,
                   "there is no backend \"gpu\": choose auto, cpu or cuda");
    expect_refusal({"completion", "tcsh"}, 2, "there is no completion for \"tcsh\": choose bash, zsh or fish");
    expect_refusal({"export", "scan.h5", "-o", "x", "--format", "tif"}, 2,
                   "--format: there is no format \"tif\": did you mean tiff?");
    expect_refusal({"import", "scan.h5", "-o", "x.h5", "--format", "confocal-captur"}, 2,
                   "there is no format \"confocal-captur\" to import: did you mean confocal-capture?");
}

TEST_F(CliBadInput, import_asks_for_what_is_missing_by_the_flags_it_takes) {
    const auto capture = [&](const char* name, const char* dataset, const std::vector<std::int64_t>& shape) {
        std::size_t values = 1;
        for (const std::int64_t n : shape) values *= static_cast<std::size_t>(n);
        const std::vector<float> counts(values, 1.0F);
        h5::WriteFile file(at(name));
        file.dataset(dataset, "f4", shape, counts.data(), {});
        file.finish_file();
    };
    capture("scene.mat", "/meas", {3, 4, 16});
    capture("direct.mat", "/out", {16, 1});
    const std::vector<std::string> words{"import", "scene.mat", "-o", "x.h5", "--format", "confocal-capture"};
    const auto with = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all = words;
        all.insert(all.end(), more.begin(), more.end());
        return all;
    };
    expect_refusal(words, 2,
                   "scene.mat: the file does not say how wide its time bins are (a MATLAB v7.3 confocal capture holds "
                   "counts only): give --bin-width-ps");
    expect_refusal(with({"--bin-width-ps", "16"}), 2,
                   "scene.mat: the file does not say how large the scanned area is (a MATLAB v7.3 confocal capture "
                   "holds counts only): give --scan-size-m (the side of a square, or height and width)");
    const std::vector<std::string> all{"--bin-width-ps", "16",         "--scan-size-m",           "0.7",
                                       "--response",     "direct.mat", "--response-bin-width-ps", "8"};
    const Outcome imported = run(with(all));
    EXPECT_EQ(imported.code, 0) << imported.error;
    // Nothing that is advised may be unknown to the command itself.
    const std::string help = run({"import", "--help"}).out;
    for (const char* flag : {"--bin-width-ps", "--scan-size-m", "--response ", "--response-bin-width-ps"})
        EXPECT_NE(help.find(flag), std::string::npos) << help;
}

TEST_F(CliBadInput, too_little_memory_says_how_much_is_needed) {
    write_small_scan(at("scan.h5"));
    const Outcome outcome = run(reconstruct("scan.h5", {"--memory", "2M"}));
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.error.find("give --memory "), std::string::npos) << outcome.error;
    EXPECT_EQ(files(), std::vector<std::string>{"scan.h5"});
}

TEST_F(CliBadInput, a_full_disk_behind_a_redirection_is_an_error) {
    if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "there is no /dev/full here";
    const Outcome outcome =
        run({"-c", FIRSTLIGHT_BINARY_DIR "/bin/firstlight schema > /dev/full"}, -1, SIGINT, "/bin/sh");
    EXPECT_EQ(outcome.code, 4) << outcome.error;
    EXPECT_EQ(outcome.error, "firstlight: error: standard output cannot be written\n");
}

}  // namespace
}  // namespace firstlight
