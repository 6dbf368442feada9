// What the commands print and write when all is well.
#include <cmath>
#include <nlohmann/json.hpp>

#include "host/io/images.hpp"
#include "host/io/result_file.hpp"
#include "host/pipeline/recipe.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class CliCommands : public ProgramTest {
  protected:
    Outcome reconstruct(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"reconstruct", "scan.h5", "--backend", "cpu"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
};

TEST_F(CliCommands, reconstruct_writes_result_and_figures_and_names_them) {
    write_small_scan(at("scan.h5"));
    const std::string before = sha256_of_file(at("scan.h5"));
    const Outcome outcome = reconstruct({"--png", "figures"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_EQ(outcome.error, "");  // no progress bar without a terminal
    EXPECT_NE(outcome.out.find("input    scan.h5: 16 x 24 pixels (y, x), 256 bins of 8.0 ps, counts u2\n"),
              std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("scan.result.h5\n"), std::string::npos);
    for (const char* layer : {"counts", "ballistic", "purity", "optical_depth", "snr"}) {
        const std::string name = std::string("figures/scan_") + layer + ".png";
        EXPECT_NE(outcome.out.find(name + "\n"), std::string::npos) << outcome.out;
        EXPECT_GE(read_png(at(name)).columns, 512) << name;
    }
    EXPECT_EQ(files().size(), 2U + 5U);  // the arrival was given: one colour would fill its figure
    EXPECT_EQ(sha256_of_file(at("scan.h5")), before);
    const Result result = read_result(at("scan.result.h5"), {});
    // 300 counts in open pixels times the gate's share; closed ones hold nothing.
    const ImageLayer& ballistic = *result.images.layer("ballistic");
    double share = 0;
    for (const StageRecord& stage : result.process.stages)
        if (stage.name == "time_gate") share = stage.survey.at("gate_share");
    EXPECT_GT(share, 0.7);
    double open = 0, closed = 0;
    for (std::size_t p = 0; p < ballistic.values.size(); ++p)
        (p / 4 % 2 == 0 ? open : closed) += static_cast<double>(ballistic.values[p]) / 192;
    EXPECT_NEAR(open, 300 * share, 4 * std::sqrt(300 * share / 192));
    EXPECT_NEAR(closed, 0, 2);
}

TEST_F(CliCommands, json_is_one_object_and_quiet_says_nothing) {
    write_small_scan(at("scan.h5"));
    const Outcome outcome = reconstruct({"--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json json = Json::parse(outcome.out);
    EXPECT_EQ(json["output"], "scan.result.h5");
    EXPECT_EQ(json["shape"], Json({1, 16, 24}));
    EXPECT_EQ(json["quality"]["pixels_masked"], 1);
    EXPECT_EQ(json["stages"][0]["name"], "read");
    const Outcome quiet = reconstruct({"--quiet", "--force"});
    EXPECT_EQ(quiet.code, 0);
    EXPECT_EQ(quiet.out + quiet.error, "");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"info", "scan.h5", "--json"},
                                               {"info", "scan.result.h5", "--json"},
                                               {"validate", "scan.h5", "--json"},
                                               {"plan", "scan.h5", "--json"},
                                               {"doctor", "--json"},
                                               {"rerun", "scan.result.h5", "--json"},
                                               {"schema"}}) {
        const Outcome one = run(words);
        EXPECT_EQ(one.code, 0) << words[0] << one.error;
        EXPECT_TRUE(Json::accept(one.out)) << words[0] << one.out;
    }
}

TEST_F(CliCommands, stage_flags_take_negative_values_in_both_spellings) {
    write_small_scan(at("scan.h5"));
    const std::vector<std::string> close{"--time_gate.close_ps", "25"};
    ASSERT_EQ(reconstruct({"-o", "a.h5", "--time_gate.open_ps", "-40", close[0], close[1]}).code, 0);
    ASSERT_EQ(reconstruct({"-o", "b.h5", "--time_gate.open_ps=-40", close[0], close[1]}).code, 0);
    ASSERT_EQ(reconstruct({"-o", "c.h5", "--time_gate.open_ps=-30", close[0], close[1]}).code, 0);
    const auto ballistic = [&](const char* name) {
        return read_result(at(name), {}).images.layer("ballistic")->values;
    };
    EXPECT_EQ(ballistic("a.h5"), ballistic("b.h5"));
    EXPECT_NE(ballistic("a.h5"), ballistic("c.h5"));
    EXPECT_NE(read_result(at("a.h5"), {}).process.recipe.find("open_ps = -40"), std::string::npos);
}

TEST_F(CliCommands, rerun_reproduces_bit_for_bit_or_says_what_differs) {
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(reconstruct({"--time_gate.open_ps", "-35"}).code, 0);
    const Outcome same = run({"rerun", "scan.result.h5", "--threads", "1"});
    EXPECT_EQ(same.code, 0) << same.error;
    EXPECT_EQ(same.out, "scan.result.h5: reproduced bit for bit\n");
    EXPECT_EQ(same.error, "");
    // One count more in one trace.
    write_small_scan(at("scan.h5"),
                     [](SyntheticScan& s) { reinterpret_cast<std::uint16_t*>(s.cube.trace(0, 1, 1))[79] += 100; });
    const Outcome other = run({"rerun", "scan.result.h5"});
    EXPECT_EQ(other.code, 3);
    EXPECT_NE(other.error.find("firstlight: warning: input "), std::string::npos) << other.error;
    EXPECT_NE(other.error.find("differs: its SHA-256 was "), std::string::npos) << other.error;
    EXPECT_NE(other.out.find("scan.result.h5: not reproduced\n"), std::string::npos) << other.out;
    EXPECT_NE(other.out.find("  ballistic: 1 of 384 (0.26 %) differ, by up to "), std::string::npos) << other.out;
    std::filesystem::remove(at("scan.h5"));
    const Outcome gone = run({"rerun", "scan.result.h5"});
    EXPECT_EQ(gone.code, 3);
    EXPECT_NE(gone.error.find("firstlight: error: scan.result.h5: cannot be run again"), std::string::npos)
        << gone.error;
}

TEST_F(CliCommands, diff_names_what_is_behind_a_change_and_its_size) {
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(reconstruct({"-o", "a.h5"}).code, 0);
    ASSERT_EQ(reconstruct({"-o", "b.h5", "--time_gate.open_ps", "-35"}).code, 0);
    const Outcome changed = run({"diff", "a.h5", "b.h5"});
    ASSERT_EQ(changed.code, 0) << changed.error;
    EXPECT_NE(changed.out.find("behind the difference:\n  parameter time_gate.open_ps  auto -> -35 ps\n"),
              std::string::npos)
        << changed.out;
    EXPECT_NE(changed.out.find("  ballistic_sigma "), std::string::npos) << changed.out;
    const Json json = Json::parse(run({"diff", "a.h5", "b.h5", "--json"}).out);
    EXPECT_FALSE(json["identical"].get<bool>());
    ASSERT_EQ(json["causes"].size(), 1U);
    EXPECT_EQ(json["causes"][0]["b"], "-35");
    // The largest difference, found from the files themselves.
    const Result a = read_result(at("a.h5"), {}), b = read_result(at("b.h5"), {});
    double largest = 0;
    for (std::size_t p = 0; p < 384; ++p)
        largest = std::max(largest, std::abs(double{a.images.layer("ballistic")->values[p]} -
                                             double{b.images.layer("ballistic")->values[p]}));
    for (const Json& layer : json["layers"]) {
        if (layer["layer"] == "ballistic") EXPECT_DOUBLE_EQ(layer["largest"].get<double>(), largest);
    }

    // Another scan by the same recipe: the input is behind it, nothing else.
    write_small_scan(at("scan.h5"),
                     [](SyntheticScan& s) { reinterpret_cast<std::uint16_t*>(s.cube.trace(0, 1, 1))[79] += 100; });
    ASSERT_EQ(reconstruct({"-o", "c.h5"}).code, 0);
    const Outcome input = run({"diff", "a.h5", "c.h5"});
    EXPECT_NE(input.out.find("behind the difference:\n  input scan  "), std::string::npos) << input.out;
    EXPECT_NE(input.out.find(" 1 of 384 (0.26 %) differ, by up to 1"), std::string::npos) << input.out;

    EXPECT_EQ(run({"diff", "a.h5", "a.h5"}).out, "the same values, bit for bit\n");
    EXPECT_EQ(run({"diff", "a.h5", "a.h5", "--quiet"}).out, "");
    EXPECT_EQ(run({"diff", "a.h5", "scan.h5"}).code, 3);
}

TEST_F(CliCommands, compare_knows_the_truth) {
    write_small_scan(at("scan.h5"), {}, true);
    ASSERT_EQ(reconstruct().code, 0);
    const Outcome outcome = run({"compare", "scan.result.h5", "scan.h5", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json view = Json::parse(outcome.out)["views"][0];
    EXPECT_EQ(view["pixels_open"].get<double>() + view["pixels_closed"].get<double>(), 16 * 24 - 1);
    EXPECT_GT(view["cnr_gain"].get<double>(), 2);
    EXPECT_GT(view["ballistic_ncc"].get<double>(), 0.99);
    EXPECT_NEAR(view["ballistic_pull_mean"].get<double>(), 0, 0.3);
    EXPECT_NEAR(view["optical_depth_pull_mean"].get<double>(), 0, 0.3);
    EXPECT_NEAR(view["optical_depth_pull_sd"].get<double>(), 1, 0.25);
    const Outcome itself = run({"compare", "scan.result.h5", "scan.result.h5", "--json"});
    ASSERT_EQ(itself.code, 0) << itself.error;
    EXPECT_EQ(Json::parse(itself.out)["views"][0]["ballistic_rmse"], 0);
    write_small_scan(at("plain.h5"));
    expect_refusal(
        {"compare", "scan.result.h5", "plain.h5"}, 3,
        "plain.h5: /entry/truth is missing (only simulated scans know the truth): compare with another result");
}

TEST_F(CliCommands, exported_numbers_are_those_of_the_result) {
    write_small_scan(at("scan.h5"));
    ASSERT_EQ(reconstruct().code, 0);
    const std::vector<float> ballistic = read_result(at("scan.result.h5"), {}).images.layer("ballistic")->values;
    const auto write = [&](const std::string& format, const std::string& path) {
        const Outcome outcome =
            run({"export", "scan.result.h5", "-o", path, "--format", format, "--layer", "ballistic"});
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        EXPECT_EQ(outcome.out, "ballistic  " + path + "\n");
    };
    write("tiff", "a.tif");
    EXPECT_EQ(read_tiff_float(at("a.tif")).values, ballistic);
    write("npy", "a.npy");
    const std::string npy = text_of(at("a.npy"));
    EXPECT_NE(npy.find("'descr': '<f4', 'fortran_order': False, 'shape': (16, 24), }"), std::string::npos);
    EXPECT_EQ((npy.size() - ballistic.size() * 4) % 64, 0U);
    EXPECT_EQ(std::memcmp(npy.data() + npy.size() - ballistic.size() * 4, ballistic.data(), ballistic.size() * 4), 0);
    write("csv", "a.csv");
    std::istringstream csv(text_of(at("a.csv")));
    std::string cell;
    std::getline(csv, cell);
    EXPECT_EQ(cell.rfind("# ballistic (count", 0), 0U) << cell;
    std::getline(csv, cell, ',');
    EXPECT_EQ(std::strtof(cell.c_str(), nullptr), ballistic[0]);
    write("png", "a.png");
    EXPECT_EQ(read_png(at("a.png")).bits, 8);
    write("png16", "b.png");
    EXPECT_EQ(read_png(at("b.png")).bits, 16);
    EXPECT_EQ(run({"export", "scan.result.h5", "-o", "all", "--format", "npy"}).code, 0);
    EXPECT_TRUE(std::filesystem::exists(at("all/optical_depth.npy")));
    expect_refusal({"export", "scan.result.h5", "-o", "a.tif", "--layer", "ballistic"}, 4,
                   "a.tif: exists already (it is not overwritten): give another name, or --force to replace it");
    expect_refusal({"export", "scan.result.h5", "-o", "c.tif", "--layer", "balistic"}, 2,
                   "scan.result.h5: there is no layer \"balistic\": did you mean ballistic?");
}

TEST_F(CliCommands, plan_holds_without_a_gpu_and_within_the_memory) {
    write_small_scan(at("scan.h5"));
    const Outcome outcome = run({"plan", "scan.h5", "--memory", "200M", "--threads", "3", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.error;
    const Json plan = Json::parse(outcome.out);
    EXPECT_LE(plan["memory_bytes"].get<double>(), 200 * 1024 * 1024);
    EXPECT_EQ(plan["lanes"], 3);
    EXPECT_GT(plan["expected_seconds"].get<double>(), 0);
    EXPECT_GT(plan["gpu"]["device_bytes"].get<double>(), 0);
}

TEST_F(CliCommands, recipes_are_listed_shown_and_checked) {
    const Outcome list = run({"recipe", "list"});
    EXPECT_EQ(list.code, 0);
    for (const BuiltInRecipe& recipe : built_in_recipes()) {
        EXPECT_NE(list.out.find(recipe.name), std::string::npos);
        const Outcome toml = run({"recipe", "show", recipe.name, "--toml"});
        ASSERT_EQ(toml.code, 0) << toml.error;
        EXPECT_EQ(toml.out, to_toml(load_recipe(recipe.name)));
        std::ofstream(at("mine.toml")) << toml.out;
        EXPECT_EQ(run({"recipe", "check", "mine.toml"}).code, 0);
        const Outcome shown = run({"recipe", "show", recipe.name});
        for (const RecipeStage& stage : load_recipe(recipe.name).stages)
            for (const Param& param : *stage.stage->params) {
                EXPECT_NE(shown.out.find("  " + param.name), std::string::npos) << param.name;
                EXPECT_NE(shown.out.find(param.meaning), std::string::npos) << param.name;
            }
    }
}

TEST_F(CliCommands, schema_and_reference_name_every_parameter) {
    const Json schema = Json::parse(run({"schema"}).out);
    const std::string reference = run({"recipe", "docs"}).out;
    for (const StageEntry& stage : stage_list()) {
        const Json& section = schema["properties"][stage.info.name];
        EXPECT_EQ(section["additionalProperties"], false);
        EXPECT_EQ(section["properties"].size(), stage.params->size());
        EXPECT_NE(reference.find(std::string("### ") + stage.info.name + "\n"), std::string::npos);
        for (const Param& param : *stage.params) {
            ASSERT_TRUE(section["properties"].contains(param.name)) << param.name;
            const Json& p = section["properties"][param.name];
            EXPECT_NE(p["description"].get<std::string>().find(param.meaning), std::string::npos);
            if (param.kind == ParamKind::choice) {
                EXPECT_EQ(p["enum"].size(), param.choices.size());
            }
            if (!param.unit.empty()) {
                EXPECT_EQ(p["x-unit"], param.unit);
            }
            EXPECT_NE(reference.find("| `" + param.name + "` |"), std::string::npos) << param.name;
        }
    }
}

TEST_F(CliCommands, completion_scripts_parse_and_know_every_flag) {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const Outcome script = run({"completion", shell});
        ASSERT_EQ(script.code, 0);
        for (const char* word : {"reconstruct", "recipe", "force", "time_gate.open_ps"})
            EXPECT_NE(script.out.find(word), std::string::npos) << shell << " " << word;
        std::ofstream(at(std::string("script.") + shell)) << script.out;
    }
    const Outcome parsed = run({"-n", "script.bash"}, -1, SIGINT, "/bin/bash");
    EXPECT_EQ(parsed.code, 0) << parsed.error;
    const Outcome completed = run(
        {"-c",
         "source script.bash; COMP_WORDS=(firstlight reconstruct --time_gate.sha); COMP_CWORD=2; _firstlight; echo "
         "${COMPREPLY[@]};"
         "COMP_WORDS=(firstlight reconstruct --tone_map.colormap vir); COMP_CWORD=3; _firstlight; echo ${COMPREPLY[@]};"
         "COMP_WORDS=(firstlight recipe sho); COMP_CWORD=2; _firstlight; echo ${COMPREPLY[@]}"},
        -1, SIGINT, "/bin/bash");
    EXPECT_EQ(completed.out, "--time_gate.shape\nviridis\nshow\n") << completed.error;
}

TEST_F(CliCommands, the_manual_page_is_sound) {
    const Outcome page = run({"man"});
    ASSERT_EQ(page.code, 0);
    EXPECT_EQ(page.out.rfind(".TH FIRSTLIGHT 1", 0), 0U);
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params)
            EXPECT_NE(page.out.find("\\-\\-" + std::string(stage.info.name) + "." + param.name), std::string::npos)
                << param.name;
    if (access("/usr/bin/mandoc", X_OK) != 0) GTEST_SKIP() << "mandoc is not installed";
    std::ofstream(at("firstlight.1")) << page.out;
    const Outcome lint = run({"-Tlint", "-Wwarning", "firstlight.1"}, -1, SIGINT, "/usr/bin/mandoc");
    EXPECT_EQ(lint.out + lint.error, "");
}

TEST_F(CliCommands, help_and_version_are_data) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"--help"}, {"reconstruct", "--help"}, {"--version"}, {"reconstruct", "--help-stages"}, {"doctor"}}) {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 0) << words[0] << outcome.error;
        EXPECT_FALSE(outcome.out.empty());
        EXPECT_EQ(outcome.error, "");
    }
}

}  // namespace
}  // namespace firstlight
