#include <algorithm>
#include <cmath>

#include "host/io/images.hpp"
#include "host/io/numbers_file.hpp"
#include "tests/viewer/panel_driver.hpp"

namespace firstlight::viewer {
namespace {

class LayersPanel : public PanelTest {
  protected:
    LayersPanel() { panel_ = draw_layers_panel; }

    // Through the menu and the dialog that it asks for.
    std::filesystem::path save(const TestFolder& folder, const std::string& layer, const std::string& format) {
        click("export " + layer);
        click("export " + layer + " " + format);
        EXPECT_TRUE(desk().file_request);
        const std::filesystem::path path = folder / desk().file_request->name;
        desk().file_request->act(path);
        desk().file_request.reset();
        rest();
        return path;
    }
};

bool same(const float* wanted, const std::vector<float>& found, std::size_t count) {
    return found.size() == count && std::equal(found.begin(), found.end(), wanted, [](float a, float b) {
               return a == b || (std::isnan(a) && std::isnan(b));
           });
}

TEST_F(LayersPanel, every_layer_is_listed_with_its_range_and_a_click_shows_it) {
    Document& star = open("star.h5");
    ASSERT_EQ(desk().layer_table.layers().size(), star.result->images.layers.size());
    for (const LayerSummary& summary : desk().layer_table.layers()) {
        const ImageLayer& layer = *star.result->images.layer(summary.name);
        double low = INFINITY, high = -INFINITY;
        std::int64_t without = 0;
        for (const float v : layer.values) {
            if (!std::isfinite(v)) ++without;
            else low = std::min<double>(low, v), high = std::max<double>(high, v);
        }
        EXPECT_EQ(summary.without_value, without);
        ASSERT_TRUE(summary.spread) << layer.name;
        EXPECT_DOUBLE_EQ(summary.spread->low, low * summary.per_unit);
        EXPECT_DOUBLE_EQ(summary.spread->high, high * summary.per_unit);
        click("layer " + summary.name);
        EXPECT_EQ(star.layer()->name, summary.name);
        const Picture& picture = desk().picture("small " + summary.name + " of " + star.path.string());
        EXPECT_FALSE(picture.texture.empty()) << summary.name;
    }
    screenshot("layers");
}

TEST_F(LayersPanel, pictures_are_made_anew_only_when_something_changed) {
    Document& star = open("star.h5");
    const std::string name = "small ballistic of " + star.path.string();
    const std::string before = desk().picture(name).made_of;
    star.looks.image.zoom = 3;
    window().wake();
    rest();
    EXPECT_EQ(desk().picture(name).made_of, before);
    ToneMap::Params tone = star.tone(*star.result->images.layer("ballistic"));
    tone.invert = !tone.invert;
    session().set_tone(star, "ballistic", tone);
    rest();
    EXPECT_NE(desk().picture(name).made_of, before);
    const std::uint64_t number = desk().layer_table.number();
    double open_ps = -30;
    do {  // as a drag does: the whole recipe never gets to run
        session().set_gate(star, open_ps -= 0.01, 20, "drag");
        session().poll();
    } while (!star.preview);
    session().set_gate(star, open_ps - 1, 20, "drag");
    frames();
    EXPECT_EQ(desk().layer_table.number(), number) << "rows were made during a drag";
    session().end_drag(star);
    rest();
    EXPECT_NE(desk().layer_table.number(), number);
}

TEST_F(LayersPanel, names_of_flags_are_whole_in_a_narrow_panel) {
    make(397, 1500, 1);
    open("star.h5");
    const float word = ImGui::CalcTextSize("flag").x;
    for (const FlagInfo& flag : mask_flag_table) {
        const WidgetPlace kind = place(std::string("kind of mask_") + flag.name);
        EXPECT_GE(kind.high.x - kind.low.x, word) << flag.name;
    }
    screenshot("layers_narrow");
}

TEST_F(LayersPanel, files_hold_the_layer) {
    const TestFolder folder;
    Document& star = open("star.h5");
    const GatedImages& images = star.result->images;
    const auto pixels = static_cast<std::size_t>(images.rows * images.columns);
    const float* depth = images.layer("optical_depth")->values.data();
    const std::filesystem::path tiff = save(folder, "optical_depth", "tiff");
    EXPECT_EQ(tiff.filename(), "star.optical_depth.tif");
    EXPECT_TRUE(same(depth, read_tiff_float(tiff).values, pixels));
    EXPECT_TRUE(same(depth, read_npy(save(folder, "optical_depth", "npy")), pixels));
    EXPECT_TRUE(same(depth, read_csv(save(folder, "optical_depth", "csv")), pixels));
    EXPECT_GT(read_png(save(folder, "optical_depth", "png")).columns, images.columns);
    const std::vector<float> low = read_tiff_float(save(folder, "mask_low_counts", "tiff")).values;
    ASSERT_EQ(low.size(), pixels);
    for (std::size_t i = 0; i < pixels; ++i) ASSERT_EQ(low[i], (images.mask[i] & low_counts) != 0 ? 1.0F : 0.0F);
    EXPECT_FALSE(has_message(session(), MessageKind::error, ""));
}

TEST_F(LayersPanel, all_layers_go_into_a_folder_and_are_asked_about_before_they_replace_any) {
    const TestFolder folder;
    Document& star = open("star.h5");
    click("export all");
    click("export all npy");
    ASSERT_TRUE(desk().file_request);
    EXPECT_EQ(desk().file_request->what, FileRequest::For::folder);
    desk().file_request->act(folder.path);
    rest();
    for (const ImageLayer& layer : star.result->images.layers)
        EXPECT_TRUE(same(layer.values.data(), read_npy(folder / ("star." + layer.name + ".npy")), layer.values.size()));
    const std::vector<float> mask = read_npy(folder / "star.mask.npy");
    ASSERT_EQ(mask.size(), star.result->images.mask.size());
    for (std::size_t i = 0; i < mask.size(); ++i) ASSERT_EQ(mask[i], static_cast<float>(star.result->images.mask[i]));
    EXPECT_TRUE(desk().questions.empty());
    click("export all");
    click("export all npy");
    desk().file_request->act(folder.path);
    rest();
    ASSERT_EQ(desk().questions.size(), 1U);
    EXPECT_NE(desk().questions.front().text.find("star.ballistic.npy, "), std::string::npos);
}

TEST_F(LayersPanel, nothing_is_written_of_a_recipe_that_still_runs) {
    Document& star = open("star.h5");
    session().set_gate(star, -30, 20, "drag");  // due, not run
    frames();
    click("export ballistic");  // polls, so the run starts; the menu opens meanwhile
    session().set_gate(star, -31, 20, "drag");
    frames();
    const WidgetPlace item = place("export ballistic tiff");
    window().push_mouse_move(item.middle().x, item.middle().y);
    window().push_mouse_button(MouseButton::left, true);
    window().push_mouse_button(MouseButton::left, false);
    frames();
    EXPECT_FALSE(desk().file_request);
    rest();
}

TEST_F(LayersPanel, a_volume_is_listed_and_opens_its_panel) {
    Document& confocal = open("confocal.h5");
    ASSERT_TRUE(confocal.result->volume);
    screenshot("layers_confocal");
    click("volume");
    EXPECT_EQ(desk().side, SidePanel::volume);
    make(424, 700, 1);
    open("star.h5");
    screenshot("layers_laptop");
    make(595, 1000, 2);
    open("tomography.h5");
    screenshot("layers_large");
}

}  // namespace
}  // namespace firstlight::viewer
