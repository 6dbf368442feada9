// The arrival of light in measured scans moves with the distance of the object, as the speed of light says.
//
// Truth: the distance is in the name of each capture (the object stands that far behind the foam) and light goes there
// and back, so the arrival moves by 2 / c = 66.7 ps per cm. Foam spreads the echo over 0.8 ns; the laser's own
// response, 51 ps wide, is therefore not what is looked for, and a Gaussian in between is.
// Captures: FIRSTLIGHT_MEASURED_DATA, or ../shared/data/cdt/scenes beside the source.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "host/io/result_file.hpp"
#include "tests/end_to_end/measured_scenes.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

class MeasuredScenes : public ProgramTest {
  protected:
    void SetUp() override {
        ProgramTest::SetUp();
        if (!std::filesystem::exists(measured_scenes() / "letter_u_50.mat"))
            GTEST_SKIP() << "no measured captures at " << measured_scenes()
                         << " (FIRSTLIGHT_MEASURED_DATA names their folder)";
    }
    [[nodiscard]] std::string import(int distance_cm, const std::vector<std::string>& more = {}) const {
        const std::string name = "u_" + std::to_string(distance_cm);
        std::vector<std::string> words{"import",
                                       (measured_scenes() / ("letter_" + name + ".mat")).string(),
                                       "-o",
                                       name + ".h5",
                                       "--format",
                                       "confocal-capture",
                                       "--bin-width-ps",
                                       "16",
                                       "--scan-size-m",
                                       "0.7",
                                       "--exposure-s",
                                       "60"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        return name + ".h5";
    }
    // Median over the half of the pixels that hold most counts, ps.
    [[nodiscard]] double median_arrival_ps(const std::string& scan, const std::string& fwhm_ps) const {
        const Outcome outcome =
            run({"reconstruct", scan, "--recipe", "arrival", "-o", "arrival.h5", "--backend", "cpu", "--force",
                 "--matched_arrival.response", "gaussian", "--matched_arrival.gaussian_fwhm_ps", fwhm_ps});
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        const Result result = read_result(at("arrival.h5"), {});
        const std::vector<float>& arrival = result.images.layer("arrival")->values;
        const std::vector<float>& counts = result.images.layer("counts")->values;
        EXPECT_EQ(arrival.size(), 1024U);
        std::vector<std::pair<float, float>> pixels;
        for (std::size_t p = 0; p < arrival.size(); ++p) pixels.emplace_back(-counts[p], arrival[p]);
        std::sort(pixels.begin(), pixels.end());
        std::vector<double> bright;
        for (std::size_t p = 0; p < pixels.size() / 2; ++p)
            bright.push_back(static_cast<double>(pixels[p].second) * 1e12);
        std::sort(bright.begin(), bright.end());
        return bright[bright.size() / 2];
    }
};

TEST_F(MeasuredScenes, arrival_moves_with_distance_at_the_speed_of_light) {
    constexpr double truth_ps_per_cm = 2e10 / 299'792'458;
    const std::vector<int> distances_cm{50, 60, 70, 80};
    for (const int d : distances_cm) (void)import(d);
    for (const char* fwhm_ps : {"100", "300"}) {  // the answer does not hang on the choice
        std::vector<double> arrivals_ps;
        for (const int d : distances_cm)
            arrivals_ps.push_back(median_arrival_ps("u_" + std::to_string(d) + ".h5", fwhm_ps));
        double slope = 0;
        for (std::size_t i = 0; i < 4; ++i) slope += (distances_cm[i] - 65.0) * arrivals_ps[i] / 500.0;
        std::cout << "response of " << fwhm_ps << " ps: " << slope << " ps per cm, expected " << truth_ps_per_cm
                  << "\n";
        for (std::size_t i = 1; i < 4; ++i) EXPECT_GT(arrivals_ps[i], arrivals_ps[i - 1] + 500) << fwhm_ps;
        EXPECT_NEAR(slope, truth_ps_per_cm, 0.05 * truth_ps_per_cm) << fwhm_ps;
    }
}

// The bare detector's response is kept whole, with 3 ns of afterglow: it does not fit behind an echo at 5.5 ns of 8.2,
// so the search ends before the echo and the earliest place next to it wins.
TEST_F(MeasuredScenes, an_arrival_at_the_end_of_the_search_is_said_to_be_doubtful) {
    const std::filesystem::path response = measured_scenes() / "../calibration/capture_direct.mat";
    if (!std::filesystem::exists(response)) GTEST_SKIP() << "no capture of the response at " << response;
    for (const auto& [distance_cm, doubtful] : std::vector<std::pair<int, bool>>{{50, false}, {80, true}}) {
        const std::string scan = import(distance_cm, {"--response", response.string()});
        const Outcome outcome =
            run({"reconstruct", scan, "--recipe", "arrival", "-o", "out.h5", "--backend", "cpu", "--force"});
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        EXPECT_EQ(outcome.error.find("the latest that was searched") != std::string::npos, doubtful) << outcome.error;
    }
}

}  // namespace
}  // namespace firstlight
