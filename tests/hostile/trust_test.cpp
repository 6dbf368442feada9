// What a file says never makes the program open other files, load code, name files, or take memory.
#include <cstdlib>

#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

constexpr const char* program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight";

class Trust : public ProgramTest {
  protected:
    void SetUp() override {
        ProgramTest::SetUp();
        if (python().empty()) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with h5py, hdf5plugin, xarray";
        ASSERT_EQ(run_python("write_fixtures.py", "--hostile '" + at("").string() + "'"), 0);
    }
    // Every command that opens a file, on `file`.
    static std::vector<std::vector<std::string>> commands(const std::string& file) {
        return {{"info", file},
                {"validate", file},
                {"plan", file},
                {"export", file, "-o", "table.csv"},
                {"import", file, "-o", "imported.h5", "--format", "confocal-capture", "--bin-width-ps", "16"},
                {"reconstruct", file, "-o", "out.h5", "--backend", "cpu", "--force"}};
    }
};

TEST_F(Trust, links_and_outside_storage_open_no_other_file) {
    if (access("/usr/bin/strace", X_OK) != 0) GTEST_SKIP() << "there is no strace here";
    const std::vector<std::string> trace{"-f", "-qq", "-e", "trace=open,openat,socket", "-o", "trace.txt"};
    const auto traced = [&](const std::vector<std::string>& words) {
        std::vector<std::string> all = trace;
        all.insert(all.end(), words.begin(), words.end());
        return run(all, -1, SIGINT, "/usr/bin/strace");
    };
    if (traced({"/bin/cat", "secret.bin"}).code != 0) GTEST_SKIP() << "strace may not trace here";
    ASSERT_NE(text_of(at("trace.txt")).find("secret.bin"), std::string::npos);  // it would be seen
    for (const char* name : {"link", "external", "virtual", "flat_link", "flat_external", "flat_virtual"})
        for (std::vector<std::string> words : commands(std::string(name) + ".h5")) {
            words.insert(words.begin(), program);
            const Outcome outcome = traced(words);
            const std::string opened = text_of(at("trace.txt"));
            EXPECT_NE(opened.find(std::string(name) + ".h5"), std::string::npos) << words[1];
            EXPECT_EQ(opened.find("secret"), std::string::npos) << name << " " << words[1];
            EXPECT_EQ(opened.find("socket("), std::string::npos) << name << " " << words[1];
            if (words[1] == "reconstruct" || words[1] == "validate") EXPECT_EQ(outcome.code, 3) << name;
        }
}

TEST_F(Trust, filter_plugins_are_never_loaded) {
    const std::string canary = at("canary.txt").string();
    setenv("HDF5_PLUGIN_PATH", FIRSTLIGHT_PLUGIN_CANARY_FOLDER, 1);
    setenv("FIRSTLIGHT_CANARY", canary.c_str(), 1);
    for (const char* name : {"plugin.h5", "zfp.h5"})
        for (const std::vector<std::string>& words : commands(name)) {
            (void)run(words);
            EXPECT_FALSE(std::filesystem::exists(canary)) << name << " " << words[0];
        }
    // The trap works: a program that lets the library load plugins does run its code.
    (void)run({"-c", "import h5py; h5py.File('plugin.h5')['entry/provenance/assumptions'][()]"}, -1, SIGINT, python());
    EXPECT_TRUE(std::filesystem::exists(canary));
    unsetenv("HDF5_PLUGIN_PATH");
    unsetenv("FIRSTLIGHT_CANARY");
}

TEST_F(Trust, claims_and_bombs_take_no_memory) {
    for (const char* name : {"huge", "huge_contiguous", "huge_chunk", "bomb", "large_bomb"}) {
        const std::string file = std::string(name) + ".h5";
        const Outcome whole = run({"reconstruct", file, "-o", "out.h5", "--backend", "cpu", "--memory", "200M"});
        EXPECT_EQ(whole.code, 3) << name << ": " << whole.error;
        EXPECT_EQ(std::count(whole.error.begin(), whole.error.end(), '\n'), 1) << whole.error;
        EXPECT_LT(whole.peak_mib, 200) << name;
        const Outcome child =
            run({"0", std::to_string(200 << 20), file}, -1, SIGINT, FIRSTLIGHT_BINARY_DIR "/bin/firstlight-probe");
        EXPECT_LT(child.peak_mib, 200) << name;
        EXPECT_FALSE(std::filesystem::exists(at("out.h5"))) << name;
    }
}

// A trial process that dies of a file decides, whichever command was given.
TEST_F(Trust, every_command_lets_a_child_open_the_file_first) {
    write_small_scan(at("scan.h5"));
    std::ofstream(at("dies.sh")) << "#!/bin/sh\nkill -SEGV $$\n";
    std::filesystem::permissions(at("dies.sh"), std::filesystem::perms::owner_all);
    setenv("FIRSTLIGHT_PROBE", at("dies.sh").c_str(), 1);
    for (const std::vector<std::string>& words : commands("scan.h5")) {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 3) << words[0] << ": " << outcome.error;
        EXPECT_NE((outcome.out + outcome.error).find("crashed a trial process"), std::string::npos)
            << words[0] << ": " << outcome.out << outcome.error;
    }
    unsetenv("FIRSTLIGHT_PROBE");
}

}  // namespace

// Needs no Python.
class TrustNames : public ProgramTest {};

TEST_F(TrustNames, names_inside_a_file_never_become_paths) {
    std::filesystem::create_directories(at("a/b"));
    const SyntheticScan s(16, 24);
    AcquisitionInfo about;
    about.title = about.creator = about.start_time = "../../escaped";
    about.detector_model = at("escaped_too").string();
    about.provenance = {"../../escaped", "0", "../../escaped", "../../escaped", "1", "touch escaped", {"../escaped"}};
    AcquisitionWriter writer(at("a/b/scan.h5"), s.scan, about, {});
    writer.write_all(s.cube);
    writer.write_all_reference(s.reference);
    writer.commit();
    ASSERT_EQ(run({"reconstruct", "a/b/scan.h5", "-o", "a/b/r.h5", "--png", "a/b/png", "--backend", "cpu"}).code, 0);
    ASSERT_EQ(run({"export", "a/b/r.h5", "-o", "a/b/csv", "--format", "csv"}).code, 0);
    ASSERT_EQ(run({"info", "a/b/r.h5"}).code, 0);
    for (const std::string& name : files()) {
        EXPECT_EQ(name.rfind("a/b/", 0), 0U) << name;
        EXPECT_EQ(name.find("escaped"), std::string::npos) << name;
    }
    EXPECT_FALSE(std::filesystem::exists(at("../escaped")));
}

}  // namespace firstlight
