// Command lines and Python made from what was done by mouse make the same layers, to the last bit, when they are run.
#include "host/pipeline/command_text.hpp"

#include <cstring>

#include "host/calibration/load.hpp"
#include "host/io/calibration_file.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/job.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class CommandTextTest : public ProgramTest {
  protected:
    // As the viewer would: in this process.
    [[nodiscard]] Result made_here(const std::string& scan, const Recipe& recipe) const {
        Job job;
        job.scan_path = at(scan);
        job.recipe = recipe;
        job.backend = "cpu";
        return run_job(job, {});
    }
    // The line through a shell, from the test's folder.
    Outcome run_line(const CommandText& command) const { return run({"-c", command.line()}, -1, SIGINT, "/bin/sh"); }
    [[nodiscard]] ReconstructText text_for(const std::string& scan, const Recipe& recipe) const {
        ReconstructText text;
        text.program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight";
        text.scan = scan;
        text.output = "made.h5";
        text.recipe = recipe;
        text.backend = "cpu";
        return text;
    }
    static void expect_same(const Result& a, const Result& b) {
        ASSERT_EQ(a.images.layers.size(), b.images.layers.size());
        for (const ImageLayer& layer : a.images.layers) {
            const ImageLayer* other = b.images.layer(layer.name);
            ASSERT_NE(other, nullptr) << layer.name;
            EXPECT_EQ(std::memcmp(layer.values.data(), other->values.data(), layer.values.size() * 4), 0) << layer.name;
        }
        EXPECT_EQ(a.images.mask, b.images.mask);
    }
    static bool holds(const CommandText& command, const std::string& word) {
        return std::find(command.words.begin(), command.words.end(), word) != command.words.end();
    }
};

TEST_F(CommandTextTest, says_only_what_differs_and_runs_again_to_the_bit) {
    const std::string scan = "-odd 'na$me\" of*\\a scan\u03c3.h5";
    write_small_scan(at(scan));
    Recipe recipe = load_recipe("transmission");
    set_parameter(recipe, "time_gate.open_ps", "-40.25");
    set_parameter(recipe, "time_gate.shape", "soft");
    set_parameter(recipe, "time_gate.rise_ps", "7");
    set_parameter(recipe, "attenuation.scattered", "ignored");
    set_parameter(recipe, "tone_map.invert", "true");
    set_parameter(recipe, "time_gate.late_ps", "auto");  // as it was
    const CommandText command = reconstruct_command(text_for(scan, recipe));
    EXPECT_TRUE(command.must_save.empty());
    EXPECT_EQ(command.words.size(), 3U + 2 + 5 * 2 + 4) << command.line();
    EXPECT_TRUE(holds(command, "transmission") && holds(command, "--time_gate.open_ps") && holds(command, "-40.25"));
    const Outcome outcome = run_line(command);
    ASSERT_EQ(outcome.code, 0) << command.line() << outcome.error;
    expect_same(read_result(at("made.h5"), {}), made_here(scan, recipe));
}

TEST_F(CommandTextTest, a_recipe_of_its_own_refers_to_its_file) {
    write_small_scan(at("scan.h5"));
    const std::string toml = R"(name = "mine"
stages = ["pixel_mask", "dark_counts", "time_skew", "matched_arrival", "time_gate"]
[time_gate]
open_ps = -30
close_ps = 50
)";
    Recipe recipe = parse_recipe(toml, "test");
    ReconstructText text = text_for("scan.h5", recipe);
    try {
        (void)reconstruct_command(text);
        ADD_FAILURE() << "a recipe that nobody can name";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::usage);
    }
    // Not saved yet: everything will be in the file.
    text.recipe_file = at("my recipe.toml");
    set_parameter(recipe, "time_gate.close_ps", "25");
    text.recipe = recipe;
    CommandText command = reconstruct_command(text);
    EXPECT_EQ(command.must_save, text.recipe_file);
    EXPECT_FALSE(holds(command, "--time_gate.close_ps"));
    std::ofstream(text.recipe_file) << to_toml(recipe);
    ASSERT_EQ(run_line(command).code, 0);
    const Result wanted = made_here("scan.h5", recipe);
    expect_same(read_result(at("made.h5"), {}), wanted);
    // Saved as it was before the last change: one flag.
    std::ofstream(text.recipe_file) << toml;
    text.force = true;
    command = reconstruct_command(text);
    EXPECT_TRUE(command.must_save.empty());
    EXPECT_TRUE(holds(command, "--time_gate.close_ps") && !holds(command, "--time_gate.open_ps"));
    const Outcome outcome = run_line(command);
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    expect_same(read_result(at("made.h5"), {}), wanted);
}

// What the recipe sets would be without effect, so flags alone are refused.
TEST_F(CommandTextTest, what_flags_cannot_say_is_saved) {
    write_small_scan(at("scan.h5"));
    std::ofstream(at("base.toml")) << R"(name = "gate"
stages = ["time_skew", "expected_arrival", "time_gate"]
[time_gate]
edges = "fixed"
open_ps = -30
)";
    Recipe recipe = load_recipe(at("base.toml").string());
    set_parameter(recipe, "time_gate.edges", "optimal");
    recipe.find("time_gate")->given.erase("open_ps");
    check_recipe(recipe);
    ReconstructText text = text_for("scan.h5", recipe);
    text.recipe_file = at("base.toml");
    const CommandText command = reconstruct_command(text);
    EXPECT_EQ(command.must_save, text.recipe_file);
}

TEST_F(CommandTextTest, calibration_and_choices_that_firstlight_would_not_make) {
    write_small_scan(at("scan.h5"));
    ReconstructText text = text_for("scan.h5", load_recipe("arrival"));  // not what suits the scan
    text.calibration = "-cal ibration.h5";
    const CommandText command = reconstruct_command(text);
    EXPECT_TRUE(holds(command, "--calibration") && holds(command, "./-cal ibration.h5") && holds(command, "arrival"));
    text.calibration.clear();
    const Outcome outcome = run_line(reconstruct_command(text));
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    expect_same(read_result(at("made.h5"), {}), made_here("scan.h5", load_recipe("arrival")));
    text.backend = "auto";
    EXPECT_FALSE(holds(reconstruct_command(text), "--backend"));
}

TEST_F(CommandTextTest, export_and_compare_run) {
    write_small_scan(at("scan.h5"), {}, true);
    ASSERT_EQ(run_line(reconstruct_command(text_for("scan.h5", load_recipe("transmission")))).code, 0);
    ExportText text;
    text.program = FIRSTLIGHT_BINARY_DIR "/bin/firstlight";
    text.result = "made.h5";
    text.output = "-a layer.csv";
    text.format = "csv";
    text.layer = "optical_depth";
    const Outcome exported = run_line(export_command(text));
    ASSERT_EQ(exported.code, 0) << exported.error;
    EXPECT_TRUE(std::filesystem::exists(at("-a layer.csv")));
    EXPECT_NE(run_line(export_command(text)).code, 0);
    text.force = true;
    EXPECT_EQ(run_line(export_command(text)).code, 0);
    text.slices = {"z=1"};
    EXPECT_NE(export_command(text).line().find("--slice z=1"), std::string::npos);
    CompareText compare;
    compare.program = text.program;
    compare.result = "made.h5";
    compare.against = "scan.h5";
    compare.bars = {"0,0,16,16,8"};
    const Outcome compared = run_line(compare_command(compare));
    ASSERT_EQ(compared.code, 0) << compared.error;
    EXPECT_NE(compared.out.find("bars"), std::string::npos) << compared.out;
}

TEST_F(CommandTextTest, shells_read_words_back) {
    for (const std::string& word : {std::string("plain-1.5_%@+,:=/"), std::string(), std::string("a b"),
                                    std::string("'"), std::string("$HOME `ls` \\ \"x\" !! ~ *?[a] #;&|<>(){}\t\n."),
                                    std::string("=ls"), std::string("~"), std::string("\u03bcm")})
        EXPECT_EQ(run({"-c", "printf %s " + shell_quoted(word)}, -1, SIGINT, "/bin/sh").out, word);
    EXPECT_EQ(shell_quoted("plain-1.5_%@+,:=/"), "plain-1.5_%@+,:=/");
}

TEST_F(CommandTextTest, python_reads_well) {
    ReconstructText text = text_for("scan.h5", load_recipe("transmission"));
    set_parameter(text.recipe, "time_gate.close_ps", "30");
    text.program = "firstlight";
    const std::string wanted = R"(import subprocess

import h5py

subprocess.run(
    [
        "firstlight", "reconstruct", "scan.h5",
        "--recipe", "transmission",
        "--time_gate.close_ps", "30",
        "--backend", "cpu",
        "--output", "made.h5",
    ],
    check=True,
)

layers, units, axes, volume = {}, {}, {}, None
with h5py.File("made.h5", "r") as file:
    entry = file["entry"]
)";
    EXPECT_EQ(reconstruct_python(text).substr(0, wanted.size()), wanted);
    EXPECT_EQ(reconstruct_command(text).line(),
              "firstlight reconstruct scan.h5 --recipe transmission --time_gate.close_ps 30 --backend cpu --output "
              "made.h5");
}

TEST_F(CommandTextTest, python_runs_it_and_opens_the_layers) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const std::string scan = "my \"scan\" \\ \u03c3.h5";
    write_small_scan(at(scan));
    Recipe recipe = load_recipe("transmission");
    set_parameter(recipe, "time_gate.close_ps", "30");
    ReconstructText text = text_for(scan, recipe);
    text.output = "-made 'here'.h5";
    std::ofstream(at("script.py"))
        << reconstruct_python(text)
        << "\nassert layers['ballistic'].shape == (16, 24) and units['ballistic'] == 'counts'\n"
           "assert set(axes) == {'x', 'y'} and volume is None\n"
           "layers['ballistic'].tofile('ballistic.raw')\n";
    const Outcome outcome = run({"script.py"}, -1, SIGINT, python());
    ASSERT_EQ(outcome.code, 0) << text_of(at("script.py")) << outcome.error;
    const Result wanted = made_here(scan, recipe);
    const std::vector<float>& ballistic = wanted.images.layer("ballistic")->values;
    const std::string found = text_of(at("ballistic.raw"));
    ASSERT_EQ(found.size(), ballistic.size() * 4);
    EXPECT_EQ(std::memcmp(found.data(), ballistic.data(), found.size()), 0);
    EXPECT_NE(outcome.out.find("optical_depth (16, 24) float32 1"), std::string::npos) << outcome.out;
    std::ofstream(at("open.py")) << open_python("-made 'here'.h5") << "\nassert 'ballistic' in layers\n";
    EXPECT_EQ(run({"open.py"}, -1, SIGINT, python()).code, 0);
    text.output.clear();
    EXPECT_THROW((void)reconstruct_python(text), Error);
}

}  // namespace
}  // namespace firstlight
