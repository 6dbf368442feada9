// The three tomographic recipes, from counts to the volume.
#include <gtest/gtest.h>

#include "host/pipeline/pipeline.hpp"
#include "host/pipeline/scan_kind.hpp"
#include "tests/host/pipeline/multi_view_scan.hpp"

namespace firstlight {
namespace {

Reconstruction run(const MultiViewScan& s, const Recipe& recipe) {
    const auto queue = open_cpu_queue(1);
    const CountSource reference = source_of(s.reference);
    return reconstruct(s.scan, source_of(s.cube), &reference, recipe, *queue, {});
}

std::string refusal(const MultiViewScan& s, const std::string& recipe) {
    try {
        check_kind(s.scan, load_recipe(recipe));
        (void)run(s, load_recipe(recipe));
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input) << e.what();
        return e.what();
    }
    return "";
}

TEST(Tomography, recipes_find_the_cylinder_from_its_counts) {
    const MultiViewScan s(24, 2, 25);
    EXPECT_EQ(default_recipe(s.scan), "tomography");
    for (const char* recipe : {"tomography", "tomography-tv", "tomography-ml"}) {
        const Reconstruction r = run(s, load_recipe(recipe));
        ASSERT_TRUE(r.volume.has_value()) << recipe;
        EXPECT_EQ(r.volume->name, "mu");
        ASSERT_EQ(r.volume->values.size(), 2U * 25 * 25);
        for (std::size_t z = 0; z < 2; ++z) {
            double inside = 0, outside = 0, n = 0, m = 0;
            for (std::size_t y = 0; y < 25; ++y)
                for (std::size_t x = 0; x < 25; ++x) {
                    const double distance = std::hypot(static_cast<double>(x) - 12 - MultiViewScan::x_px,
                                                       static_cast<double>(y) - 12 - MultiViewScan::y_px);
                    const auto mu = static_cast<double>(r.volume->values[(z * 25 + y) * 25 + x]);
                    if (distance < 2.5) inside += mu, n += 1;
                    if (distance > 5 && distance < 10) outside += mu, m += 1;
                }
            const double truth = MultiViewScan::mu_per_px / MultiViewScan::pitch_m;
            EXPECT_NEAR(inside / n / truth, 1, 0.05) << recipe;
            EXPECT_NEAR(outside / m / truth, 0, 0.02) << recipe;
        }
    }
}

TEST(Tomography, image_stages_say_what_they_found_in_each_view) {
    const MultiViewScan s(3, 4, 25);
    const Recipe recipe = parse_recipe("stages = [\"expected_arrival\", \"time_gate\", \"poisson_tv\"]", "r");
    const Reconstruction r = run(s, recipe);
    const std::map<std::string, double>& found = r.stages.back().survey;
    ASSERT_EQ(r.stages.back().name, "poisson_tv");
    for (const char* name : {"lambda[0]", "lambda[1]", "lambda[2]"}) EXPECT_EQ(found.count(name), 1U) << name;
    EXPECT_EQ(found.count("lambda"), 0U);
    // As the view alone has it.
    EXPECT_NE(found.at("lambda[0]"), found.at("lambda[2]"));
}

TEST(Tomography, finds_the_axis_in_a_scan_without_positions) {
    MultiViewScan s(24, 2, 25);
    s.scan.x_m.clear();
    EXPECT_EQ(default_recipe(s.scan), "transmission");
    Recipe recipe = load_recipe("tomography");
    set_parameter(recipe, "filtered_backprojection.pixel_mm", "0.5");
    set_parameter(recipe, "filtered_backprojection.centre", "find");
    EXPECT_NEAR(run(s, recipe).stages.back().survey.at("centre_px"), 12, 0.15);
}

TEST(Tomography, refusals_say_how_to_go_on) {
    MultiViewScan bad;
    bad.scan.view_angle_rad.clear();
    EXPECT_EQ(default_recipe(bad.scan), "transmission");
    EXPECT_NE(refusal(bad, "tomography").find("add view[V] with units rad"), std::string::npos);
    bad = MultiViewScan();
    bad.scan.x_m.clear();
    EXPECT_NE(refusal(bad, "tomography-tv").find("give --os_sart_tv.pixel_mm"), std::string::npos);
    bad = MultiViewScan();
    bad.scan.path = LightPath::reflection;
    EXPECT_NE(refusal(bad, "tomography").find("use --recipe depth"), std::string::npos);
    bad = MultiViewScan(1);
    EXPECT_NE(refusal(bad, "tomography-ml").find("use --recipe transmission"), std::string::npos);
}

}  // namespace
}  // namespace firstlight
