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
    set_parameter(text.recipe, "pixel_mask.threshold_mad", "8");
    set_parameter(text.recipe, "time_gate.shape", "soft");
    set_parameter(text.recipe, "time_gate.close_ps", "30.5");
    set_parameter(text.recipe, "tone_map.invert", "true");
    text.program = "firstlight";
    const std::string wanted = R"(import firstlight

result = firstlight.reconstruct(
    "scan.h5",
    recipe="transmission",
    pixel_mask={"threshold_mad": 8},
    time_gate={"close_ps": 30.5, "shape": "soft"},
    tone_map={"invert": True},
    backend="cpu",
)
result.save("made.h5")

for name, layer in result.layers.items():
    print(name, result[name].shape, result[name].dtype, layer.unit)
)";
    EXPECT_EQ(reconstruct_python(text), wanted);
    text.force = true;
    EXPECT_NE(reconstruct_python(text).find("result.save(\"made.h5\", force=True)\n"), std::string::npos);
    text.output.clear();
    EXPECT_EQ(reconstruct_python(text).find("save"), std::string::npos);
    text.recipe = parse_recipe("name = \"mine\"\nstages = [\"matched_arrival\", \"time_gate\"]\n", "test");
    text.recipe_file = "my recipe.toml";
    EXPECT_NE(reconstruct_python(text).find("# Save the recipe to \"my recipe.toml\" first.\n"), std::string::npos);
}

TEST_F(CommandTextTest, python_makes_the_same_layers) {
    FIRSTLIGHT_NEEDS_PYTHON();
    setenv("PYTHONPATH", FIRSTLIGHT_BINARY_DIR "/python", 1);
    if (run({"-c", "import firstlight"}, -1, SIGINT, python()).code != 0)
        GTEST_SKIP() << "the package firstlight is not built for this Python";
    const std::string scan = "-my \"scan\" \\ \u03c3.h5";
    write_small_scan(at(scan));
    Recipe recipe = load_recipe("transmission");
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{{"time_gate.open_ps", "-40.25"},
                                                                                     {"time_gate.close_ps", "auto"},
                                                                                     {"time_gate.shape", "soft"},
                                                                                     {"time_gate.rise_ps", "7"},
                                                                                     {"tone_map.invert", "true"},
                                                                                     {"pixel_mask.threshold_mad", "8"}})
        set_parameter(recipe, key, value);
    ReconstructText text = text_for(scan, recipe);
    text.output = "-made 'here'.h5";
    std::ofstream(at("script.py")) << reconstruct_python(text);
    const Outcome outcome = run({"script.py"}, -1, SIGINT, python());
    ASSERT_EQ(outcome.code, 0) << text_of(at("script.py")) << outcome.error;
    EXPECT_NE(outcome.out.find("optical_depth (16, 24) float32 1\n"), std::string::npos) << outcome.out;
    const Result made = read_result(at("-made 'here'.h5"), {});
    expect_same(made, made_here(scan, recipe));
    EXPECT_EQ(made.process.recipe, to_toml(recipe));
    EXPECT_NE(run({"script.py"}, -1, SIGINT, python()).code, 0) << "a result is not overwritten";
    std::ofstream(at("open.py")) << open_python("-made 'here'.h5") << "\nassert 'ballistic' in result\n";
    EXPECT_EQ(run({"open.py"}, -1, SIGINT, python()).code, 0);
    // A recipe of its own by its file, with what differs from it.
    text.recipe_file = at("mine.toml");
    text.recipe = parse_recipe(
        "name = \"mine\"\nstages = [\"dark_counts\", \"time_skew\", \"matched_arrival\", \"time_gate\"]\n", "test");
    std::ofstream(text.recipe_file) << to_toml(text.recipe);
    set_parameter(text.recipe, "time_gate.close_ps", "25");
    text.output = "mine.h5";
    std::ofstream(at("mine.py")) << reconstruct_python(text);
    const Outcome mine = run({"mine.py"}, -1, SIGINT, python());
    ASSERT_EQ(mine.code, 0) << text_of(at("mine.py")) << mine.error;
    expect_same(read_result(at("mine.h5"), {}), made_here(scan, text.recipe));
}

}  // namespace
}  // namespace firstlight
