#include <cmath>

#include "tests/viewer/panel_driver.hpp"
#include "viewer/session/provenance_facts.hpp"

namespace firstlight::viewer {
namespace {

std::string value_of(const std::vector<Fact>& facts, const std::string& name) {
    for (const Fact& fact : facts)
        if (fact.name == name) return fact.value;
    return "";
}

Result made_up() {
    Result result;
    result.process.stages = {{"read", 0.5, 0, 1000, {}},
                             {"pile_up", 0.25, 1000, 1100, {}},
                             {"time_gate", 1, 1100, 110, {{"open_ps[0]", -40}, {"open_ps[1]", -36}, {"hot_bins", 3}}},
                             {"attenuation", 0, 0, 0, {}}};
    return result;
}

TEST(Waterfall, bars_are_the_records_and_their_shares_of_the_largest) {
    const Result result = made_up();
    const std::vector<StageBar> bars = waterfall(result, false);
    ASSERT_EQ(bars.size(), 4U);
    for (std::size_t i = 0; i < bars.size(); ++i) {
        EXPECT_EQ(bars[i].name, result.process.stages[i].name);
        EXPECT_EQ(bars[i].counts_in, result.process.stages[i].counts_in);
        EXPECT_EQ(bars[i].counts_out, result.process.stages[i].counts_out);
        EXPECT_EQ(bars[i].seconds, result.process.stages[i].seconds);
    }
    EXPECT_DOUBLE_EQ(bars[1].share_out, 1);
    EXPECT_DOUBLE_EQ(bars[1].share_in, 1000.0 / 1100);
    EXPECT_DOUBLE_EQ(bars[2].share_out, 0.1);
    EXPECT_DOUBLE_EQ(bars[2].share_seconds, 1);
    EXPECT_DOUBLE_EQ(bars[0].share_seconds, 0.5);
    EXPECT_EQ(bars[0].counts, "1,000");
    EXPECT_EQ(bars[1].counts, "1,000 → 1,100 (+10 %)");
    EXPECT_EQ(bars[2].counts, "1,100 → 110 (-90 %)");
    EXPECT_FALSE(bars[3].counted());
    EXPECT_EQ(value_of(bars[2].found, "open"), "-40 to -36 ps");
    EXPECT_EQ(value_of(bars[2].found, "hot bins"), "3");
    const std::vector<StageBar> logs = waterfall(result, true);
    EXPECT_DOUBLE_EQ(logs[2].share_out, std::log10(110) / std::log10(1100));
    EXPECT_DOUBLE_EQ(logs[3].share_out, 0);
}

TEST(Waterfall, names_give_units) {
    EXPECT_EQ(named_number("arrival_ps", 512.3).value, "512.3 ps");
    EXPECT_EQ(named_number("arrival_ps", 512.3).name, "arrival");
    EXPECT_EQ(named_number("mu_sigma_per_m", 2).value, "2 1/m");
    EXPECT_EQ(named_number("gate_share", 0.85).value, "0.85");
}

class ProvenancePanel : public PanelTest {
  protected:
    ProvenancePanel() { panel_ = draw_provenance_panel; }
};

TEST_F(ProvenancePanel, says_what_the_file_and_the_run_are) {
    Document& star = open("star.h5");
    const std::vector<Fact> file = file_facts(star);
    EXPECT_EQ(value_of(file, "pixels"), "96 × 96 (y, x)");
    EXPECT_EQ(value_of(file, "bin width"), "10 ps");
    EXPECT_EQ(value_of(file, "bins"), std::to_string(star.scan->bins));
    EXPECT_NE(value_of(file, "truth").find("simulated"), std::string::npos);
    EXPECT_NE(value_of(file, "pixel pitch").find("mm"), std::string::npos);
    EXPECT_EQ(value_of(file, "counts"), "7,071,598");
    const std::vector<Fact> run = run_facts(*star.result);
    EXPECT_EQ(value_of(run, "program"), "firstlight");
    EXPECT_EQ(value_of(run, "backend"), star.result->process.facts.at("backend"));
    for (const Fact& fact : quality_facts(*star.result)) EXPECT_FALSE(fact.about.empty()) << fact.name;
    for (const StageRecord& stage : star.result->process.stages) EXPECT_TRUE(is_drawn("bar " + stage.name));
    const std::vector<StageBar> bars = waterfall(*star.result, false);
    ASSERT_EQ(bars.size(), star.result->process.stages.size());
    for (std::size_t i = 0; i < bars.size(); ++i) {
        EXPECT_EQ(bars[i].counts_out, star.result->process.stages[i].counts_out);
        EXPECT_EQ(bars[i].seconds, star.result->process.stages[i].seconds);
    }
    screenshot("provenance");
    click("log counts");
    screenshot("provenance_log");
}

TEST_F(ProvenancePanel, copies_what_makes_the_result_again) {
    make(width, 3600, 1);  // so high that nothing has to be scrolled
    Document& star = open("star.h5");
    session().set_parameter(star, "time_gate.open_ps", "-40");
    rest();
    click("copy Command line");
    EXPECT_EQ(window().clipboard(), session().command_of(star));
    EXPECT_NE(window().clipboard().find("--time_gate.open_ps -40"), std::string::npos);
    click("copy Recipe");
    EXPECT_EQ(window().clipboard(), to_toml(star.recipe()));
    click("copy Python");
    EXPECT_EQ(window().clipboard(), reconstruct_python(session().reconstruct_text(star)));
    click("copy sha 0");
    EXPECT_EQ(window().clipboard(), star.result->process.inputs.front().sha256);
    EXPECT_EQ(window().clipboard().size(), 64U);
    click("section Stages");
    EXPECT_FALSE(is_drawn("bar time_gate"));
}

TEST_F(ProvenancePanel, looks_right_on_a_laptop_and_on_a_large_screen) {
    make(424, 700, 1);
    open("kerr.h5");
    screenshot("provenance_laptop");
    EXPECT_TRUE(is_drawn("section File"));
    make(595, 2000, 2);
    open("tomography.h5");
    screenshot("provenance_large");
    EXPECT_TRUE(is_drawn("section Quality"));
}

}  // namespace
}  // namespace firstlight::viewer
