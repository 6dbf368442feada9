#include "kernels/reconstruction/parallel_scan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "tests/support/volume_test.hpp"

namespace firstlight {
namespace {

ParallelScan scan_of(ViewScan& host, const ParallelScanParams& params) {
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    const VolumeTask whole = host.task();
    StageContext context{host.scan, keep};
    context.volume_input = &whole;
    context.found = &host.found;
    context.warn = [&](const std::string& text) { host.warnings.push_back(text); };
    (void)parallel_scan_box(params, host.scan, "os_sart_tv");
    return parallel_scan(params, context, "os_sart_tv");
}

std::string refusal(ViewScan host, const ParallelScanParams& params = {}, ExitCode code = ExitCode::bad_input) {
    try {
        (void)scan_of(host, params);
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), code);
        return e.what();
    }
    return "";
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(ParallelScan, volume_is_centred_on_the_axis) {
    ViewScan host(10, 3, 5);
    host.scan.x_m = {-0.3e-3, -0.1e-3, 0.1e-3, 0.3e-3, 0.5e-3};
    const ParallelScan scan = scan_of(host, {});
    EXPECT_NEAR(scan.centre, 1.5, 1e-9);
    EXPECT_NEAR(scan.pitch_m, 0.2e-3, 1e-12);
    const VolumeBox box = parallel_scan_box({}, host.scan, "os_sart_tv");
    EXPECT_EQ(box.x.size, 5);
    EXPECT_NEAR(box.x.origin_m, -0.4e-3, 1e-12);
    EXPECT_NEAR(box.y.step_m, 0.2e-3, 1e-12);
    EXPECT_EQ(box.z.size, 3);
    EXPECT_NEAR(box.z.step_m, 0.2e-3, 1e-12);
    host.scan.y_m = {1e-3, 1.5e-3, 2e-3};
    EXPECT_NEAR(parallel_scan_box({}, host.scan, "os_sart_tv").z.origin_m, 1e-3, 1e-12);
    EXPECT_NEAR(parallel_scan_box({}, host.scan, "os_sart_tv").z.step_m, 0.5e-3, 1e-12);
}

TEST(ParallelScan, gaps_cover_the_half_circle) {
    const auto sum = [](const std::vector<double>& gaps) { return std::accumulate(gaps.begin(), gaps.end(), 0.0); };
    const std::vector<double> uneven = view_gaps({0, 0.1, 0.3, 1.0, 1.9, 2.5});
    EXPECT_NEAR(sum(uneven), M_PI, 1e-12);
    EXPECT_NEAR(uneven[2], 0.45, 1e-12);
    EXPECT_NEAR(uneven[0], (0.1 + M_PI - 2.5) / 2, 1e-12);
    std::vector<double> around;  // each direction twice: from both sides
    for (int v = 0; v < 12; ++v) around.push_back(v * M_PI / 6 - 3);
    for (const double gap : view_gaps(around)) EXPECT_NEAR(gap, M_PI / 12, 1e-9);
    // 0 to 88 degrees: its ends count like the others.
    std::vector<double> limited;
    for (int v = 0; v < 45; ++v) limited.push_back(v * M_PI / 90);
    for (const double gap : view_gaps(limited)) EXPECT_NEAR(gap, M_PI / 90, 1e-9);
}

TEST(ParallelScan, finds_the_axis) {
    for (const double offset : {0.0, -3.7, 5.25}) {
        ViewScan host(40, 3, 61, offset);
        host.project({{6, -4, 9, 0.1}, {-9, 3, 4, 0.2}});
        ParallelScanParams params;
        params.centre = BeamCentre::find;
        EXPECT_NEAR(scan_of(host, params).centre, host.centre(offset), 0.02);
        ViewScan counted(40, 3, 61, offset);
        counted.project({{6, -4, 9, 0.1}, {-9, 3, 4, 0.2}}, 3e4, 2, 4);
        EXPECT_NEAR(scan_of(counted, params).centre, host.centre(offset), 0.1);
        EXPECT_LT(std::abs(scan_of(counted, params).centre - host.centre(offset)),
                  5 * counted.found.at("centre_sigma_px") + 0.02);
    }
}

TEST(ParallelScan, refuses_what_has_no_geometry_and_says_how_to_go_on) {
    const ViewScan good(10, 1, 9);
    EXPECT_EQ(refusal(good), "");
    ViewScan bad = good;
    bad.scan.view_angle_rad.clear();
    EXPECT_SAYS(refusal(bad), "the angles of its 10 views are not known");
    EXPECT_SAYS(refusal(bad), "--recipe transmission");
    bad = good;
    bad.scan.view_angle_rad[3] = NAN;
    EXPECT_SAYS(refusal(bad), "the angle of view 3 is not a number");
    EXPECT_SAYS(refusal(ViewScan(1, 1, 9)), "there is one view");
    bad = good;
    bad.scan.x_m.clear();
    EXPECT_SAYS(refusal(bad), "--os_sart_tv.pixel_mm");
    bad = good;
    bad.scan.x_m[4] += 0.3e-3;
    EXPECT_SAYS(refusal(bad), "not evenly spaced");
    bad = good;
    for (double& x : bad.scan.x_m) x += 0.1;
    EXPECT_SAYS(refusal(bad), "outside the detector: column -96.00");
    ParallelScanParams params;
    params.centre = BeamCentre::given;
    params.centre_px = 8.5;
    EXPECT_SAYS(refusal(good, params), "columns go from 0 to 8");
    params.centre = BeamCentre::find;  // all rays are NaN
    EXPECT_SAYS(refusal(good, params), "cannot be found");
    params = {};
    params.centre = BeamCentre::given;
    EXPECT_SAYS(refusal(good, params, ExitCode::usage), "--os_sart_tv.centre given needs --os_sart_tv.centre_px");
}

TEST(ParallelScan, refuses_degrees_and_views_from_one_direction) {
    ViewScan degrees(30, 1, 9, 0, 180);
    EXPECT_SAYS(refusal(degrees), "view angles reach 174 rad (28 turns)");
    EXPECT_SAYS(refusal(degrees), "np.deg2rad");
    EXPECT_EQ(refusal(ViewScan(30, 1, 9, 0, 4 * M_PI)), "");
    EXPECT_SAYS(refusal(ViewScan(12, 1, 9, 0, 0)), "its 12 views are all from one direction");
    EXPECT_SAYS(refusal(ViewScan(2, 1, 9, 0, 2 * M_PI)), "--recipe transmission");  // from both sides
    EXPECT_EQ(refusal(ViewScan(2, 1, 9)), "");
}

TEST(ParallelScan, refuses_fewer_than_three_columns) {
    ViewScan narrow(10, 1, 1);
    ParallelScanParams params;
    for (const double pixel_mm : {static_cast<double>(NAN), 1.0}) {
        params.pixel_mm = pixel_mm;
        EXPECT_SAYS(refusal(narrow, params), "1 column is too few for a volume");
    }
    EXPECT_SAYS(refusal(ViewScan(10, 1, 2)), "2 columns are too few for a volume");
    EXPECT_EQ(refusal(ViewScan(10, 1, 3)), "");
}

TEST(ParallelScan, assumes_the_middle_and_says_so) {
    ViewScan host(10, 1, 9);
    host.scan.x_m.clear();
    ParallelScanParams params;
    params.pixel_mm = 0.5;
    const ParallelScan scan = scan_of(host, params);
    EXPECT_EQ(scan.centre, 4);
    EXPECT_NEAR(scan.pitch_m, 0.5e-3, 1e-12);
    ASSERT_EQ(host.warnings.size(), 1U);
    EXPECT_SAYS(host.warnings[0], "middle of the detector");
}

TEST(ParallelScan, judges_a_run_once_and_only_when_all_rows_are_done) {
    ViewScan host(10, 40, 9);
    const auto queue = open_cpu_queue(1);
    Keeper keep(*queue);
    StageContext context{host.scan, keep};
    context.found = &host.found;
    context.warn = [&](const std::string& text) { host.warnings.push_back(text); };
    RunFigures bad(context, "ml_tr", "deviance_per_ray"), good(context, "ml_tr", "deviance_per_ray");
    bad.add("chi_squared_per_ray", 100, 100);
    bad.add("deviance_per_ray", 100, 100);
    bad.rows_done(16);
    bad.add("deviance_per_ray", 1100, 100);
    bad.rows_done(16);
    EXPECT_TRUE(host.warnings.empty());
    bad.rows_done(8);
    bad.rows_done(8);
    ASSERT_EQ(host.warnings.size(), 1U);
    EXPECT_SAYS(host.warnings[0], "explains the line integrals badly: deviance_per_ray 6 where 1 is expected");
    EXPECT_SAYS(host.warnings[0], "--ml_tr.centre find");
    good.add("chi_squared_per_ray", 1e6, 100);  // not the one that is judged
    good.add("deviance_per_ray", 490, 100);
    good.add_squares(3);
    good.rows_done(40);
    EXPECT_EQ(host.warnings.size(), 1U);
}

TEST(ParallelScan, shares_of_rays_are_readable) {
    EXPECT_EQ(share_of_rays(1, {25000, 1, 199}), "1 of 25,200 rays");
    EXPECT_EQ(share_of_rays(1200, {0, 1200, 0}), "1,200 of 1,200 rays (100 %)");
    EXPECT_EQ(share_of_rays(123, {1000000, 123, 0}), "123 of 1,000,123 rays");
}

TEST(ParallelScan, warns_of_few_views_and_of_a_limited_range) {
    ViewScan few(7, 1, 9);
    (void)scan_of(few, {});
    ASSERT_EQ(few.warnings.size(), 1U);
    EXPECT_SAYS(few.warnings[0], "7 views are few");
    EXPECT_EQ(few.warnings[0].find("tomography-tv"), std::string::npos) << "recommends itself: " << few.warnings[0];
    ViewScan limited(30, 1, 9, 0, 2 * M_PI / 3);
    (void)scan_of(limited, {});
    ASSERT_EQ(limited.warnings.size(), 1U);
    EXPECT_SAYS(limited.warnings[0], "116 of 180 degrees");
}

}  // namespace
}  // namespace firstlight
