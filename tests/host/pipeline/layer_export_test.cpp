#include "host/pipeline/layer_export.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "host/io/images.hpp"
#include "host/io/numbers_file.hpp"
#include "host/pipeline/surface_points.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

class LayerExportTest : public testing::Test {
  protected:
    ScratchFolder folder_{"layer_export"};
    GatedImages images_;

    void SetUp() override {
        images_.views = 2;
        images_.rows = 3;
        images_.columns = 5;
        images_.has_views_axis = true;
        images_.view = index_axis("view", "view index", 2);
        images_.y = uniform_axis("y", "m", "", 3, 0, 2e-3);
        images_.x = uniform_axis("x", "m", "", 5, 0, 1e-3);
        images_.layers = {{"counts", "counts", "", {}}};
        for (int i = 0; i < 30; ++i) images_.layers[0].values.push_back(static_cast<float>(i * i) / 7);
        images_.layers[0].values[17] = std::numeric_limits<float>::quiet_NaN();
    }
    [[nodiscard]] std::filesystem::path write(const std::string& format, std::int64_t view, bool force = false) const {
        const auto path = folder_.path / ("out" + extension_of(format));
        const Recipe recipe = drawing_recipe({}, "test", format);
        export_layer(images_, "counts", view, {format, path, "scan.h5", force}, recipe);
        return path;
    }
    void expect_view(const std::vector<float>& found, std::size_t from, std::size_t n) const {
        ASSERT_EQ(found.size(), n);
        for (std::size_t i = 0; i < n; ++i) {
            const float wanted = images_.layers[0].values[from + i];
            EXPECT_TRUE(found[i] == wanted || (found[i] != found[i] && wanted != wanted)) << i;
        }
    }
};

TEST_F(LayerExportTest, numbers_are_those_of_the_view) {
    const FloatImage tiff = read_tiff_float(write("tiff", 1));
    EXPECT_EQ(tiff.rows, 3);
    EXPECT_EQ(tiff.columns, 5);
    EXPECT_NEAR(tiff.pixels.pixel_width_m, 1e-3, 1e-9);
    EXPECT_NEAR(tiff.pixels.pixel_height_m, 2e-3, 1e-9);
    expect_view(tiff.values, 15, 15);
    expect_view(read_csv(write("csv", 1)), 15, 15);
    expect_view(read_npy(write("npy", 0)), 0, 30);
}

TEST_F(LayerExportTest, figures_have_the_bits_asked_for) {
    EXPECT_EQ(read_png(write("png", 0)).bits, 8);
    EXPECT_EQ(read_png(write("png16", 1, true)).bits, 16);
}

TEST_F(LayerExportTest, refuses_what_is_not_there) {
    const Recipe recipe = drawing_recipe({}, "test", "png");
    const auto refuses = [&](const char* layer, std::int64_t view, const char* format) {
        try {
            export_layer(images_, layer, view, {format, folder_.path / "out", "", false}, recipe);
            ADD_FAILURE() << layer << " " << view << " " << format;
        } catch (const Error& e) {
            EXPECT_EQ(e.code(), ExitCode::usage) << e.what();
        }
        EXPECT_FALSE(std::filesystem::exists(folder_.path / "out"));
    };
    for (const char* format : {"png", "tiff", "npy", "csv"}) {
        refuses("count", 0, format);
        refuses("counts", 2, format);
        refuses("counts", -1, format);
    }
    refuses("counts", 0, "nrrd");
    (void)write("csv", 0);
    EXPECT_THROW((void)write("csv", 0), Error);  // it exists
}

TEST_F(LayerExportTest, points_are_read_back) {
    PointCloud cloud;
    cloud.points.resize(3);
    cloud.points[1].x = 2;
    export_points(folder_.path / "points.ply", cloud, false);
    EXPECT_EQ(read_ply(folder_.path / "points.ply").points, cloud.points);
    EXPECT_THROW(export_points(folder_.path / "points.ply", cloud, false), Error);
}

}  // namespace
}  // namespace firstlight
