// Figures of merit of images with known errors against a known truth: all expected numbers follow by hand.
#include <nlohmann/json.hpp>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"
#include "tests/support/volume_examples.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class CliCompare : public ProgramTest {
  protected:
    static constexpr std::int64_t rows = 4, columns = 8;

    static GatedImages empty_images() {
        GatedImages images;
        images.rows = rows;
        images.columns = columns;
        images.y = index_axis("y", "pixel index", rows);
        images.x = index_axis("x", "pixel index", columns);
        return images;
    }
    static void add(GatedImages& images, const char* name, const char* unit, const std::vector<float>& values) {
        images.layers.push_back({name, unit, name, values});
    }
    void write_truth(const Truth& truth, const std::function<void(Scan&)>& change = {}) const {
        Scan scan;
        scan.rows = rows;
        scan.columns = columns;
        scan.bins = 8;
        scan.bin_width_s = 1e-11;
        if (change) change(scan);
        AcquisitionWriter writer(at("scan.h5"), scan, {}, {});
        writer.write_all(PhotonCube(scan.type, 1, rows, columns, 8));
        writer.set_truth(truth);
        writer.commit();
    }
    Json compared() const {
        const Outcome outcome = run({"compare", "result.h5", "scan.h5", "--json"});
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        return Json::parse(outcome.out)["views"][0];
    }
};

// View v is off by v + 1 counts everywhere: the RMSE of five views is 3 in the middle, from 1 to 5.
TEST_F(CliCompare, many_views_are_summed_up_after_the_volume) {
    for (const int views : {4, 5}) {
        Result result, other;
        result.images = empty_images();
        result.images.views = views;
        result.images.has_views_axis = true;
        result.images.view = index_axis("view", "view", views);
        std::vector<float> found, expected;
        for (int i = 0; i < views * rows * columns; ++i) {
            expected.push_back(static_cast<float>(i % 7));
            found.push_back(expected.back() + static_cast<float>(i / (rows * columns)) + 1);
        }
        other.images = result.images;
        add(result.images, "ballistic", "counts", found);
        add(other.images, "ballistic", "counts", expected);
        result.volume = other.volume = numbered_volume(3, 4, 5);
        write_result(at("found.h5"), result, true);
        write_result(at("other.h5"), other, true);
        const Outcome text = run({"compare", "found.h5", "other.h5"});
        ASSERT_EQ(text.code, 0) << text.error;
        const std::size_t volume = text.out.find("mu NRMSE"), rmse = text.out.find("ballistic RMSE");
        ASSERT_TRUE(volume != std::string::npos && rmse != std::string::npos) << text.out;
        if (views == 4) {
            EXPECT_NE(text.out.find("ballistic RMSE", rmse + 1), std::string::npos) << text.out;
        } else {
            EXPECT_EQ(text.out.find("ballistic RMSE", rmse + 1), std::string::npos) << text.out;
            EXPECT_LT(volume, rmse);
            EXPECT_NE(text.out.find("3 counts (1 counts to 5 counts)"), std::string::npos) << text.out;
            EXPECT_NE(text.out.find("median (lowest to highest)"), std::string::npos) << text.out;
        }
        const Json json = Json::parse(run({"compare", "found.h5", "other.h5", "--json"}).out);
        EXPECT_EQ(json["views"].size(), static_cast<std::size_t>(views));
    }
}

// The gate holds 0.8 of 200 unscattered counts. Open pixels are off by one standard deviation, half of them up and half
// down; two open pixels that are full of scattered light must not count, closed ones neither.
TEST_F(CliCompare, ballistic_and_truth_mean_the_same) {
    Truth truth;
    std::vector<float> ballistic, sigma, purity;
    for (int p = 0; p < rows * columns; ++p) {
        const bool open = p < 18, dirty = p >= 16 && open;
        truth.transmission.push_back(open ? 1 : 0);
        truth.ballistic.push_back(open ? 200 : 0);
        ballistic.push_back(dirty ? 400 : open ? (p % 2 == 0 ? 170 : 150) : 30);
        sigma.push_back(10);
        purity.push_back(dirty ? 0.4F : open ? 0.95F : 0.1F);
    }
    write_truth(truth);
    Result result;
    result.images = empty_images();
    add(result.images, "ballistic", "counts", ballistic);
    add(result.images, "ballistic_sigma", "counts", sigma);
    add(result.images, "purity", "1", purity);
    result.process.stages.push_back({"time_gate", 0, 0, 0, {{"gate_share", 0.8}}});
    write_result(at("result.h5"), result, true);
    const Json view = compared();
    EXPECT_NEAR(view["gate_share"].get<double>(), 0.8, 1e-12);
    EXPECT_EQ(view["ballistic_pull_pixels"], 16);
    EXPECT_NEAR(view["ballistic_pull_mean"].get<double>(), 0, 1e-6);
    EXPECT_NEAR(view["ballistic_pull_sd"].get<double>(), std::sqrt(16.0 / 15), 1e-6);
    EXPECT_EQ(view["ballistic_coverage_68"], 1);
    EXPECT_EQ(view["ballistic_coverage_95"], 1);
    // 16 pixels of 160 counts on average, two of 400; 18 x 160 unscattered ones in the gate.
    EXPECT_NEAR(view["purity_open"].get<double>(), (0.95 * 16 * 160 + 0.4 * 800) / (16 * 160 + 800), 1e-6);
    EXPECT_NEAR(view["purity_open_true"].get<double>(), 18.0 * 160 / (16 * 160 + 800), 1e-6);
    EXPECT_NEAR(view["purity_open_true_sigma"].get<double>(), 18.0 * 160 / (16 * 160 + 800) * std::sqrt(18) * 10 / 3360,
                1e-6);
    EXPECT_NEAR(view["unscattered_pull_mean"].get<double>(), (0.95 * 160 - 160) / 10, 1e-5);
    EXPECT_NE(view["notes"][0].get<std::string>().find("x 0.8, the share of them that the gate holds"),
              std::string::npos);
    const std::string text = run({"compare", "result.h5", "scan.h5"}).out;
    EXPECT_NE(text.find("note"), std::string::npos);

    result.process.stages.clear();  // nothing says what the gate holds
    write_result(at("result.h5"), result, true);
    const Json unknown = compared();
    EXPECT_NEAR(unknown["ballistic_pull_mean"].get<double>(), -4, 1e-6);
    EXPECT_FALSE(unknown.contains("gate_share"));
    EXPECT_NE(unknown["notes"][0].get<std::string>().find("does not say which share"), std::string::npos);
}

// n = 1.5, depth 0.3 m: 2 * 1.5 * 0.3 / c = 3.002 ns. A quarter of the pixels is 500 ps late, the rest 20 ps.
TEST_F(CliCompare, arrival_is_compared_with_the_true_depth) {
    Truth truth;
    std::vector<float> arrival;
    for (int p = 0; p < rows * columns; ++p) {
        const bool background = p < 8;  // no depth there
        truth.depth_m.push_back(background ? std::nan("") : 0.3);
        arrival.push_back(static_cast<float>(0.9 / 299'792'458.0 + (p % 4 == 0 ? 500e-12 : 20e-12)));
    }
    write_truth(truth, [](Scan& scan) {
        scan.path = LightPath::reflection;
        scan.medium.refractive_index = 1.5;
    });
    Result result;
    result.images = empty_images();
    result.images.signal = "arrival";
    add(result.images, "arrival", "s", arrival);
    add(result.images, "arrival_sigma", "s", std::vector<float>(rows * columns, 15e-12F));
    std::vector<float> depth;  // a quarter far off, the others 3 mm too far
    for (int p = 0; p < rows * columns; ++p) depth.push_back(p % 4 == 0 ? 0.5F : 0.303F);
    add(result.images, "depth", "m", depth);
    add(result.images, "depth_sigma", "m", std::vector<float>(rows * columns, 2e-3F));
    write_result(at("result.h5"), result, true);
    const Json view = compared();
    EXPECT_EQ(view["arrival_pixels"], 24);
    EXPECT_NEAR(view["arrival_rmse"].get<double>() * 1e12, std::sqrt((250000 + 3 * 400) / 4.0), 0.01);
    EXPECT_NEAR(view["arrival_within_100_ps"].get<double>(), 0.75, 1e-12);
    EXPECT_NEAR(view["arrival_rmse_within_100_ps"].get<double>() * 1e12, 20, 0.01);
    EXPECT_EQ(view["arrival_pull_pixels"], 18);
    EXPECT_NEAR(view["arrival_pull_mean"].get<double>(), 20.0 / 15, 1e-3);
    EXPECT_EQ(view["arrival_coverage_68"], 0);
    EXPECT_EQ(view["arrival_coverage_95"], 1);
    EXPECT_NEAR(view["depth_within_15_mm"].get<double>(), 0.75, 1e-12);
    EXPECT_NEAR(view["depth_rmse_within_15_mm"].get<double>(), 3e-3, 1e-6);
    EXPECT_NEAR(view["depth_pull_mean"].get<double>(), 1.5, 1e-3);
    const std::string text = run({"compare", "result.h5", "scan.h5"}).out;
    EXPECT_NE(text.find("arrival RMSE of those                    20.0 ps\n"), std::string::npos) << text;
}

// Through a medium: one arrival everywhere, and an optical depth of 3 + ln 2 behind a half-open target; closed pixels
// are 40 +- 10, open ones 200 +- 10.
TEST_F(CliCompare, transmission_has_one_arrival_and_a_depth_that_was_reached) {
    Truth truth;
    std::vector<float> ballistic, arrival;
    for (int p = 0; p < rows * columns; ++p) {
        const bool open = p < 22;
        truth.transmission.push_back(open ? 0.5 : 0);
        truth.optical_depth.push_back(open ? 3 + std::log(2.0) : std::numeric_limits<double>::infinity());
        ballistic.push_back((open ? 200.0F : 40.0F) + (p % 2 == 0 ? 10.0F : -10.0F));
        arrival.push_back(open ? (p % 2 == 0 ? 503e-12F : 497e-12F) : 1e-9F);
    }
    write_truth(truth, [](Scan& scan) {
        scan.arrival_s = 500e-12;
        scan.medium.thickness_m = 0.1;
        scan.medium.mu_s_per_m = 29;
        scan.medium.g = 0.8;
    });
    Result result;
    result.images = empty_images();
    add(result.images, "ballistic", "counts", ballistic);
    add(result.images, "arrival", "s", arrival);
    add(result.images, "arrival_sigma", "s", std::vector<float>(rows * columns, 3e-12F));
    write_result(at("result.h5"), result, true);
    const Json view = compared();
    EXPECT_NEAR(view["optical_depth_at_cnr_3"].get<double>(), 3, 1e-6);
    EXPECT_NEAR(view["mu_s_length"].get<double>(), 2.9, 1e-9);
    EXPECT_NEAR(view["mu_s_prime_length"].get<double>(), 0.58, 1e-9);
    EXPECT_NEAR(view["arrival_rmse"].get<double>() * 1e12, 3, 1e-3);
    EXPECT_NEAR(view["arrival_pull_sd"].get<double>(), std::sqrt(22.0 / 21), 1e-3);

    for (std::size_t p = 0; p < ballistic.size(); ++p) ballistic[p] = p % 2 == 0 ? 100 : 300;  // not seen at all
    result.images.layer("ballistic")->values = ballistic;
    write_result(at("result.h5"), result, true);
    EXPECT_TRUE(compared()["optical_depth_at_cnr_3"].is_null());
}

// Edges and bars, with pixels of 50 um: the image is the target blurred by a Gaussian of 1.3 pixels.
class CliResolution : public CliCompare {
  protected:
    static constexpr std::int64_t side = 96;
    static constexpr double sigma_px = 1.3, pitch_m = 50e-6;

    void write(const std::vector<float>& ballistic, bool metres, const std::string& scene,
               const std::vector<double>& transmission) const {
        Result result;
        result.images.rows = result.images.columns = side;
        const double first = -0.5 * (side - 1) * pitch_m;
        result.images.y =
            metres ? uniform_axis("y", "m", "position", side, first, pitch_m) : index_axis("y", "pixel", side);
        result.images.x =
            metres ? uniform_axis("x", "m", "position", side, first, pitch_m) : index_axis("x", "pixel", side);
        add(result.images, "ballistic", "counts", ballistic);
        write_result(at("result.h5"), result, true);
        Scan scan;
        scan.rows = scan.columns = side;
        scan.bins = 2;
        scan.bin_width_s = 1e-11;
        Truth truth;
        truth.transmission = transmission;
        truth.scene = scene;
        WriteOptions options;
        options.force = true;
        AcquisitionWriter writer(at("scan.h5"), scan, {}, options);
        writer.write_all(PhotonCube(scan.type, 1, side, side, 2));
        writer.set_truth(truth);
        writer.commit();
    }
    [[nodiscard]] Json figures(std::vector<std::string> words) const {
        words.insert(words.begin(), {"compare", "result.h5", "scan.h5", "--json"});
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        return Json::parse(outcome.out)["views"][0];
    }
};

TEST_F(CliResolution, slanted_edge_in_line_pairs_and_in_pixels) {
    std::vector<float> image;
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            const double distance = (x - 48 - 0.1 * (y - 48)) / std::hypot(1, 0.1);
            image.push_back(static_cast<float>(100 + 50 * std::erf(distance / (sigma_px * std::sqrt(2.0)))));
        }
    const double half = std::sqrt(std::log(2.0) / 2) / (M_PI * sigma_px);
    write(image, true, "", std::vector<double>(side * side, 1));
    const Json metres = figures({"--edge", "10,5,90,92"});
    EXPECT_NEAR(metres["edge_mtf50_lp_per_mm"].get<double>(), half / 0.05, 0.03 * half / 0.05);
    EXPECT_NEAR(metres["edge_angle_deg"].get<double>(), std::atan(0.1) * 180 / M_PI, 0.05);
    EXPECT_NEAR(metres["edge_contrast"].get<double>(), 0.5, 0.01);
    write(image, false, "", std::vector<double>(side * side, 1));
    const Json pixels = figures({"--edge", "10,5,90,92", "--edge", "20,0,80,50"});
    EXPECT_NEAR(pixels["edge_1_mtf50_cycles_per_pixel"].get<double>(), half, 0.03 * half);
    EXPECT_NEAR(pixels["edge_2_mtf50_cycles_per_pixel"].get<double>(), half, 0.03 * half);
    const std::string text = run({"compare", "result.h5", "scan.h5", "--edge", "10,5,90,92"}).out;
    EXPECT_NE(text.find("edge, MTF50"), std::string::npos);
    EXPECT_NE(text.find(" cycles/pixel\n"), std::string::npos);
    expect_refusal({"compare", "result.h5", "scan.h5", "--edge", "10,5,99,92"}, 3,
                   "--edge 10,5,99,92: the region leaves the image (the image has columns 0 to 96 and rows 0 to 96)");
    expect_refusal(
        {"compare", "result.h5", "scan.h5", "--edge", "10,5,99"}, 2,
        "--edge 10,5,99: not a region (expected X0,Y0,X1,Y1 in pixels, whole numbers, X1 and Y1 not included)");
}

// A blur of sigma takes exp(-2 (pi f sigma)^2) of the fundamental, whatever the pattern.
TEST_F(CliResolution, bars_by_hand_and_of_the_scene) {
    const double period = 8, expected = std::exp(-2 * std::pow(M_PI * sigma_px / period, 2));
    std::vector<float> image;
    std::vector<double> transmission;
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            const double wave = std::cos(2 * M_PI * x / period);
            image.push_back(static_cast<float>(30 * (1 + expected * wave)));
            transmission.push_back(0.5 * (1 + wave));
        }
    // The bars of the scene's one group: 0.2 mm wide, 4 pixels, so the wave fits along x, and along y there is none.
    const std::string scene =
        "[[target]]\nkind = \"transmission\"\npattern = \"bars\"\nbar_widths_um = [200]\nx_mm = 0.1\n";
    write(image, true, scene, transmission);
    const Json view = figures({"--bars", "8,8,40,40,8"});
    EXPECT_NEAR(view["bars_modulation"].get<double>(), expected, 1e-5);
    EXPECT_NEAR(view["bars_mtf"].get<double>(), expected, 1e-5);
    EXPECT_NEAR(view["bars_lp_per_mm"].get<double>(), 2.5, 1e-9);
    EXPECT_NEAR(view["bar_group_1_lp_per_mm"].get<double>(), 2.5, 1e-9);
    EXPECT_NEAR(view["bar_group_1_mtf_x"].get<double>(), expected, 1e-5);
    EXPECT_FALSE(view.contains("bar_group_2_mtf_x"));
    expect_refusal(
        {"compare", "result.h5", "scan.h5", "--bars", "0,0,9,9,x"}, 2,
        "--bars 0,0,9,9,x: not a region (expected X0,Y0,X1,Y1,PERIOD in pixels, whole numbers, X1 and Y1 not "
        "included)");
}

}  // namespace
}  // namespace firstlight
