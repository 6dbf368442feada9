#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/viewer/image_driver.hpp"

namespace firstlight::viewer {
namespace {

const Region rectangle{RegionShape::rectangle, 9, 7, 31, 22, "A"};
const Region ellipse{RegionShape::ellipse, 20, 25, 50, 40, "B"};
const Region line{RegionShape::line, 3.5, 4.5, 23.5, 19.5, "C"};

struct RegionsPanel : testing::Test {
    ImageDriver driver;
    void SetUp() override {
        driver.side = draw_regions_panel;
        driver.open(sample("star.h5"));
    }
    Document& document() { return driver.document(); }
    void set(const std::vector<Region>& regions) {
        driver.session.edit(document(), "regions", [&](Edits& edits) { edits.regions = regions; });
        driver.settle();
    }
};

TEST_F(RegionsPanel, figures_of_a_drawn_rectangle_are_those_of_its_pixels) {
    // value = y * columns + x: over columns 9..30 and rows 7..21 the mean is that of the middle.
    std::vector<float> values(80 * 60);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    driver.show(60, 80, values);
    driver.desk.tool = Tool::rectangle;
    driver.drag({driver.at({9, 7}), driver.at({20, 20}), driver.at({31, 22})});
    ASSERT_EQ(document().edits().regions.size(), 1U);
    const RegionStatistics& s =
        driver.desk.region_figures.statistics(document(), "ballistic", document().edits().regions[0]);
    EXPECT_EQ(s.pixels, 22 * 15);
    EXPECT_DOUBLE_EQ(s.mean, 14 * 80 + 19.5);
    EXPECT_DOUBLE_EQ(s.minimum, 7 * 80 + 9);
    EXPECT_DOUBLE_EQ(s.maximum, 21 * 80 + 30);
}

TEST_F(RegionsPanel, nothing_is_measured_twice) {
    set({rectangle, ellipse, line});
    const std::int64_t before = driver.desk.region_figures.measured();
    EXPECT_EQ(before, 3);
    driver.window.wake();
    driver.settle();
    driver.session.edit(document(), "name", [](Edits& edits) { edits.regions[0].name = "open"; });
    ToneMap::Params tone = document().tone(*document().layer());
    tone.gamma = 2;
    driver.session.set_tone(document(), "ballistic", tone);
    driver.settle();
    EXPECT_EQ(driver.desk.region_figures.measured(), before);
    driver.session.edit(document(), "move", [](Edits& edits) { edits.regions[0].x0 += 1; });
    driver.settle();
    EXPECT_EQ(driver.desk.region_figures.measured(), before + 1);
    document().looks.layer = "counts";
    driver.window.wake();
    driver.settle();
    EXPECT_EQ(driver.desk.region_figures.measured(), before + 4);
}

TEST_F(RegionsPanel, figures_agree_with_numpy_on_the_saved_result) {
    const char* python = std::getenv("FIRSTLIGHT_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with h5py";
    driver.desk.tool = Tool::rectangle;
    driver.drag({driver.at({9, 7}), driver.at({20, 20}), driver.at({31, 22})});
    driver.desk.tool = Tool::ellipse;
    driver.drag({driver.at({40, 45}), driver.at({50, 50}), driver.at({70, 60})});
    ASSERT_EQ(document().edits().regions.size(), 2U);
    const TestFolder folder;
    driver.session.save_result(document(), folder / "star.result.h5", false);
    ::firstlight::viewer::settle(driver.session);
    {
        std::ofstream script(folder / "measure.py");
        script << R"(import sys, h5py, numpy as np
f = h5py.File(sys.argv[1]); image = f['entry/image']
v = np.array(image['ballistic'], dtype=float); m = np.array(image['mask'])
v, m = v.reshape(v.shape[-2:]), m.reshape(m.shape[-2:])
y, x = np.mgrid[:v.shape[0], :v.shape[1]] + 0.5
boxes = [(x >= 9) & (x < 31) & (y >= 7) & (y < 22), ((x - 55) / 15) ** 2 + ((y - 52.5) / 7.5) ** 2 <= 1]
for inside in boxes:
    used = v[inside & ((m & 15) == 0) & np.isfinite(v)]
    print(used.size, repr(float(used.mean())), repr(float(used.std(ddof=1))), repr(float(np.median(used))), repr(float(used.sum())))
)";
    }
    const std::string command = std::string("'") + python + "' '" + (folder / "measure.py").string() + "' '" +
                                (folder / "star.result.h5").string() + "'";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    for (const Region& region : document().edits().regions) {
        double n = 0, mean = 0, sigma = 0, median = 0, sum = 0;
        ASSERT_EQ(std::fscanf(pipe, "%lf %lf %lf %lf %lf", &n, &mean, &sigma, &median, &sum), 5);
        const RegionStatistics& s = driver.desk.region_figures.statistics(document(), "ballistic", region);
        EXPECT_EQ(static_cast<double>(s.pixels), n) << region.name;
        EXPECT_GT(n, 200);
        EXPECT_NEAR(s.mean, mean, 1e-9 * std::abs(mean)) << region.name;
        EXPECT_NEAR(s.standard_deviation, sigma, 1e-9 * sigma) << region.name;
        EXPECT_NEAR(s.median, median, 1e-9 * std::abs(median)) << region.name;
        EXPECT_NEAR(s.sum, sum, 1e-9 * std::abs(sum)) << region.name;
    }
    EXPECT_EQ(::pclose(pipe), 0);
}

TEST_F(RegionsPanel, a_profile_along_a_line_has_positions_in_mm_of_oblong_pixels) {
    std::vector<float> values(80 * 60);
    for (int y = 0; y < 60; ++y)
        for (int x = 0; x < 80; ++x) values[static_cast<std::size_t>(y * 80 + x)] = static_cast<float>(3 * x - 2 * y);
    driver.show(60, 80, values, "counts", {}, 4e-4, 1e-4);
    set({line});
    const LineProfile& profile = driver.desk.region_figures.profile(document(), "ballistic", line);
    ASSERT_GT(profile.value.size(), 20U);
    const double share = profile.position_px[10] / 25;  // the line is 25 px long: 20 in x, 15 in y
    EXPECT_NEAR(profile.value[10], 3 * (3.5 + 20 * share - 0.5) - 2 * (4.5 + 15 * share - 0.5), 1e-4);
    EXPECT_NEAR(profile.position_mm[10], share * std::hypot(20 * 0.4, 15 * 0.1), 1e-9);
}

TEST_F(RegionsPanel, statistics_are_copied_as_a_table_and_exported_as_csv) {
    set({rectangle, ellipse});
    const ImVec2 copy = driver.find({"statistics", "Copy"}, {30});
    driver.click(copy);
    const std::string text = driver.window.clipboard();
    EXPECT_EQ(text.rfind("region\tshape\tx0 (px)", 0), 0U) << text;
    EXPECT_NE(text.find("\nA\trectangle\t9\t7\t31\t22\tballistic\tcounts\t"), std::string::npos) << text;
    EXPECT_NE(text.find("\nB\tellipse\t"), std::string::npos);
    driver.click(driver.find({"statistics", "Export…"}, {80}));
    ASSERT_TRUE(driver.desk.file_request);
    EXPECT_EQ(driver.desk.file_request->name, "star.regions.csv");
    const TestFolder folder;
    driver.desk.file_request->act(folder / "regions.csv");
    ::firstlight::viewer::settle(driver.session);
    const Table table = read_table(folder / "regions.csv");
    const auto column = [&](const std::string& name) {
        for (const TableColumn& each : table.columns)
            if (each.name == name) return each;
        ADD_FAILURE() << name;
        return TableColumn{};
    };
    EXPECT_EQ(column("region").words, (std::vector<std::string>{"A", "B"}));
    const std::vector<double> mean = column("mean").values;
    ASSERT_EQ(mean.size(), 2U);
    EXPECT_EQ(mean[0], driver.desk.region_figures.statistics(document(), "ballistic", rectangle).mean);
    EXPECT_EQ(mean[1], driver.desk.region_figures.statistics(document(), "ballistic", ellipse).mean);
}

TEST_F(RegionsPanel, all_layers_are_measured_when_they_are_asked_for) {
    set({rectangle});
    driver.click(driver.find({"all layers"}, {100, 110, 120}));
    EXPECT_TRUE(driver.desk.all_layers);
    driver.click(driver.find({"statistics", "Copy"}, {30}));
    const std::string text = driver.window.clipboard();
    for (const ImageLayer& layer : document().images()->layers)
        EXPECT_NE(text.find("\t" + layer.name + "\t" + layer.unit + "\t"), std::string::npos) << layer.name;
}

TEST_F(RegionsPanel, an_empty_panel_says_what_to_do_and_stale_selections_do_no_harm) {
    document().looks.region = 7;
    document().looks.second_region = 9;
    driver.window.wake();
    driver.settle();
    set({rectangle, ellipse});
    document().looks.region = 1;
    document().looks.second_region = 0;
    driver.session.undo(document());
    driver.settle();
    EXPECT_TRUE(document().edits().regions.empty());
    EXPECT_EQ(driver.desk.region_figures.measured(), 2);
}

}  // namespace
}  // namespace firstlight::viewer
