#include <gtest/gtest.h>

#include "host/io/images.hpp"
#include "host/io/nrrd.hpp"
#include "host/io/volume_files.hpp"
#include "tests/viewer/panel_bench.hpp"
#include "tests/viewer/shell_driver.hpp"
#include "viewer/panels/panels.hpp"
#include "viewer/panels/volume_planes.hpp"
#include "viewer/volume/volume_files.hpp"

namespace firstlight::viewer {
namespace {

// Voxel (z, y, x) is 40 z + 10 y + x; 6 x 4 x 5 voxels of 2 mm.
Result with_volume() {
    Result result = result_of(2, 2, "ballistic", "counts", {1, 2, 3, 4});
    Volume v;
    v.z = uniform_axis("z", "m", "", 6, 0, 2e-3);
    v.y = uniform_axis("y", "m", "", 4, 0, 2e-3);
    v.x = uniform_axis("x", "m", "", 5, 0, 2e-3);
    for (int z = 0; z < 6; ++z)
        for (int y = 0; y < 4; ++y)
            for (int x = 0; x < 5; ++x) v.values.push_back(static_cast<float>(40 * z + 10 * y + x));
    result.volume = std::move(v);
    return result;
}

ToneMap::Params own_greys() {
    ToneMap::Params tone;
    tone.colormap = Colormap::gray;
    tone.window = ToneMap::WindowFrom::fixed;
    tone.low = 0;
    tone.high = 255;
    return tone;
}

struct Planes : PanelDriver {
    Document& document;
    VolumeLayout layout;
    Planes() : document(open(with_volume())) {
        draw = [this] { draw_volume_planes(desk, document); };
        session.set_tone(document, "mu", own_greys());
        show();
        layout = layout_of(*document.result->volume, 400, 600, static_cast<double>(scaled(6)));
    }
    void click_voxel(std::size_t plane, const VoxelAt& at) {
        const PlanePoint p = middle_of(*document.result->volume, layout, plane, at);
        click(p.x, p.y);
    }
    [[nodiscard]] VoxelAt cursor() { return desk.slices().cursor(document.looks.volume); }
};

TEST(VolumePanel, a_click_in_one_plane_moves_the_others) {
    Planes t;
    t.click_voxel(0, {0, 1, 4});
    EXPECT_EQ(t.cursor(), (VoxelAt{5, 1, 4})) << "z stays that of the fullest plane";
    t.click_voxel(1, {5, 0, 0});
    EXPECT_EQ(t.cursor(), (VoxelAt{5, 1, 0}));
    t.click_voxel(2, {2, 3, 0});
    EXPECT_EQ(t.cursor(), (VoxelAt{2, 3, 0}));
    const PlanePoint from = middle_of(*t.document.result->volume, t.layout, 0, {0, 0, 0});
    t.drag(from.x, from.y, from.x + 1e4, from.y);
    EXPECT_EQ(t.cursor(), (VoxelAt{2, 0, 4})) << "a drag beyond the plane ends at its edge";
}

TEST(VolumePanel, wheel_and_keys_step_the_slice_under_the_mouse) {
    Planes t;
    t.document.looks.volume.y = 2;
    t.click_voxel(1, {2, 0, 3});
    const VoxelAt at = t.cursor();
    t.window.push_wheel(0, 1);
    t.show();
    EXPECT_EQ(t.cursor(), (VoxelAt{at.z, at.y + 1, at.x}));
    t.window.push_wheel(0, -2);
    t.show();
    EXPECT_EQ(t.cursor().y, at.y - 1);
    t.type(Key::left);
    EXPECT_EQ(t.cursor().x, at.x - 1);
    t.type(Key::down);
    EXPECT_EQ(t.cursor().z, at.z + 1);
    t.type(Key::page_up);
    EXPECT_EQ(t.cursor().y, at.y);
}

TEST(VolumePanel, the_planes_show_the_voxels_that_the_cursor_is_in) {
    Planes t;
    t.document.looks.volume = {.z = 4, .y = 3, .x = 4};
    t.show();
    const auto grey = [&](std::size_t plane, const VoxelAt& at) {
        const PlanePoint p = middle_of(*t.document.result->volume, t.layout, plane, at);
        return static_cast<int>(t.pixel(p.x, p.y)[0]);
    };
    EXPECT_EQ(grey(0, {4, 1, 2}), 172);
    EXPECT_EQ(grey(1, {2, 3, 1}), 111);
    EXPECT_EQ(grey(2, {1, 2, 4}), 64);
    t.document.looks.volume.projections = true;
    t.document.looks.volume.what = Projection::What::maximum;
    t.show();
    EXPECT_EQ(grey(0, {0, 1, 2}), 212);
    EXPECT_EQ(grey(2, {1, 2, 0}), 64);
}

TEST(VolumePanel, a_click_on_a_maximum_goes_to_where_it_is) {
    Planes t;
    t.document.looks.volume.projections = true;
    t.click_voxel(0, {0, 1, 2});
    EXPECT_EQ(t.cursor(), (VoxelAt{5, 1, 2}));
}

TEST(VolumePanel, the_panel_fits_and_says_where_and_how_much) {
    PanelDriver t(400, 640);
    Document& document = t.open(with_volume());
    t.draw = [&] { draw_volume_panel(t.desk, document); };
    t.show();
    t.screenshot("volume_panel");
    EXPECT_EQ(read_out(t.desk.slices(), {1, 2, 3}), "mu 63 1/m\nz 2 mm, y 4 mm, x 6 mm");
    Volume albedo = *document.result->volume;
    albedo.unit = "1";
    EXPECT_EQ(unit_words(albedo), "arbitrary units");
    EXPECT_FALSE(t.desk.picture("volume z").texture.empty());
    EXPECT_FALSE(t.desk.picture("volume x").texture.empty());
}

TEST(VolumePanel, large_gives_the_planes_the_middle_of_the_window) {
    ShellDriver t(1280, 720);
    t.desk.places.kept = true;
    Document& document = t.open(sample("confocal.h5"));
    ASSERT_TRUE(document.result->volume);
    t.desk.show_side(SidePanel::volume);
    t.frames(3);
    const auto click = [&](const std::string& name) {
        const WidgetPlace at = t.desk.places.all.at(name);
        t.window.push_mouse_move(at.middle().x, at.middle().y);
        t.window.push_mouse_button(MouseButton::left, true);
        t.window.push_mouse_button(MouseButton::left, false);
        settle(t.desk);
        t.frames(3);
    };
    click("large volume");
    EXPECT_EQ(t.desk.middle, Middle::volume);
    const int frame = t.desk.places.all.at("back to the image").frame;
    EXPECT_GE(frame, ImGui::GetFrameCount() - 1) << "the planes are drawn in the middle";
    t.show("volume_large");
    click("back to the image");
    EXPECT_EQ(t.desk.middle, Middle::image);
    EXPECT_LT(t.desk.places.all.at("back to the image").frame, ImGui::GetFrameCount() - 1);
    click("large volume");
    t.open(sample("star.h5"));  // has no volume: image and trace stay
    EXPECT_EQ(t.desk.middle, Middle::volume);
    EXPECT_LT(t.desk.places.all.at("back to the image").frame, ImGui::GetFrameCount() - 1);
}

TEST(VolumePanel, without_a_volume_it_says_what_makes_one) {
    PanelDriver t;
    Document& document = t.open(result_of(1, 1, "ballistic", "counts", {1}));
    t.draw = [&] { draw_volume_panel(t.desk, document); };
    t.show();
    EXPECT_TRUE(t.desk.picture("volume z").texture.empty());
}

TEST(VolumePanel, files_of_what_is_shown_read_back_as_the_volumes_numbers) {
    const TestFolder folder;
    const Result result = with_volume();
    const Volume& v = *result.volume;
    const std::vector<VolumeFiles> groups = volume_files(v, {1, 2, 3}, Projection::What::slice, own_greys(), {0, 255});
    ASSERT_EQ(groups.size(), 4U);
    EXPECT_EQ(groups[0].words, "slice z 2 mm");
    for (const VolumeFiles& group : groups)
        for (const VolumeFile& file : group.files) {
            const std::filesystem::path path = folder / (file.name + file.format + file.ending);
            write_volume_file(result, file, "a.result.h5", path);
            EXPECT_TRUE(std::filesystem::exists(path)) << path;
        }
    const FloatImage slice = read_tiff_float(folder / "mu_z1tiff.tif");
    EXPECT_EQ(slice.values[2 * 5 + 3], 63);
    EXPECT_EQ(read_nrrd(folder / "munrrd.nrrd").values, v.values);
    EXPECT_EQ(read_volume_tiff(folder / "mutiff.tif").values, v.values);
    const auto maxima = volume_files(v, {1, 2, 3}, Projection::What::maximum, own_greys(), {0, 255});
    write_volume_file(result, maxima[0].files[1], "a.result.h5", folder / "max.tif");
    EXPECT_EQ(read_tiff_float(folder / "max.tif").values[2 * 5 + 3], 223);
}

}  // namespace
}  // namespace firstlight::viewer
