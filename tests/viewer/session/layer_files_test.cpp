#include "viewer/session/layer_files.hpp"

#include <fstream>

#include "host/io/images.hpp"
#include "host/io/numbers_file.hpp"
#include "host/io/result_file.hpp"
#include "tests/viewer/session_driver.hpp"

namespace firstlight::viewer {
namespace {

// Two views of 2 x 3 pixels: counts, a layer that is 0, and flags.
Result two_views() {
    Result result;
    GatedImages& images = result.images;
    images.rows = 2;
    images.columns = 3;
    images.views = 2;
    images.has_views_axis = true;
    images.view = uniform_axis("view", "1", "view", 2, 0, 1);
    images.y = uniform_axis("y", "m", "y", 2, 0, 1e-3);
    images.x = uniform_axis("x", "m", "x", 3, 0, 1e-3);
    images.signal = "ballistic";
    images.layers.push_back({"ballistic", "counts", "counts", {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}});
    images.layers.push_back({"optical_depth", "1", "nothing", std::vector<float>(12, 0)});
    images.mask = {0, hot, 0, 0, dead, 0, 0, 0, hot | dead, 0, 0, 0};
    return result;
}

class LayerFiles : public testing::Test {
  protected:
    LayerFiles() {
        write_result(folder / "star.result.h5", two_views(), false);
        session.open(folder / "star.result.h5");
        settle(session);
    }
    [[nodiscard]] Document& document() { return *session.current(); }

    TestFolder folder;
    Session session{{}, [] {}};
};

TEST_F(LayerFiles, are_named_after_scan_layer_and_view) {
    EXPECT_EQ(layer_file_name(document(), "ballistic", 1, "tiff"), "star.ballistic_view001.tif");
    EXPECT_EQ(layer_file_name(document(), "ballistic", 1, "npy"), "star.ballistic.npy");  // holds both
    Session one({}, [] {});
    one.open(sample("star.h5"));
    EXPECT_EQ(why_not_written(*one.current()), "there is no result yet");
    settle(one);
    EXPECT_EQ(why_not_written(*one.current()), "");
    EXPECT_EQ(layer_file_name(*one.current(), "mask_hot", 0, "png"), "star.mask_hot.png");
    one.set_gate(*one.current(), -30, 20, "drag");
    EXPECT_EQ(why_not_written(*one.current()), "the recipe on the screen still runs");
    settle(one);
    EXPECT_EQ(why_not_written(*one.current()), "");
}

TEST_F(LayerFiles, hold_the_view_that_they_name) {
    write_layer_files(session, document(), files_of_all_layers(document(), {"tiff", "npy"}, folder.path), false);
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::information, "9 files of layers written into"));
    EXPECT_EQ(read_tiff_float(folder / "star.ballistic_view001.tif").values,
              (std::vector<float>{11, 12, 13, 14, 15, 16}));
    EXPECT_EQ(read_npy(folder / "star.ballistic.npy"), two_views().images.layers[0].values);
    EXPECT_EQ(read_tiff_float(folder / "star.mask_view000.tif").values, (std::vector<float>{0, hot, 0, 0, dead, 0}));
    write_layer_files(session, document(), {{"mask_dead", 1, "csv", folder / "d.csv"}}, false);
    settle(session);
    EXPECT_EQ(read_csv(folder / "d.csv"), (std::vector<float>{0, 0, 1, 0, 0, 0}));
    EXPECT_TRUE(has_message(session, MessageKind::information, "layer mask_dead written: "));
}

TEST_F(LayerFiles, are_replaced_only_when_that_is_said) {
    std::ofstream(folder / "star.ballistic_view001.tif") << "mine";
    const std::vector<LayerFile> all = files_of_all_layers(document(), {"tiff"}, folder.path);
    ASSERT_EQ(files_that_exist(all), std::vector<std::filesystem::path>{folder / "star.ballistic_view001.tif"});
    write_layer_files(session, document(), all, false);
    settle(session);
    EXPECT_TRUE(has_message(session, MessageKind::error, "star.ballistic_view001.tif"));
    EXPECT_EQ(std::filesystem::file_size(folder / "star.ballistic_view001.tif"), 4U);
    write_layer_files(session, document(), all, true);
    settle(session);
    EXPECT_EQ(read_tiff_float(folder / "star.ballistic_view001.tif").values.front(), 11);
    EXPECT_EQ(files_that_exist(all).size(), all.size());
}

TEST_F(LayerFiles, that_cannot_be_made_are_named_and_keep_no_other_from_being_written) {
    write_layer_files(session, document(),
                      {{"ballistic", 7, "tiff", folder / "7.tif"}, {"ballistic", 1, "tiff", folder / "1.tif"}}, false);
    settle(session);
    EXPECT_TRUE(std::filesystem::exists(folder / "1.tif"));
    EXPECT_FALSE(std::filesystem::exists(folder / "7.tif"));
    EXPECT_TRUE(has_message(session, MessageKind::information, "not 7.tif: there is no view 7"));
    EXPECT_FALSE(has_message(session, MessageKind::error, ""));
}

TEST_F(LayerFiles, take_their_format_from_their_ending) {
    EXPECT_EQ(layer_format_of("a.b.tiff"), "tiff");
    EXPECT_EQ(layer_format_of("a.npy"), "npy");
    EXPECT_EQ(layer_format_of("a.h5"), "");
    EXPECT_EQ(layer_format_of(".png"), "");
}

}  // namespace
}  // namespace firstlight::viewer
