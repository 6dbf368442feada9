#include "host/pipeline/scan_kind.hpp"

#include <gtest/gtest.h>

#include "host/pipeline/pipeline.hpp"
#include "tests/host/pipeline/gated_sweep.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"

namespace firstlight {
namespace {

std::string refusal(const Scan& scan, const Recipe& recipe) {
    try {
        check_kind(scan, recipe);
        return "";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::bad_input);
        return e.what();
    }
}

TEST(ScanKind, recipe_and_scan_must_suit_each_other) {
    Scan histogram, gated;
    histogram.name = "bars.h5";
    gated.name = "kerr.h5";
    gated.kind = ScanKind::gated;
    EXPECT_EQ(refusal(histogram, load_recipe("transmission")), "");
    EXPECT_EQ(refusal(gated, load_recipe("kerr")), "");
    EXPECT_EQ(refusal(histogram, load_recipe(default_recipe(histogram))), "");
    EXPECT_EQ(refusal(gated, load_recipe(default_recipe(gated))), "");
    histogram.path = LightPath::reflection;
    EXPECT_EQ(default_recipe(histogram), "depth");
    histogram.path = LightPath::confocal;  // what lies behind a scatterer has no surface of its own in each trace
    EXPECT_EQ(default_recipe(histogram), "transmission");
    histogram.rows = histogram.columns = 4;
    EXPECT_EQ(default_recipe(histogram), "diffuse");
    EXPECT_EQ(default_recipe_reason(histogram), "is a confocal scan");
    EXPECT_EQ(default_recipe_reason(gated), "is a gated scan");
    Scan turned;
    EXPECT_EQ(default_recipe_reason(turned), "");
    turned.views = 3;
    turned.view_angle_rad = {0, 1, 2};
    turned.x_m = {0, 1};
    EXPECT_EQ(default_recipe(turned), "transmission");
    EXPECT_EQ(default_recipe_reason(turned), "has 3 views but no /entry/reference, which tomography needs");
    turned.has_reference = true;
    EXPECT_EQ(default_recipe(turned), "tomography");
    EXPECT_EQ(default_recipe_reason(turned), "has 3 views at known angles");
    EXPECT_EQ(refusal(histogram, load_recipe("kerr")),
              "bars.h5: holds histograms (recipe \"kerr\" has gate_sweep, which takes frames of a gated camera): use "
              "--recipe diffuse");
    EXPECT_EQ(refusal(gated, load_recipe("transmission")),
              "kerr.h5: holds frames of a gated camera (recipe \"transmission\" has no gate_sweep and would take them "
              "for histograms): use --recipe kerr");
    const Recipe mixed =
        parse_recipe("stages = [\"gate_sweep\", \"pile_up\", \"expected_arrival\", \"time_gate\"]", "m");
    EXPECT_NE(refusal(gated, mixed).find("pile_up in recipe"), std::string::npos);
}

TEST(ScanKind, light_that_goes_through_has_no_depth) {
    Scan scan;
    scan.name = "bars.h5";
    EXPECT_EQ(refusal(scan, load_recipe("depth")),
              "bars.h5: its light path is transmission (depth_map in recipe \"depth\" takes half the way of light that "
              "comes back, and here it goes through once): use --recipe transmission, or correct /entry's path");
    for (const LightPath path : {LightPath::reflection, LightPath::confocal}) {
        scan.path = path;
        EXPECT_EQ(refusal(scan, load_recipe("depth")), "");
    }
}

TEST(ScanKind, volumes_want_views_from_many_angles_or_confocal_echoes) {
    Scan scan;
    scan.name = "star.h5";
    for (const char* recipe : {"tomography", "tomography-tv", "tomography-ml"}) {
        const Recipe wanted = load_recipe(recipe);
        EXPECT_EQ(refusal(scan, wanted),
                  std::string("star.h5: there is one view (") + wanted.volume()->stage->info.name +
                      " makes a volume of views from many angles): use --recipe transmission for an image, or record "
                      "counts[view, y, x, t]");
    }
    EXPECT_EQ(refusal(scan, load_recipe("diffuse")),
              "star.h5: is no confocal scan of one view (confocal_diffuse needs laser and detector to look at the same "
              "point of the slab, pixel by pixel): use --recipe transmission, or correct /entry/path if the scan was "
              "confocal");
    Scan turned = scan;
    turned.views = 3;
    EXPECT_NE(refusal(turned, load_recipe("tomography")).find("angles of its 3 views are not known"),
              std::string::npos);
    turned.view_angle_rad = {0, 1, 2};
    EXPECT_EQ(refusal(turned, load_recipe("tomography")), "");  // --filtered_backprojection.pixel_mm may mend the rest
    turned.view_angle_rad = {0, 180, 360};
    EXPECT_NE(refusal(turned, load_recipe("tomography")).find("look like degrees"), std::string::npos);
    scan.path = LightPath::confocal;
    EXPECT_EQ(refusal(scan, load_recipe("diffuse")), "");  // the slab may come from parameters or a calibration
    EXPECT_NE(refusal(scan, load_recipe("tomography")).find("is a confocal scan"), std::string::npos);
}

// The same light swept evenly and unevenly, with exposures that differ tenfold: the same image within its error.
TEST(GatedPipeline, uneven_sweeps_give_the_image_of_even_ones) {
    const auto queue = open_cpu_queue(1);
    const GatedSweepScan even(false), uneven(true);
    const CountSource even_reference = source_of(even.reference), uneven_reference = source_of(uneven.reference);
    Recipe recipe = load_recipe("kerr");
    set_parameter(recipe, "time_gate.open_ps", "-3.5");  // the same gate for both, found from no binned response
    set_parameter(recipe, "time_gate.close_ps", "1.5");
    set_parameter(recipe, "time_gate.guard_ps", "8");
    const Reconstruction a = reconstruct(even.scan, source_of(even.cube), &even_reference, recipe, *queue, {});
    const Reconstruction b = reconstruct(uneven.scan, source_of(uneven.cube), &uneven_reference, recipe, *queue, {});
    // Counts per bin of the mean step: per ps of delay they are on one scale.
    const double step = uneven.scan.bin_width_s / even.scan.bin_width_s;
    double mean = 0, square = 0, n = 0, sum_a = 0, sum_b = 0;
    for (std::size_t p = 0; p < a.images.mask.size(); ++p) {
        if ((a.images.mask[p] | b.images.mask[p]) != 0) continue;
        const auto value = [p](const Reconstruction& r, const char* layer) {
            return static_cast<double>(r.images.layer(layer)->values[p]);
        };
        const double pull = (value(a, "ballistic") - value(b, "ballistic") * step) /
                            std::hypot(value(a, "ballistic_sigma"), value(b, "ballistic_sigma") * step);
        mean += pull;
        square += pull * pull;
        sum_a += value(a, "optical_depth");
        sum_b += value(b, "optical_depth");
        ++n;
    }
    ASSERT_GT(n, 350);
    EXPECT_NEAR(mean / n, 0, 0.25);
    EXPECT_NEAR(square / n, 1, 0.3);
    EXPECT_NEAR(sum_a / n, sum_b / n, 0.02);
}

TEST(GatedPipeline, flags_saturated_and_hot_pixels_and_says_how_many) {
    const auto queue = open_cpu_queue(1);
    GatedSweepScan s(true);
    s.at(7, 24) = 4095;  // about the arrival
    s.at(9, 47) = 4095;  // the last gate, long after it
    for (std::int64_t g = 0; g < GatedSweepScan::gates; ++g)
        s.at(100, g) = static_cast<std::uint16_t>(s.at(100, g) + 300);
    const Reconstruction r = reconstruct(s.scan, source_of(s.cube), nullptr, load_recipe("kerr"), *queue, {});
    EXPECT_EQ(r.images.mask[7] & masked_flags, saturated);
    EXPECT_EQ(r.images.mask[9] & masked_flags, 0);
    EXPECT_EQ(r.images.mask[100] & masked_flags, hot);
    EXPECT_EQ(r.quality.at("pixels_masked"), 2);
    const auto said = std::find_if(r.warnings.begin(), r.warnings.end(), [](const std::string& w) {
        return w.find("1 of 400 pixels are saturated") != std::string::npos;
    });
    EXPECT_NE(said, r.warnings.end());
}

// A file whose chunks are whole frames is unpacked once per block: few blocks, within the memory.
TEST(GatedPipeline, blocks_are_large_where_chunks_are_frames) {
    Scan scan;
    scan.name = "large sweep";
    scan.kind = ScanKind::gated;
    scan.rows = scan.columns = 2048;
    scan.bins = 100;
    PlanOptions options;
    options.lanes = 2;
    options.memory_bytes = std::size_t{16} << 30;
    options.grid_rows = options.grid_columns = 2048;
    EXPECT_LE(make_plan(scan, load_recipe("kerr"), options).blocks.size(), 4U);
    options.memory_bytes = std::size_t{1} << 30;
    const Plan small = make_plan(scan, load_recipe("kerr"), options);
    EXPECT_LE(small.total_bytes, options.memory_bytes);
    options.grid_rows = options.grid_columns = 16;
    EXPECT_GT(make_plan(scan, load_recipe("kerr"), options).blocks.size(), 100U);
}

}  // namespace
}  // namespace firstlight
