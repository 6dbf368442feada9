// firstlight calibrate and what reconstruct, plan and rerun make of it; on measured foam where that is there.
// Captures: FIRSTLIGHT_MEASURED_DATA names the folder of scenes, beside which `calibration` lies; or
// ../shared/data/cdt/calibration beside the source.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "host/io/calibration_file.hpp"
#include "host/io/result_file.hpp"
#include "tests/end_to_end/event_scan.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/host/pipeline/gated_sweep.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class Calibrate : public ProgramTest {
  protected:
    Outcome ok(const std::vector<std::string>& words) const {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        return outcome;
    }
};

TEST_F(Calibrate, jobs_add_up_in_one_file_that_reconstruct_and_rerun_use) {
    write_small_scan(at("scan.h5"));
    const auto without_map = [](SyntheticScan& s) {
        s.scan.t0_map_s.clear();
        s.scan.dark_rate_hz.clear();
        s.scan.pixel_mask.clear();
    };
    write_small_scan(at("bare.h5"), without_map);
    write_small_scan(at("light.h5"), [&](SyntheticScan& s) {
        without_map(s);
        s.cube = s.reference;  // 3000 counts of unscattered light in every pixel
        s.scan.pulses = {2e5};
        s.scan.has_reference = false;
        s.scan.reference_pulses.clear();
        s.scan.irf = {};
    });
    write_small_scan(at("dark.h5"), [&](SyntheticScan& s) {
        without_map(s);
        for (std::int64_t p = 0; p < s.scan.pixels(); ++p) {
            auto* y = reinterpret_cast<std::uint16_t*>(s.cube.trace(0, p / s.scan.columns, p % s.scan.columns));
            for (std::int64_t i = 0; i < s.scan.bins; ++i)
                y[i] = static_cast<std::uint16_t>(p == 5 ? 300 : (p * 7 + i * 13) % 2 + ((p + i) % 3 == 0));
        }
    });
    ok({"calibrate", "dark", "dark.h5", "-o", "c.h5"});
    ok({"calibrate", "mask", "dark.h5", "-o", "c.h5", "--update"});
    ok({"calibrate", "irf", "light.h5", "-o", "c.h5", "--update"});
    ok({"calibrate", "t0", "light.h5", "-o", "c.h5", "--update", "--arrival"});
    ok({"calibrate", "flat", "light.h5", "-o", "c.h5", "--update"});
    const Calibration c = read_calibration(at("c.h5"), {});
    EXPECT_EQ(c.rows, 16);
    EXPECT_EQ(c.columns, 24);
    EXPECT_EQ(c.inputs.size(), 5U);
    EXPECT_EQ(c.pixel_mask.at(5), hot);
    const SyntheticScan truth(16, 24);
    double squares = 0;
    for (std::size_t p = 6; p < 384; ++p)
        squares += std::pow((c.t0_map_s.at(p) - truth.scan.t0_map_s[p]) * 1e12, 2) / 378;
    EXPECT_LT(std::sqrt(squares), 3);  // ps; the true delays go from -24 to 24
    for (std::size_t p = 6; p < 384; ++p) EXPECT_NEAR(c.flat.at(p), truth.scan.flat[p], 0.15) << p;

    const Json told = Json::parse(ok({"info", "c.h5", "--json"}).out);
    EXPECT_EQ(told["kind"], "calibration");
    EXPECT_EQ(told["masked_pixels"], 1);
    EXPECT_EQ(told["inputs"].size(), 5U);
    EXPECT_GT(told["fits"]["irf_fwhm"]["value"].get<double>(), 0);
    EXPECT_NE(ok({"info", "c.h5"}).out.find("dark counts"), std::string::npos);

    expect_refusal({"calibrate", "dark", "dark.h5", "-o", "c.h5"}, 4,
                   "c.h5: exists already (it is not overwritten): give another name, or --force to replace it");
    ok({"reconstruct", "bare.h5", "-o", "bare.result.h5", "--backend", "cpu"});
    ok({"reconstruct", "bare.h5", "-o", "out.h5", "--calibration", "c.h5", "--backend", "cpu"});
    ok({"plan", "bare.h5", "--calibration", "c.h5"});
    const Result result = read_result(at("out.h5"), {}), plain = read_result(at("bare.result.h5"), {});
    ASSERT_EQ(result.process.inputs.size(), 2U);
    EXPECT_EQ(result.process.inputs[1].sha256, sha256_of_file(at("c.h5")));
    EXPECT_NE(result.images.mask, plain.images.mask);  // pixel 5 is hot
    ok({"rerun", "out.h5"});
    ok({"calibrate", "dark", "light.h5", "-o", "c.h5", "--update"});
    const Outcome changed = run({"rerun", "out.h5"});
    EXPECT_EQ(changed.code, 3);
    EXPECT_NE(changed.error.find("differs: its SHA-256 was"), std::string::npos) << changed.error;
    std::filesystem::remove(at("c.h5"));
    EXPECT_EQ(run({"rerun", "out.h5"}).code, 3);
}

TEST_F(Calibrate, a_calibration_of_another_detector_is_refused) {
    write_small_scan(at("scan.h5"));
    Calibration c;
    c.set_size(4, 4, "test");
    c.flat.assign(16, 1.0);
    write_calibration(at("c.h5"), c, false);
    expect_refusal({"reconstruct", "scan.h5", "-o", "out.h5", "--calibration", "c.h5"}, 3,
                   "c.h5: is of 4 x 4 pixels, scan.h5 of 16 x 24 (a calibration per pixel belongs to one detector): "
                   "calibrate with scans of the same size");
    expect_refusal({"reconstruct", "scan.h5", "-o", "out.h5", "--calibration", "scan.h5"}, 3,
                   "scan.h5: is a firstlight acquisition (expected a calibration)");
    expect_refusal({"calibrate", "flat", "scan.h5", "-o", "c.h5", "--update"}, 3,
                   "scan.h5: 16 x 24 pixels (the calibration file is of 4 x 4 pixels): write another file with -o, or "
                   "calibrate with scans of one detector");
}

TEST_F(Calibrate, medium_says_what_is_missing) {
    write_small_scan(at("a.h5"));
    write_small_scan(at("b.h5"));
    expect_refusal({"calibrate", "medium", "a.h5", "b.h5", "--thickness-mm", "10", "-o", "c.h5"}, 2,
                   "--thickness-mm: 1 thicknesses for 2 files (they are given in the order of the files)");
    expect_refusal({"calibrate", "medium", "a.h5", "b.h5", "--thickness-mm", "10,10", "-o", "c.h5"}, 2,
                   "a.h5 and b.h5 are both 10 mm thick (each thickness is given once): check --thickness-mm, or leave "
                   "one file out");
    expect_refusal(
        {"calibrate", "medium", "a.h5", "b.h5", "--thickness-mm", "10,20", "-o", "c.h5"}, 2,
        "calibrate medium: the response is missing (every slab's light is spread by the detector's own "
        "response): give --direct, a capture without slab, or --update a file that calibrate irf has written");
    write_small_scan(at("empty.h5"),
                     [](SyntheticScan& s) { std::fill(s.cube.counts.begin(), s.cube.counts.end(), std::byte{0}); });
    expect_refusal(
        {"calibrate", "medium", "a.h5", "empty.h5", "--thickness-mm", "10,20", "--direct", "b.h5", "-o", "c.h5"}, 3,
        "empty: holds no counts (a slab is fitted to the light behind it): leave it out");
}

// One recording of a detector or a slab, saved in every way: histograms in chunks of whole rows and of 3 x 5 pixels,
// photon events in scan order and in random order.
const std::vector<std::string> ways{"histogram", "chunks", "raster", "random"};

void write_in_every_way(const std::filesystem::path& folder, const std::string& name, const SyntheticScan& s) {
    for (const std::string& way : ways) {
        const std::filesystem::path path = folder / (way + "_" + name + ".h5");
        if (way == "raster" || way == "random") {
            write_event_scan(path, s, way == "raster" ? TagOrder::raster : TagOrder::random);
            continue;
        }
        WriteOptions how;
        how.chunk_rows = way == "chunks" ? 3 : 1;
        how.chunk_columns = way == "chunks" ? 5 : s.scan.columns;
        AcquisitionWriter writer(path, s.scan, {}, how);
        writer.write_all(s.cube);
        writer.commit();
    }
}

SyntheticScan bare_detector(std::int64_t bins, double pulses) {
    SyntheticScan s(16, 24, bins);
    s.cube = s.reference;  // 3000 counts of unscattered light in every pixel
    s.scan.pulses = {pulses};
    s.scan.has_reference = false;
    s.scan.reference_pulses.clear();
    s.scan.irf = {};
    s.scan.t0_map_s.clear();
    s.scan.dark_rate_hz.clear();
    s.scan.pixel_mask.clear();
    return s;
}

void set_counts(SyntheticScan& s, const std::function<std::int64_t(std::int64_t pixel, std::int64_t bin)>& counts) {
    for (std::int64_t p = 0; p < s.scan.pixels(); ++p) {
        auto* y = reinterpret_cast<std::uint16_t*>(s.cube.trace(0, p / s.scan.columns, p % s.scan.columns));
        for (std::int64_t i = 0; i < s.scan.bins; ++i) y[i] = static_cast<std::uint16_t>(counts(p, i));
    }
}

void expect_same(const Calibration& a, const Calibration& b, const std::string& way) {
    EXPECT_EQ(a.irf.values, b.irf.values) << way;
    EXPECT_EQ(a.irf.time_s, b.irf.time_s) << way;
    EXPECT_EQ(a.arrival_s, b.arrival_s) << way;
    EXPECT_EQ(a.t0_map_s, b.t0_map_s) << way;
    EXPECT_EQ(a.dark_rate_hz, b.dark_rate_hz) << way;
    EXPECT_EQ(a.flat, b.flat) << way;
    EXPECT_EQ(a.pixel_mask, b.pixel_mask) << way;
    EXPECT_EQ(a.medium.refractive_index, b.medium.refractive_index) << way;
    EXPECT_EQ(a.medium.mu_a_per_m, b.medium.mu_a_per_m) << way;
    EXPECT_EQ(a.medium.mu_s_prime_per_m, b.medium.mu_s_prime_per_m) << way;
    ASSERT_EQ(a.figures.size(), b.figures.size()) << way;
    for (std::size_t i = 0; i < a.figures.size(); ++i)
        EXPECT_EQ(a.figures[i].value, b.figures[i].value) << way << ", " << a.figures[i].name;
}

// With 1 MiB the histograms of the scan, 1.5 MiB, are counted a few rows at a time. Pixel 5 has more dark counts than
// u2 holds.
TEST_F(Calibrate, photon_events_give_the_calibration_of_their_histograms_to_the_last_bit) {
    SyntheticScan dark = bare_detector(2048, 1e6);
    set_counts(dark, [](std::int64_t p, std::int64_t i) {
        return p == 5 ? 40 : static_cast<std::int64_t>((p * 7 + i * 13) % 9 == 0);
    });
    write_in_every_way(at(""), "dark", dark);
    write_in_every_way(at(""), "light", bare_detector(2048, 2e5));
    for (const std::string& way : ways) {
        const std::string out = way + ".h5", light = way + "_light.h5";
        ok({"calibrate", "dark", way + "_dark.h5", "-o", out, "--memory", "1M"});
        ok({"calibrate", "mask", way + "_dark.h5", "--even-light", light, "-o", out, "--update", "--memory", "1M"});
        ok({"calibrate", "irf", light, "-o", out, "--update", "--memory", "1M"});
        ok({"calibrate", "t0", light, "-o", out, "--update", "--arrival"});
        ok({"calibrate", "flat", light, "-o", out, "--update", "--memory", "1M"});
        const Calibration c = read_calibration(at(out), {});
        EXPECT_EQ(c.inputs.size(), 6U);
        EXPECT_EQ(c.pixel_mask.at(5), hot | dead);  // the scan of light has none of its dark counts
        EXPECT_GT(c.irf.values.size(), 10U);
        expect_same(c, read_calibration(at("histogram.h5"), {}), way);
    }
    EXPECT_EQ(run({"calibrate", "dark", "random_dark.h5", "-o", "no.h5", "--memory", "lots"}).code, 2);
}

TEST_F(Calibrate, medium_takes_photon_events) {
    for (const int mm : {10, 20, 40}) {
        SyntheticScan slab = bare_detector(1024, 1e6);
        set_counts(slab, [mm](std::int64_t p, std::int64_t i) {
            const double t = static_cast<double>(i - 80) / mm;
            return std::lround((t > 0 ? 6 * t * std::exp(1 - t) : 0) + static_cast<double>((p + i) % 2));
        });
        slab.scan.medium.thickness_m = mm * 1e-3;
        write_in_every_way(at(""), std::to_string(mm), slab);
    }
    write_in_every_way(at(""), "light", bare_detector(1024, 2e5));
    for (const std::string& way : ways) {
        const auto slab = [&](const char* mm) { return way + "_" + mm + ".h5"; };
        ok({"calibrate", "medium", slab("10"), slab("20"), slab("40"), "--direct", way + "_light.h5", "-o", way + ".h5",
            "--no-jackknife", "--refractive-index", "1.33"});
        const Calibration c = read_calibration(at(way + ".h5"), {});
        EXPECT_GT(c.medium.mu_s_prime_per_m.value_or(0), 0) << way;
        expect_same(c, read_calibration(at("histogram.h5"), {}), way);
    }
    const Outcome swapped = run({"calibrate", "medium", "histogram_40.h5", "histogram_10.h5", "--thickness-mm", "10,40",
                                 "--direct", "histogram_light.h5", "-o", "no.h5"});
    EXPECT_EQ(swapped.code, 3);
    for (const char* word :
         {"0 of 2 slabs are left to fit", "histogram_40: dropped", "histogram_10: dropped", "check --thickness-mm"})
        EXPECT_NE(swapped.error.find(word), std::string::npos) << swapped.error;
}

TEST_F(Calibrate, frames_of_a_gated_camera_give_dark_counts_and_a_mask_alone) {
    constexpr double rate_hz = 500;
    GatedSweepScan sweep(true);
    sweep.scan.has_reference = false;
    sweep.scan.reference_pulses.clear();
    const auto save = [&](const std::string& name) {
        AcquisitionWriter writer(at(name), sweep.scan, {}, {});
        writer.write_all(sweep.cube);
        writer.commit();
    };
    save("light.h5");
    sweep.scan.pulses.clear();  // a camera's dark counts have nothing to do with laser pulses
    double open_s = 0;
    for (const double s : sweep.scan.gates.exposure_s) open_s += s;
    for (std::int64_t p = 0; p < sweep.scan.pixels(); ++p)
        for (std::int64_t g = 0; g < GatedSweepScan::gates; ++g)
            sweep.at(p, g) = static_cast<std::uint16_t>(
                p == 7 ? 4095 : std::lround(rate_hz * sweep.scan.gates.exposure_s[static_cast<std::size_t>(g)]));
    save("dark.h5");
    const Json dark = Json::parse(ok({"calibrate", "dark", "dark.h5", "-o", "c.h5", "--json", "--quiet"}).out);
    EXPECT_NEAR(dark["median_hz"].get<double>(), rate_hz, 1e-9 * rate_hz);
    EXPECT_LT(dark["flatness_z"].get<double>(), 6);
    EXPECT_NE(dark["remarks"].dump().find("1 pixels have saturated frames"), std::string::npos) << dark["remarks"];
    ok({"calibrate", "mask", "dark.h5", "-o", "c.h5", "--update"});
    const Calibration c = read_calibration(at("c.h5"), {});
    EXPECT_NEAR(c.dark_rate_hz.at(7), 4095 * GatedSweepScan::gates / open_s, 1e-6);
    for (std::size_t p = 0; p < c.pixel_mask.size(); ++p) EXPECT_EQ(c.pixel_mask[p], p == 7 ? hot : 0) << p;
    ok({"reconstruct", "light.h5", "-o", "out.h5", "--calibration", "c.h5", "--backend", "cpu"});
    EXPECT_EQ(read_result(at("out.h5"), {}).images.mask.at(7) & hot, hot);

    const std::string refusal =
        "light.h5: holds the frames of a gated camera (of those come dark counts and a mask; all else needs the even "
        "bins of histograms or photon events): store the camera's response and flat field in its scans, under "
        "/entry/calibration";
    for (const char* job : {"irf", "t0", "flat"})
        expect_refusal({"calibrate", job, "light.h5", "-o", "no.h5"}, 3, refusal);
    expect_refusal({"calibrate", "medium", "light.h5", "light.h5", "--thickness-mm", "10,20", "--direct", "light.h5",
                    "-o", "no.h5"},
                   3, refusal);
    expect_refusal({"calibrate", "mask", "dark.h5", "--even-light", "light.h5", "-o", "no.h5"}, 3, refusal);
}

class MeasuredFoam : public Calibrate {
  protected:
    void SetUp() override {
        Calibrate::SetUp();
        const char* given = std::getenv("FIRSTLIGHT_MEASURED_DATA");
        folder_ = given != nullptr ? std::filesystem::path(given) / "../calibration"
                                   : std::filesystem::path(FIRSTLIGHT_SOURCE_DIR) / "../shared/data/cdt/calibration";
        if (!std::filesystem::exists(folder_ / "capture_direct.mat"))
            GTEST_SKIP() << "no measured captures at " << folder_
                         << " (FIRSTLIGHT_MEASURED_DATA names the scenes beside it)";
    }
    // Fits all eight slabs; `more` are options besides.
    [[nodiscard]] Json fit(const std::vector<std::string>& more, const std::string& swap = "12345678") const {
        std::vector<std::string> words{"calibrate", "medium"};
        for (const char inches : swap)
            words.push_back((folder_ / fmt::format("capture_{}_0_inch.mat", inches)).string());
        const std::vector<std::string> rest{"--thickness-mm",
                                            "25.4,50.8,76.2,101.6,127,152.4,177.8,203.2",
                                            "--direct",
                                            (folder_ / "capture_direct.mat").string(),
                                            "--bin-width-ps",
                                            "8",
                                            "--repetition-rate-hz",
                                            "1e7",
                                            "-o",
                                            "c.h5",
                                            "--force",
                                            "--json",
                                            "--no-jackknife"};
        words.insert(words.end(), rest.begin(), rest.end());
        words.insert(words.end(), more.begin(), more.end());
        return Json::parse(ok(words).out);
    }
    static double value(const Json& json, const char* name) { return json.at(name).at("value"); }
    std::filesystem::path folder_;
};

// Published: n = 1.12, mu_a = 0.53 /m, mu_s' = 262 /m, by another estimator and from files whose second half is of
// another slab (docs/calibration.md); counting statistics would allow 0.3 /m, the model's own error 46 /m.
TEST_F(MeasuredFoam, constants_of_the_foam) {
    const Json json = fit({});
    EXPECT_TRUE(json.at("converged"));
    EXPECT_NEAR(value(json, "refractive_index"), 1.12, 0.01);
    EXPECT_NEAR(value(json, "mu_a_per_m"), 0.53, 0.02);
    EXPECT_NEAR(value(json, "mu_s_prime_per_m"), 262, 0.06 * 262);
    for (const Json& slab : json.at("slabs")) {
        const std::string name = slab.at("name");
        const bool second_half_is_another = name.find_first_of("4568") == std::string("capture_").size();
        EXPECT_EQ(slab.at("seconds_dropped"), second_half_is_another ? 120 : 0) << name;
    }
    const Json given = fit({"--refractive-index", "1.12", "--estimator", "poisson"});
    EXPECT_NEAR(value(given, "mu_s_prime_per_m"), 262, 5);
    EXPECT_NEAR(value(given, "mu_a_per_m"), 0.53, 0.03);
}

TEST_F(MeasuredFoam, one_second_of_each_slab_is_enough_once_the_index_is_known) {
    double mean = 0;
    for (int draw = 0; draw < 10; ++draw)
        mean += value(fit({"--refractive-index", "1.12", "--seconds", "1", "--seed", std::to_string(draw)}),
                      "mu_s_prime_per_m") /
                10;
    std::cout << "mean mu_s' of ten draws of one second a slab: " << mean << " /m\n";
    EXPECT_LT(std::abs(mean / 262 - 1), 0.03);
}

TEST_F(MeasuredFoam, a_wrong_order_of_thickness_is_said_and_the_rest_fitted) {
    const Json json = fit({"--seconds", "20"}, "12845673");  // 3 and 8 inches changed places
    const std::string remarks = json.at("remarks").dump();
    EXPECT_NE(remarks.find("capture_8_0_inch: dropped"), std::string::npos) << remarks;
    EXPECT_NE(remarks.find("capture_3_0_inch: dropped"), std::string::npos) << remarks;
    EXPECT_EQ(remarks.find("capture_1_0_inch: dropped"), std::string::npos) << remarks;
}

}  // namespace
}  // namespace firstlight
