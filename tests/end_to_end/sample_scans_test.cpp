// What sample_data/README.md promises of the scans that come with the program.
#include <nlohmann/json.hpp>

#include <cmath>
#include <random>

#include "host/io/acquisition_file.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;

class SampleScans : public ProgramTest {
  protected:
    // Figures of `scan` against its truth after the default recipe.
    void figures(const std::string& scan, const std::vector<std::string>& more, Json& out) const {
        const std::string path = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/" + scan;
        std::vector<std::string> words{"reconstruct", path, "-o", "result.h5", "--backend", "cpu", "--force"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome made = run(words);
        ASSERT_EQ(made.code, 0) << made.error;
        const Outcome compared = run({"compare", "result.h5", path, "--json"});
        ASSERT_EQ(compared.code, 0) << compared.error;
        out = Json::parse(compared.out)["views"][0];
    }
};

TEST_F(SampleScans, optical_depths_are_as_sure_as_they_say) {
    for (const char* scan : {"star.h5", "bars.h5"}) {
        Json with, without;
        figures(scan, {}, with);
        EXPECT_GE(with["optical_depth_within_2_sigma"].get<double>(), 0.93) << scan;
        EXPECT_NEAR(with["optical_depth_coverage_68"].get<double>(), 0.68, 0.04) << scan;
        figures(scan, {"--attenuation.scattered", "ignored"}, without);  // else the term would hide nothing
        EXPECT_LT(without["optical_depth_within_2_sigma"].get<double>(),
                  with["optical_depth_within_2_sigma"].get<double>() - 0.01)
            << scan;
        EXPECT_EQ(without["optical_depth_rmse"], with["optical_depth_rmse"]) << scan;
    }
}

TEST_F(SampleScans, the_gate_brings_out_the_star) {
    Json star;
    figures("star.h5", {}, star);
    EXPECT_GE(star["cnr_gain"].get<double>(), 3);
}

// Share of the pixels that hold at least two photons of their surface whose arrival is within 1.5 bins of the truth.
double right_share(const std::string& result_path, const AcquisitionFile& scan, double thinned) {
    const Result result = read_result(result_path, {});
    const std::vector<float>& arrival = result.images.layer("arrival")->values;
    const Truth truth = scan.read_truth();
    double pixels = 0;
    double right = 0;
    for (std::size_t p = 0; p < arrival.size(); ++p) {
        if (!std::isfinite(truth.depth_m[p]) || thinned * truth.ballistic[p] < 2) continue;
        const double index = scan.scan().medium.refractive_index.value_or(1);
        const double at = 2 * index * truth.depth_m[p] / 299'792'458.0;
        ++pixels;
        right += std::abs(static_cast<double>(arrival[p]) - at) <= 1.5 * scan.scan().bin_width_s ? 1 : 0;
    }
    EXPECT_GT(pixels, 1500);
    return right / pixels;
}

TEST_F(SampleScans, depth_in_fog_is_right) {
    const std::string path = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/fog.h5";
    const AcquisitionFile file = AcquisitionFile::open(path, {});
    Json depth;
    figures("fog.h5", {}, depth);  // the recipe follows from the light's path
    EXPECT_GE(right_share(at("result.h5"), file, 1), 0.95);
    EXPECT_GE(depth["depth_within_15_mm"].get<double>(), 0.97);

    // The same with one photon in ten.
    Scan scan = file.scan();
    PhotonCube cube(scan.type, 1, scan.rows, scan.columns, scan.bins);
    const TileWindow all{0, 0, 0, scan.rows, scan.columns, scan.columns};
    CountDataset::Scratch scratch;
    file.counts().read(all, cube.counts.data(), scratch);
    auto* y = reinterpret_cast<std::uint16_t*>(cube.counts.data());
    std::mt19937 random(1);
    for (std::int64_t i = 0; i < scan.pixels() * scan.bins; ++i)
        y[i] = static_cast<std::uint16_t>(std::binomial_distribution<int>(y[i], 0.1)(random));
    scan.pulses = {scan.pulses[0] * 0.1};
    scan.has_reference = false;
    AcquisitionWriter writer(at("thin.h5"), scan, {}, {});
    writer.write_all(cube);
    writer.commit();
    const Outcome made =
        run({"reconstruct", "thin.h5", "-o", "thin.result.h5", "--recipe", "depth", "--backend", "cpu"});
    ASSERT_EQ(made.code, 0) << made.error;
    EXPECT_GE(right_share(at("thin.result.h5"), file, 0.1), 0.95);
}

// Bars show through the Kerr gate, and the recipe is found without being named.
TEST_F(SampleScans, the_kerr_gate_brings_out_the_bars) {
    Json kerr;
    figures("kerr.h5", {}, kerr);
    EXPECT_GE(kerr["cnr_gain"].get<double>(), 1.2);
    EXPECT_GE(kerr["cnr_gated"].get<double>(), 5.5);
    EXPECT_LE(kerr["optical_depth_rmse"].get<double>(), 0.2);
    EXPECT_GE(kerr["optical_depth_within_2_sigma"].get<double>(), 0.93);
    const std::string path = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/kerr.h5";
    const Outcome made = run({"reconstruct", path, "-o", "kerr.result.h5", "--backend", "cpu"});
    EXPECT_EQ(made.code, 0) << made.error;
    EXPECT_NE(made.error.find("is a gated scan: recipe kerr"), std::string::npos) << made.error;
    const Outcome histograms = run({"reconstruct", path, "-o", "no.h5", "--recipe", "transmission"});
    EXPECT_EQ(histograms.code, 3);
    EXPECT_NE(histograms.error.find("use --recipe kerr"), std::string::npos) << histograms.error;
    const Outcome told = run({"info", path});
    EXPECT_NE(told.out.find("48 at delays of 8.0 ps to 55.0 ps"), std::string::npos) << told.out;
    EXPECT_EQ(run({"validate", path, "--strict"}).code, 0);
    EXPECT_EQ(run({"plan", path}).code, 0);
}

}  // namespace
}  // namespace firstlight
