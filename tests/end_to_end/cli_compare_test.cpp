// Figures of merit of images with known errors against a known truth: all expected numbers follow by hand.
#include <nlohmann/json.hpp>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"
#include "tests/end_to_end/small_scan.hpp"

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
    write_result(at("result.h5"), result, true);
    const Json view = compared();
    EXPECT_EQ(view["arrival_pixels"], 24);
    EXPECT_NEAR(view["arrival_rmse"].get<double>() * 1e12, std::sqrt((250000 + 3 * 400) / 4.0), 0.01);
    EXPECT_NEAR(view["arrival_within_100_ps"].get<double>(), 0.75, 1e-12);
    EXPECT_NEAR(view["arrival_rmse_within_100_ps"].get<double>() * 1e12, 20, 0.01);
    const std::string text = run({"compare", "result.h5", "scan.h5"}).out;
    EXPECT_NE(text.find("arrival RMSE of those                    20.0 ps\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace firstlight
