// Measured confocal scans through one inch of foam, from the published files to volumes, by the commands of
// docs/gallery.md.
//
// Truth: letter_u stands as many cm behind the foam as its name says (all reconstructions of these scans, see
// docs/physics.md, give a slope of 0.92 to 0.97, because the one at 50 cm is seen 1 to 2 cm too far); seven dots of
// resolution_50; and a tenth of the photons must show what all of them show.
// Captures: FIRSTLIGHT_MEASURED_DATA, or ../shared/data/cdt/scenes beside the source.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include "host/io/acquisition_reader.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/importers/confocal_capture.hpp"
#include "host/io/result_file.hpp"
#include "tests/end_to_end/measured_scenes.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

class ConfocalScenes : public ProgramTest {
  protected:
    void SetUp() override {
        ProgramTest::SetUp();
        if (!std::filesystem::exists(measured_scenes() / "letter_s.mat"))
            GTEST_SKIP() << "no measured captures at " << measured_scenes()
                         << " (FIRSTLIGHT_MEASURED_DATA names their folder)";
    }
    // Writes NAME.h5 with each photon kept with probability `share`.
    [[nodiscard]] std::string import(const std::string& name, double size_m, double share = 1) const {
        ConfocalOptions options;
        options.bin_width_s = 16e-12;
        options.scan_size_m = {size_m, size_m};
        Imported capture = import_confocal_capture(measured_scenes() / (name + ".mat"), options);
        if (share < 1) {
            std::mt19937 random(1);
            auto* counts = reinterpret_cast<float*>(capture.cube.counts.data());
            for (std::int64_t i = 0; i < capture.scan.pixels() * capture.scan.bins; ++i)
                counts[i] =
                    static_cast<float>(std::binomial_distribution<int>(static_cast<int>(counts[i]), share)(random));
        }
        const std::string file = share < 1 ? name + "_thin.h5" : name + ".h5";
        AcquisitionWriter writer(at(file), capture.scan, capture.info, {});
        writer.write_all(capture.cube);
        writer.commit();
        return file;
    }
    [[nodiscard]] Result reconstruct(const std::string& file) const {
        const Outcome outcome =
            run({"reconstruct", file, "--recipe", "diffuse", "-o", "result.h5", "--force", "--backend", "cpu",
                 "--confocal_diffuse.thickness_mm", "25.4", "--confocal_diffuse.refractive_index", "1.12",
                 "--confocal_diffuse.mu_a_per_m", "0.53", "--confocal_diffuse.mu_s_prime_per_m", "262",
                 "--confocal_diffuse.extrapolation_mm", "3.6"});
        EXPECT_EQ(outcome.code, 0) << outcome.error;
        return read_result(at("result.h5"), {});
    }
    [[nodiscard]] static std::vector<double> brightest_along_z(const Volume& volume) {
        std::vector<double> image(static_cast<std::size_t>(volume.y.size * volume.x.size));
        for (std::size_t i = 0; i < volume.values.size(); ++i) {
            double& pixel = image[i % image.size()];
            pixel = std::max(pixel, static_cast<double>(volume.values[i]));
        }
        return image;
    }
};

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
    const auto n = static_cast<double>(a.size());
    double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean_a += a[i] / n;
        mean_b += b[i] / n;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        aa += (a[i] - mean_a) * (a[i] - mean_a);
        bb += (b[i] - mean_b) * (b[i] - mean_b);
        ab += (a[i] - mean_a) * (b[i] - mean_b);
    }
    return ab / std::sqrt(aa * bb);
}

TEST_F(ConfocalScenes, the_letter_moves_with_its_distance) {
    std::vector<double> depths_cm;
    for (const int cm : {50, 60, 70, 80}) {
        const Result result = reconstruct(import("letter_u_" + std::to_string(cm), 0.7));
        ASSERT_TRUE(result.volume);
        const std::vector<double> image = brightest_along_z(*result.volume);
        const double most = *std::max_element(image.begin(), image.end());
        std::vector<float> depths;
        for (std::size_t p = 0; p < image.size(); ++p)
            if (image[p] > 0.5 * most) depths.push_back(result.images.layer("depth")->values[p]);
        std::sort(depths.begin(), depths.end());
        depths_cm.push_back(100 * static_cast<double>(depths[depths.size() / 2]));
        std::cout << cm << " cm: " << depths_cm.back() << " cm\n";
    }
    double slope = 0, mean = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        slope += (10.0 * static_cast<double>(i) - 15) * depths_cm[i] / 500;
        mean += depths_cm[i] / 4;
    }
    EXPECT_NEAR(slope, 0.94, 0.05);
    EXPECT_NEAR(mean, 65, 1);
    EXPECT_NEAR((depths_cm[3] - depths_cm[1]) / 20, 1, 0.04);  // without the one at 50 cm
}

TEST_F(ConfocalScenes, seven_dots_are_seven) {
    const Result result = reconstruct(import("resolution_50", 0.714));
    ASSERT_TRUE(result.volume);
    const std::vector<double> image = brightest_along_z(*result.volume);
    const double most = *std::max_element(image.begin(), image.end());
    const std::int64_t n = result.volume->x.size;
    int dots = 0;
    for (std::int64_t y = 1; y + 1 < n; ++y)
        for (std::int64_t x = 1; x + 1 < n; ++x) {
            const double here = image[static_cast<std::size_t>(y * n + x)];
            bool top = here > 0.25 * most;
            for (std::int64_t v = y - 1; v <= y + 1; ++v)
                for (std::int64_t u = x - 1; u <= x + 1; ++u)
                    top = top && here >= image[static_cast<std::size_t>(v * n + u)];
            dots += top ? 1 : 0;
        }
    EXPECT_EQ(dots, 7);
}

TEST_F(ConfocalScenes, a_tenth_of_the_photons_shows_the_same) {
    for (const auto& [name, size_m, least] :
         {std::tuple{"letter_s", 0.636, 0.93}, std::tuple{"mannequin", 0.609, 0.965}}) {
        const Result all = reconstruct(import(name, size_m)), thin = reconstruct(import(name, size_m, 0.1));
        ASSERT_TRUE(all.volume && thin.volume);
        const double found = correlation(brightest_along_z(*all.volume), brightest_along_z(*thin.volume));
        std::cout << name << ": " << found << "\n";
        EXPECT_GT(found, least) << name;
    }
}

TEST_F(ConfocalScenes, without_a_medium_the_way_out_is_said) {
    const Outcome outcome = run({"reconstruct", import("letter_s", 0.636), "--recipe", "diffuse", "-o", "result.h5"});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.error.find("firstlight calibrate medium"), std::string::npos) << outcome.error;
}

// A letter U of three bars behind foam, at distances that are known.
class SimulatedLetter : public ProgramTest {
  protected:
    // Median depth of its brighter pixels, cm.
    [[nodiscard]] double depth_cm_at(int cm) const {
        std::string scene = R"(title = "U"
path = "confocal"
[medium]
thickness_mm = 25.4
refractive_index = 1.12
mu_s_prime_per_mm = 0.262
mu_a_per_mm = 0.00053
[source]
photons_per_pulse = 1e7
repetition_rate_mhz = 10
[detector]
rows = 32
columns = 32
scan_size_mm = 700
bins = 512
bin_width_ps = 16
efficiency = 0.1
pulses = 5e5
[detector_response]
statistics = "poisson"
fwhm_ps = 60
dark_rate_hz = 20000
)";
        for (const auto& [width, height, x, y] : {std::tuple{60, 300, -110, 0}, {60, 300, 110, 0}, {160, 60, 0, 120}})
            scene += "[[hidden]]\npattern = \"rectangle\"\nalbedo = 0.9\ncell_um = 10000\nwidth_mm = " +
                     std::to_string(width) + "\nheight_mm = " + std::to_string(height) +
                     "\nx_mm = " + std::to_string(x) + "\ny_mm = " + std::to_string(y) +
                     "\nz_mm = " + std::to_string(10 * cm) + "\n";
        std::ofstream(at("u.toml")) << scene;
        const Outcome simulated = run({"simulate", "u.toml", "-o", "u.h5", "--force"});
        EXPECT_EQ(simulated.code, 0) << simulated.error;
        const Outcome made = run({"reconstruct", "u.h5", "-o", "u.result.h5", "--force", "--backend", "cpu"});
        EXPECT_EQ(made.code, 0) << made.error;
        const Result result = read_result(at("u.result.h5"), {});
        std::vector<float> depths;
        for (const float depth : result.images.layer("depth")->values)
            if (!std::isnan(depth)) depths.push_back(depth);
        EXPECT_GT(depths.size(), 100U);
        std::sort(depths.begin(), depths.end());
        return depths.empty() ? 0 : 100 * static_cast<double>(depths[depths.size() / 2]);
    }
};

TEST_F(SimulatedLetter, is_found_where_it_stands) {
    std::vector<double> depths_cm;
    for (const int cm : {50, 60, 70, 80}) depths_cm.push_back(depth_cm_at(cm));
    double slope = 0, bias = 0, squares = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        slope += (10.0 * static_cast<double>(i) - 15) * depths_cm[i] / 500;
        bias += (depths_cm[i] - 50 - 10 * static_cast<double>(i)) / 4;
    }
    for (std::size_t i = 0; i < 4; ++i)
        squares += std::pow(depths_cm[i] - (65 + bias) - slope * (10.0 * static_cast<double>(i) - 15), 2) / 4;
    EXPECT_NEAR(slope, 1, 0.03);
    EXPECT_LT(std::sqrt(squares), 0.4);
    EXPECT_LT(std::abs(bias), 0.5);
}

}  // namespace
}  // namespace firstlight
