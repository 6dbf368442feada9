#include "host/io/point_cloud.hpp"

#include <cmath>
#include <fstream>
#include <functional>
#include <limits>

#include "host/pipeline/surface_points.hpp"
#include "kernels/support/error.hpp"
#include "kernels/support/views.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/host/io/python_fixture.hpp"

namespace firstlight {
namespace {

constexpr float none = std::numeric_limits<float>::quiet_NaN();

std::string refusal(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

// 2 x 3 pixels: one without a depth, one masked, two with a surface behind.
GatedImages images_of(bool in_metres) {
    GatedImages images;
    images.rows = 2;
    images.columns = 3;
    images.y = in_metres ? listed_axis("y", "m", "", {0.1, 0.2}) : index_axis("y", "", 2);
    images.x = in_metres ? listed_axis("x", "m", "", {-0.5, 0, 0.5}) : index_axis("x", "", 3);
    images.mask = {0, low_counts, hot, 0, 0, 0};
    images.layers = {{"ballistic", "counts", "", {1, none, 3, 4, 5, 6}},
                     {"arrival", "s", "", {1, none, 1, 1, 1, 1}},
                     {"arrival_last", "s", "", {1, none, 1, 2, 1, 3}},
                     {"ballistic_last", "counts", "", {1, none, 3, 0.5F, 5, 0.25F}},
                     {"depth", "m", "", {0.6F, none, 0.6F, 0.61F, 0.6F, 0.62F}},
                     {"depth_sigma", "m", "", {0.1F, none, 0.1F, 0.2F, 0.3F, 0.4F}},
                     {"depth_last", "m", "", {0.6F, none, 0.6F, 0.8F, 0.59F, 0.9F}},
                     {"depth_last_sigma", "m", "", {0.1F, none, 0.1F, 0.7F, 0.3F, 0.8F}}};
    return images;
}

TEST(PointCloud, has_a_point_for_each_surface_that_was_measured) {
    const PointCloud cloud = surface_points(images_of(true), "r.h5", {});
    ASSERT_EQ(cloud.points.size(), 6U);
    const auto expect = [&](std::size_t i, float x, float y, float z, float intensity, float sigma, int surface) {
        const SurfacePoint& p = cloud.points[i];
        EXPECT_EQ(std::vector<float>({p.x, p.y, p.z, p.intensity, p.depth_sigma}),
                  std::vector<float>({x, y, z, intensity, sigma}))
            << i;
        EXPECT_EQ(p.surface, surface) << i;
    };
    expect(0, -0.5F, 0.1F, 0.6F, 1, 0.1F, 0);
    expect(1, -0.5F, 0.2F, 0.61F, 4, 0.2F, 0);
    expect(2, -0.5F, 0.2F, 0.8F, 0.5F, 0.7F, 1);
    expect(3, 0, 0.2F, 0.6F, 5, 0.3F, 0);  // smoothed apart, but one surface
    expect(4, 0.5F, 0.2F, 0.62F, 6, 0.4F, 0);
    expect(5, 0.5F, 0.2F, 0.9F, 0.25F, 0.8F, 1);
    // viridis: the nearest is dark blue, the farthest yellow.
    EXPECT_GT(cloud.points[0].blue, cloud.points[0].red);
    EXPECT_GT(cloud.points[5].red, 200);
}

// A result of confocal_diffuse holds a depth without a standard deviation and a volume, and no counts in a gate.
TEST(PointCloud, takes_its_intensity_from_what_is_there_and_is_without_what_is_not) {
    const ScratchFolder folder("ply_of_a_volume");
    GatedImages images = images_of(true);
    images.layers = {images.layers[4]};
    Volume volume;
    volume.name = "albedo";
    volume.z = uniform_axis("z", "m", "", 2, 0, 0.1);
    volume.y = images.y;
    volume.x = images.x;
    volume.values = {1, 2, 30, 4, none, 6, 10, none, 3, 0.5F, 5, 60};
    const PointCloud cloud = surface_points(images, "r.h5", {}, &volume);
    std::vector<float> intensity;
    for (const SurfacePoint& p : cloud.points) intensity.push_back(p.intensity);
    EXPECT_EQ(intensity, std::vector<float>({10, 4, 5, 60}));
    EXPECT_NE(cloud.comment.find("greatest albedo"), std::string::npos) << cloud.comment;
    write_ply(folder.path / "c.ply", cloud, false);
    const std::string text = text_of(folder.path / "c.ply"), header = text.substr(0, text.find("end_header"));
    EXPECT_NE(header.find("property float intensity"), std::string::npos) << header;
    EXPECT_EQ(header.find("depth_sigma"), std::string::npos) << header;
    EXPECT_EQ(read_ply(folder.path / "c.ply").points, cloud.points);

    const PointCloud bare = surface_points(images, "r.h5", {});
    EXPECT_FALSE(bare.has_intensity);
    write_ply(folder.path / "b.ply", bare, false);
    EXPECT_EQ(text_of(folder.path / "b.ply").find("property float intensity"), std::string::npos);
    EXPECT_EQ(read_ply(folder.path / "b.ply").points, bare.points);
    images.layers.push_back({"counts", "counts", "", {7, 7, 7, 7, 7, 7}});
    EXPECT_EQ(surface_points(images, "r.h5", {}, &volume).points[0].intensity, 7);
}

TEST(PointCloud, needs_depths_and_places) {
    EXPECT_NE(refusal([] { (void)surface_points(images_of(false), "r.h5", {}); }).find("--pixel-mm"),
              std::string::npos);
    const PointCloud placed = surface_points(images_of(false), "r.h5", 2e-3);
    EXPECT_FLOAT_EQ(placed.points.back().x, 4e-3F);
    EXPECT_FLOAT_EQ(placed.points.back().y, 2e-3F);
    GatedImages without = images_of(true);
    without.layers.erase(without.layers.begin() + 4);
    EXPECT_NE(refusal([&] { (void)surface_points(without, "r.h5", {}); }).find("--recipe depth"), std::string::npos);
    GatedImages masked = images_of(true);
    masked.mask.assign(6, dead);
    EXPECT_NE(refusal([&] { (void)surface_points(masked, "r.h5", {}); }).find("no pixel has a depth"),
              std::string::npos);
}

TEST(PointCloud, comes_back_as_it_was_written) {
    const ScratchFolder folder("ply");
    const std::filesystem::path path = folder.path / "cloud.ply";
    for (const bool views : {false, true}) {
        PointCloud cloud;
        cloud.has_views = views;
        cloud.comment = "a comment";
        for (int i = 0; i < 300; ++i) {
            const auto v = static_cast<float>(i);
            cloud.points.push_back({v, -v, 1 / (v + 1), i % 7 == 0 ? none : v, 0.5F, static_cast<std::uint8_t>(i % 256),
                                    13, 255, static_cast<std::uint8_t>(i % 2),
                                    static_cast<std::uint16_t>(views ? 200 * i : 0)});
        }
        write_ply(path, cloud, true);
        const PointCloud back = read_ply(path);
        EXPECT_EQ(back.has_views, views);
        EXPECT_EQ(back.comment, "a comment");
        EXPECT_EQ(back.points, cloud.points);
        EXPECT_EQ(std::filesystem::file_size(path), text_of(path).find("end_header\n") + 11 + 300 * (views ? 26 : 24));
    }
    EXPECT_NE(refusal([&] { write_ply(path, {}, false); }).find("exists already"), std::string::npos);
    const std::string whole = text_of(path);
    for (const std::string& damaged : {whole.substr(0, whole.size() - 1), whole.substr(0, 30), "plain text" + whole}) {
        std::ofstream(path, std::ios::binary) << damaged;
        EXPECT_NE(refusal([&] { (void)read_ply(path); }).find("is not a PLY"), std::string::npos);
    }
}

TEST(PointCloud, other_programs_read_it) {
    FIRSTLIGHT_NEEDS_PYTHON();
    const ScratchFolder folder("ply_python");
    const std::filesystem::path path = folder.path / "cloud.ply";
    write_ply(path, surface_points(images_of(true), "r.h5", {}), false);
    EXPECT_EQ(run_python("check_ply.py", "'" + path.string() + "'"), 0);
}

}  // namespace
}  // namespace firstlight
