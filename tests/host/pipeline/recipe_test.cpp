#include "host/pipeline/recipe.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace firstlight {
namespace {

std::string refusal_of(const std::function<void()>& work, ExitCode code = ExitCode::usage) {
    try {
        work();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), code) << e.what();
        return e.what();
    }
    return "";
}

std::string parse_refusal(const std::string& toml) {
    return refusal_of([&] { (void)parse_recipe(toml, "test"); });
}

// A recipe of one stage, as far as parsing goes.
std::string with_key(const std::string& stage, const std::string& key, const std::string& value) {
    return "stages = [\"" + stage + "\"]\n[" + stage + "]\n" + key + " = " + value + "\n";
}

bool is_key(const std::string& word) {
    return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

// The word with each letter dropped in turn, and with each replaced.
std::vector<std::string> misspelt(const std::string& word) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < word.size(); ++i) {
        words.push_back(word.substr(0, i) + word.substr(i + 1));
        words.push_back(word.substr(0, i) + (word[i] == 'q' ? 'z' : 'q') + word.substr(i + 1));
    }
    return words;
}

TEST(Recipe, built_in_recipes_are_good_and_name_themselves) {
    ASSERT_FALSE(built_in_recipes().empty());
    for (const BuiltInRecipe& built_in : built_in_recipes()) {
        const Recipe recipe = load_recipe(built_in.name);
        EXPECT_EQ(recipe.name, built_in.name);
        EXPECT_FALSE(recipe.summary.empty());
        EXPECT_NO_THROW(check_recipe(recipe));
    }
}

TEST(Recipe, written_out_and_read_again_is_the_same) {
    for (const BuiltInRecipe& built_in : built_in_recipes()) {
        Recipe recipe = load_recipe(built_in.name);
        recipe.summary = "quotes \" and \\ and ümlauts";
        // Values without a short decimal form must survive too.
        for (RecipeStage& stage : recipe.stages)
            for (const Param& param : *stage.stage->params)
                if (param.kind == ParamKind::real && has_effect(param, *stage.stage->params, stage.params.get()))
                    param.set(stage.params.get(), std::max(param.minimum, std::min(param.maximum, 0.1 + 0.2)));
        const std::string text = to_toml(recipe);
        const Recipe again = parse_recipe(text, "test");
        EXPECT_EQ(to_toml(again), text);
        EXPECT_EQ(again.summary, recipe.summary);
        ASSERT_EQ(again.stages.size(), recipe.stages.size());
        for (std::size_t s = 0; s < recipe.stages.size(); ++s)
            for (const Param& param : *recipe.stages[s].stage->params)
                if (has_effect(param, *recipe.stages[s].stage->params, recipe.stages[s].params.get())) {
                    EXPECT_EQ(to_toml(param, again.stages[s].params.get()),
                              to_toml(param, recipe.stages[s].params.get()));
                }
        EXPECT_NO_THROW(check_recipe(again));
    }
}

TEST(Recipe, auto_survives_writing) {
    const Recipe recipe =
        parse_recipe("stages = [\"expected_arrival\", \"time_gate\"]\n[time_gate]\nopen_ps = \"auto\"\n", "test");
    EXPECT_NE(to_toml(recipe).find("open_ps = \"auto\""), std::string::npos);
}

TEST(Recipe, copies_have_parameters_of_their_own) {
    const Recipe first = load_recipe("transmission");
    Recipe second = first;
    set_parameter(second, "time_gate.open_ps", "-123");
    EXPECT_NE(to_toml(first), to_toml(second));
    EXPECT_TRUE(first.find("time_gate")->given.empty());
}

TEST(Recipe, every_misspelt_stage_is_refused_and_the_right_one_named) {
    for (const StageEntry& stage : stage_list())
        for (const std::string& word : misspelt(stage.info.name)) {
            if (!is_key(word) || find_stage(word) != nullptr) continue;
            const std::string wanted = std::string("did you mean \"") + stage.info.name + "\"?";
            const std::string in_list = parse_refusal("stages = [\"" + word + "\"]\n");
            EXPECT_NE(in_list.find("\"" + word + "\""), std::string::npos) << in_list;
            EXPECT_NE(in_list.find(wanted), std::string::npos) << in_list;
            const std::string as_section = parse_refusal("stages = [\"time_gate\"]\n[" + word + "]\n");
            EXPECT_NE(as_section.find(wanted), std::string::npos) << as_section;
        }
}

TEST(Recipe, every_misspelt_parameter_is_refused_and_the_right_one_named) {
    int tried = 0;
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params)
            for (const std::string& word : misspelt(param.name)) {
                if (!is_key(word) || find_param(stage, word) != nullptr) continue;
                const std::string wanted = "did you mean \"" + param.name + "\"?";
                const std::string in_file = parse_refusal(with_key(stage.info.name, word, "1"));
                EXPECT_NE(in_file.find(wanted), std::string::npos) << in_file;
                Recipe recipe = parse_recipe(std::string("stages = [\"") + stage.info.name + "\"]\n", "test");
                const std::string as_flag =
                    refusal_of([&] { set_parameter(recipe, std::string(stage.info.name) + "." + word, "1"); });
                EXPECT_EQ(as_flag.rfind(std::string("--") + stage.info.name + "." + word + ": ", 0), 0U) << as_flag;
                EXPECT_NE(as_flag.find(wanted), std::string::npos) << as_flag;
                ++tried;
            }
    EXPECT_GT(tried, 500);
}

TEST(Recipe, values_out_of_range_or_of_another_kind_are_refused) {
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params) {
            std::vector<std::string> bad{"[1]"};
            if (param.kind != ParamKind::text) bad.insert(bad.end(), {"\"qqqq\"", "1979-05-27"});
            if (param.kind == ParamKind::real || param.kind == ParamKind::integer) {
                bad.insert(bad.end(), {"nan", "inf", "true"});
                bad.push_back(param.kind == ParamKind::real ? "1e300" : "1.5");
                if (param.automatic.empty()) bad.emplace_back("\"auto\"");
            }
            if (param.kind == ParamKind::boolean || param.kind == ParamKind::choice) bad.emplace_back("3");
            for (const std::string& value : bad) {
                const std::string message = parse_refusal(with_key(stage.info.name, param.name, value));
                EXPECT_NE(message.find(stage.info.name + ("." + param.name)), std::string::npos)
                    << stage.info.name << "." << param.name << " = " << value << ": " << message;
            }
        }
}

TEST(Recipe, a_beginning_may_end_anywhere_but_not_in_disorder) {
    const auto refusal = [](const std::string& stages, RecipeEnd end) {
        return refusal_of(
            [&] { check_recipe(parse_recipe("name = \"r\"\nstages = [" + stages + "]\n", "test"), end); });
    };
    for (const char* stages : {R"("pixel_mask")", R"("dark_counts", "richardson_lucy")"}) {
        EXPECT_EQ(refusal(stages, RecipeEnd::open), "");
        EXPECT_NE(refusal(stages, RecipeEnd::complete), "");
    }
    EXPECT_NE(refusal(R"("time_gate")", RecipeEnd::open).find("no arrival to refer to"), std::string::npos);
    EXPECT_NE(refusal(R"("time_skew", "pile_up", "gate_sweep")", RecipeEnd::open).find("comes after"),
              std::string::npos);
    Recipe twice = parse_recipe(R"(stages = ["pile_up"])", "test");
    twice.stages.push_back({find_stage("pile_up"), find_stage("pile_up")->make_params(), {}});
    EXPECT_NE(refusal_of([&] { check_recipe(twice, RecipeEnd::open); }).find("listed twice"), std::string::npos);
}

TEST(Recipe, orders_that_cannot_work_are_refused) {
    const auto refusal = [](const std::string& stages) {
        return refusal_of([&] { check_recipe(parse_recipe("name = \"r\"\nstages = [" + stages + "]\n", "test")); });
    };
    EXPECT_EQ(refusal(R"("pixel_mask", "expected_arrival", "time_gate")"), "");
    EXPECT_NE(
        refusal(R"("expected_arrival", "pixel_mask", "time_gate")").find("pixel_mask comes after expected_arrival"),
        std::string::npos);
    EXPECT_NE(refusal(R"("time_gate")").find("no arrival to refer to"), std::string::npos);
    EXPECT_EQ(refusal(R"("wiener", "expected_arrival", "time_gate")"), "");
    EXPECT_NE(refusal(R"("wiener", "richardson_lucy", "expected_arrival", "time_gate")").find("two deconvolutions"),
              std::string::npos);
    EXPECT_NE(refusal(R"("wiener", "matched_arrival")").find("wiener has no effect"), std::string::npos);
    EXPECT_NE(refusal(R"("expected_arrival", "wiener", "time_gate")").find("comes after"), std::string::npos);
    EXPECT_NE(
        refusal(R"("expected_arrival", "matched_arrival", "time_gate")").find("two stages say when light arrives"),
        std::string::npos);
    EXPECT_NE(refusal(R"("expected_arrival", "attenuation")").find("no images to work on"), std::string::npos);
    EXPECT_NE(refusal(R"("pixel_mask")").find("nothing would come out"), std::string::npos);
    EXPECT_NE(parse_refusal(R"(stages = ["time_gate", "time_gate"])").find("listed twice"), std::string::npos);
    EXPECT_NE(parse_refusal("name = \"x\"").find("no list of stages"), std::string::npos);
    EXPECT_NE(parse_refusal("stages = [1]").find("not a name"), std::string::npos);
    EXPECT_NE(parse_refusal("stages = [\"time_gate\"\n").find("not TOML"), std::string::npos);
}

TEST(Recipe, parameters_without_effect_are_refused) {
    int tried = 0;
    for (const StageEntry& stage : stage_list())
        for (const Param& param : *stage.params) {
            if (param.condition_on.empty()) continue;
            const Param& other = *find_param(stage, param.condition_on);
            for (const std::string& choice : other.choices) {
                Recipe recipe =
                    load_recipe(std::string(stage.info.family) == "first_arrival" ? "arrival" : "transmission");
                if (recipe.find(stage.info.name) == nullptr) recipe = load_recipe("transmission");
                if (recipe.find(stage.info.name) == nullptr) continue;
                set_parameter(recipe, stage.info.name + ("." + other.name), choice);
                RecipeStage& chosen = *recipe.find(stage.info.name);
                const ParamValue value = param.get(chosen.params.get());
                chosen.given = {param.name};
                const bool effect = has_effect(param, *stage.params, chosen.params.get());
                const std::string refusal = refusal_of([&] { check_recipe(recipe); });
                EXPECT_EQ(effect, refusal.empty()) << refusal;
                if (!effect) {
                    EXPECT_NE(refusal.find(stage.info.name + ("." + param.name + " has no effect")), std::string::npos)
                        << refusal;
                    ++tried;
                }
            }
        }
    EXPECT_GT(tried, 5);
    const std::string section =
        parse_refusal("stages = [\"expected_arrival\", \"time_gate\"]\n[attenuation]\nconfidence = 0.9\n");
    EXPECT_NE(section.find("[attenuation] has no effect"), std::string::npos) << section;
}

TEST(Recipe, a_file_is_named_in_its_errors) {
    const auto path = std::filesystem::temp_directory_path() / "firstlight_recipe_test.toml";
    std::ofstream(path) << "stages = [\"expected_arrival\", \"time_gate\"]\n[time_gate]\nopn_ps = 1\n";
    const std::string refusal = refusal_of([&] { (void)load_recipe(path.string()); });
    EXPECT_EQ(refusal, path.string() + ": time_gate.opn_ps: there is no such parameter: did you mean \"open_ps\"?");
    std::filesystem::remove(path);
    const std::string unknown = refusal_of([] { (void)load_recipe("transmision"); });
    EXPECT_EQ(unknown, "transmision: neither a built-in recipe nor a file: did you mean \"transmission\"?");
}

}  // namespace
}  // namespace firstlight
