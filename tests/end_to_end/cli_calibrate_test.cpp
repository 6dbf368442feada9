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
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

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
