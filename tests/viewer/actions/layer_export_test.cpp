// Layers written by keys, dialogs and questions.
#include <fmt/format.h>

#include <fstream>

#include "host/io/images.hpp"
#include "host/io/numbers_file.hpp"
#include "tests/viewer/one_scan.hpp"

namespace firstlight::viewer {
namespace {

class LayerExportByHand : public OneScan {};

TEST_F(LayerExportByHand, a_layer_is_exported_as_its_ending_says) {
    open_star();
    for (const char* name : {"a.tif", "a.png", "a.csv", "a.npy"}) {
        driver.press(Key::l, ctrl);
        driver.retype(name);
        driver.press(Key::enter);
        ASSERT_TRUE(std::filesystem::exists(folder / name)) << name;
    }
    const std::vector<float>& values = driver.shown().layer()->values;
    EXPECT_EQ(read_tiff_float(folder / "a.tif").values, values);
    EXPECT_EQ(read_npy(folder / "a.npy"), values);
    EXPECT_EQ(read_csv(folder / "a.csv"), values);
    driver.press(Key::l, ctrl_shift);
    driver.press(Key::enter);  // into this folder
    EXPECT_TRUE(std::filesystem::exists(folder / "star.ballistic.tif"));
    EXPECT_TRUE(std::filesystem::exists(folder / "star.optical_depth.png"));
    driver.press(Key::f12);
    driver.press(Key::enter);
    EXPECT_EQ(read_png(folder / "star.window.png").rows, 768);
}

TEST_F(LayerExportByHand, all_layers_replace_files_only_when_that_is_agreed_to_once) {
    driver.desk.places.kept = true;
    const auto values = [this] { return read_tiff_float(folder / "star.ballistic.tif").values; };
    open_star();
    driver.press(Key::l, ctrl_shift);
    driver.press(Key::enter);
    EXPECT_TRUE(driver.desk.questions.empty());
    const std::vector<float> before = driver.shown().result->images.layer("ballistic")->values;
    ASSERT_EQ(values(), before);
    change();
    const std::vector<float> after = driver.shown().result->images.layer("ballistic")->values;
    ASSERT_NE(after, before);
    driver.press(Key::l, ctrl_shift);
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    const std::size_t files = 2 * (driver.shown().result->images.layers.size() + 1);  // with the mask, in two formats
    EXPECT_EQ(driver.desk.questions.front().title,
              fmt::format("Replace {} files in {}?", files, folder.path.filename().string()));
    EXPECT_NE(driver.desk.questions.front().text.find(
                  fmt::format("star.counts.tif, star.counts.png, star.ballistic.tif and {} more", files - 3)),
              std::string::npos)
        << driver.desk.questions.front().text;
    driver.press(Key::escape);  // back in the dialog
    EXPECT_TRUE(driver.desk.file_request);
    EXPECT_EQ(values(), before);
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    const ImVec2 replace = driver.desk.places.all["answer Replace"].middle();
    driver.click(replace.x, replace.y);
    EXPECT_TRUE(driver.desk.questions.empty());
    EXPECT_FALSE(driver.desk.file_request);
    EXPECT_EQ(values(), after);
    EXPECT_EQ(driver.session.messages().unread_error(), "");
}

TEST_F(LayerExportByHand, a_single_file_among_all_layers_is_named_in_the_question) {
    open_star();
    std::ofstream(folder / "star.mask.tif") << "mine";
    driver.press(Key::l, ctrl_shift);
    driver.press(Key::enter);
    ASSERT_EQ(driver.desk.questions.size(), 1U);
    EXPECT_EQ(driver.desk.questions.front().title, "Replace star.mask.tif?");
    EXPECT_FALSE(std::filesystem::exists(folder / "star.ballistic.tif"));
    driver.press(Key::left);
    driver.press(Key::enter);
    EXPECT_TRUE(std::filesystem::exists(folder / "star.ballistic.tif"));
    EXPECT_GT(std::filesystem::file_size(folder / "star.mask.tif"), 4U);
}

}  // namespace
}  // namespace firstlight::viewer
