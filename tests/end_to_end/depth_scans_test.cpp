// Depths of scans seen in reflection, from file to file: what fog.h5 must give, surfaces behind each other, odd shapes.
#include <nlohmann/json.hpp>

#include <cmath>
#include <random>

#include "host/io/acquisition_file.hpp"
#include "host/io/acquisition_writer.hpp"
#include "host/io/images.hpp"
#include "host/io/point_cloud.hpp"
#include "host/io/result_file.hpp"
#include "tests/end_to_end/run_program.hpp"

namespace firstlight {
namespace {

using Json = nlohmann::json;
constexpr double half_speed = 299'792'458.0 / 2;  // m of depth per second, but for the index

// A part of fog.h5 with its truth, with a share of its photons.
struct FogScan {
    Scan scan;
    Truth truth;
    std::vector<std::uint16_t> counts;  // [pixels][bins]

    explicit FogScan(double kept, std::int64_t y0 = 0, std::int64_t x0 = 0, std::int64_t rows = 64,
                     std::int64_t columns = 64) {
        const AcquisitionFile file =
            AcquisitionFile::open(std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/fog.h5", {});
        scan = file.scan();
        const TileWindow window{0, y0, x0, rows, columns, scan.columns};
        counts.resize(static_cast<std::size_t>(rows * columns * scan.bins));
        CountDataset::Scratch scratch;
        file.counts().read(window, counts.data(), scratch);
        std::mt19937 random(1);
        for (std::uint16_t& y : counts)
            if (kept < 1) y = static_cast<std::uint16_t>(std::binomial_distribution<int>(y, kept)(random));
        const Truth whole = file.read_truth();
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto p = static_cast<std::size_t>(window.pixel(i));
            truth.depth_m.push_back(whole.depth_m[p]);
            truth.ballistic.push_back(kept * whole.ballistic[p]);
        }
        const auto cropped = [&](std::vector<double>& values) {
            if (values.size() != static_cast<std::size_t>(scan.pixels())) return;
            std::vector<double> part;
            for (std::int64_t i = 0; i < rows * columns; ++i)
                part.push_back(values[static_cast<std::size_t>(window.pixel(i))]);
            values = part;
        };
        for (auto* map : {&scan.t0_map_s, &scan.flat, &scan.dark_rate_hz}) cropped(*map);
        if (!scan.pixel_mask.empty()) scan.pixel_mask.assign(static_cast<std::size_t>(rows * columns), 0);
        const auto part_of = [](std::vector<double>& at, std::int64_t from, std::int64_t n) {
            if (!at.empty()) at = {at.begin() + from, at.begin() + from + n};
        };
        part_of(scan.y_m, y0, rows);
        part_of(scan.x_m, x0, columns);
        scan.rows = rows;
        scan.columns = columns;
        scan.pulses = {scan.pulses[0] * kept};
        scan.has_reference = false;
    }
    void write(const std::filesystem::path& path) const {
        WriteOptions options;
        options.force = true;
        AcquisitionWriter writer(path, scan, {}, options);
        PhotonCube cube(CountType::u2, 1, scan.rows, scan.columns, scan.bins);
        std::memcpy(cube.counts.data(), counts.data(), counts.size() * sizeof counts[0]);
        writer.write_all(cube);
        writer.set_truth(truth);
        writer.commit();
    }
    [[nodiscard]] double bin_m() const {
        return half_speed * scan.bin_width_s / scan.medium.refractive_index.value_or(1);
    }
    // Where the trace of each pixel is highest: peak finding without a gate.
    [[nodiscard]] std::vector<float> peaks() const {
        std::vector<float> depths;
        for (auto trace = counts.begin(); trace != counts.end(); trace += scan.bins) {
            const auto peak = std::max_element(trace, trace + scan.bins) - trace;
            depths.push_back(static_cast<float>(half_speed * scan.time_of(static_cast<double>(peak) + 0.5) /
                                                scan.medium.refractive_index.value_or(1)));
        }
        return depths;
    }
};

// Errors where the truth has 3 photons and more: RMSE of depths within 15 mm in bins, share of those that are not.
struct Errors {
    double rmse_bins = 0, outliers = 0;
};
Errors errors_of(const std::vector<float>& depth, const FogScan& fog) {
    double square = 0, near = 0, all = 0;
    for (std::size_t p = 0; p < depth.size(); ++p) {
        if (!std::isfinite(fog.truth.depth_m[p]) || fog.truth.ballistic[p] < 3) continue;
        ++all;
        const double off = static_cast<double>(depth[p]) - fog.truth.depth_m[p];
        if (!(std::abs(off) <= 15e-3)) continue;
        ++near;
        square += off * off;
    }
    EXPECT_GT(all, 900);
    return {std::sqrt(square / near) / fog.bin_m(), 1 - near / all};
}

class DepthScans : public ProgramTest {
  protected:
    Result reconstructed(const std::string& scan, std::vector<std::string> more = {}) const {
        std::vector<std::string> words{"reconstruct", scan,        "-o",  "result.h5", "--recipe",
                                       "depth",       "--backend", "cpu", "--quiet",   "--force"};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome made = run(words);
        EXPECT_EQ(made.code, 0) << made.error;
        return read_result(at("result.h5"), {});
    }
};

TEST_F(DepthScans, fog_is_right_within_a_bin_and_smoothing_makes_it_better) {
    for (const double kept : {1.0, 0.1, 0.03, 0.01}) {
        const FogScan fog(kept);
        fog.write(at("fog.h5"));
        const Result plain = reconstructed("fog.h5");
        const Errors e = errors_of(plain.images.layer("depth")->values, fog);
        EXPECT_LE(e.rmse_bins, 1) << kept;
        EXPECT_LE(e.outliers, 0.03) << kept;
        const Result smooth = reconstructed("fog.h5", {"--depth_map.regularisation", "tv"});
        const Errors s = errors_of(smooth.images.layer("depth")->values, fog);
        EXPECT_LE(s.rmse_bins, 0.98 * e.rmse_bins) << kept;
        EXPECT_LE(s.outliers, 0.03) << kept;
        for (std::size_t p = 0; p < fog.truth.depth_m.size(); ++p) {
            const float before = plain.images.layer("depth_sigma")->values[p];
            const float after = smooth.images.layer("depth_sigma")->values[p];
            EXPECT_TRUE(before == after || (std::isnan(before) && std::isnan(after)));
        }
        const Outcome compared = run({"compare", "result.h5", "fog.h5", "--json"});
        ASSERT_EQ(compared.code, 0) << compared.error;
        const Json figures = Json::parse(compared.out)["views"][0];
        EXPECT_NEAR(figures["depth_3_photons_rmse"].get<double>() / fog.bin_m(), s.rmse_bins, 1e-3);
        EXPECT_NEAR(figures["depth_3_photons_outlier_share"].get<double>(), s.outliers, 1e-6);
        EXPECT_GT(plain.quality.at("depth_outlier_share"), 0);
        EXPECT_LT(plain.quality.at("depth_outlier_share"), 0.1);
    }
}

// With 3 photons in a hundred fog's backscatter and chance beat the surfaces of many pixels.
TEST_F(DepthScans, peaks_without_a_gate_are_not_right) {
    const FogScan fog(0.03);
    const Errors e = errors_of(fog.peaks(), fog);
    EXPECT_GT(e.rmse_bins, 1.1);
    EXPECT_GT(e.outliers, 0.035);
}

TEST_F(DepthScans, one_row_one_column_and_odd_sizes_work) {
    for (const auto& [y0, x0, rows, columns] :
         {std::array<std::int64_t, 4>{30, 0, 1, 64}, std::array<std::int64_t, 4>{0, 20, 64, 1},
          std::array<std::int64_t, 4>{20, 5, 17, 31}, std::array<std::int64_t, 4>{32, 20, 1, 1}}) {
        const FogScan fog(0.1, y0, x0, rows, columns);
        fog.write(at("part.h5"));
        const Result r = reconstructed("part.h5", {"--depth_map.regularisation", "tv", "--adaptive_gate.surfaces",
                                                   "strongest_and_last", "--depth_map.reference", "time_zero"});
        ASSERT_NE(r.images.layer("depth_last"), nullptr);
        double right = 0, known = 0;
        for (std::size_t p = 0; p < fog.truth.depth_m.size(); ++p) {
            if (!std::isfinite(fog.truth.depth_m[p])) continue;
            ++known;
            right += std::abs(static_cast<double>(r.images.layer("depth")->values[p]) - fog.truth.depth_m[p]) <= 15e-3;
        }
        EXPECT_GT(known, 0);
        EXPECT_GE(right / known, 0.85) << rows << " x " << columns;
        const Outcome made = run({"export", "result.h5", "-o", "cloud.ply", "--format", "ply", "--force"});
        EXPECT_EQ(made.code, 0) << made.error;
        EXPECT_GE(static_cast<double>(read_ply(at("cloud.ply")).points.size()), right);
    }
}

TEST_F(DepthScans, depths_of_light_that_goes_through_are_refused_before_anything_runs) {
    const std::string bars = std::string(FIRSTLIGHT_SOURCE_DIR) + "/sample_data/bars.h5";
    for (const char* command : {"plan", "reconstruct"}) {
        std::vector<std::string> words{command, bars, "--recipe", "depth"};
        if (command == std::string("reconstruct")) words.insert(words.end(), {"-o", "no.h5", "--backend", "cpu"});
        const Outcome refused = run(words);
        EXPECT_EQ(refused.code, 3) << command;
        EXPECT_NE(refused.error.find("use --recipe transmission"), std::string::npos) << refused.error;
        EXPECT_EQ(refused.out, "") << command;
    }
}

// Every pixel sees half of a net at 300 mm and, through its meshes, a panel at 500 mm.
constexpr const char* net_scene = R"(title = "A panel behind a net"
path = "reflection"
[[layer]]
thickness_mm = 700
mu_s_per_mm = 0
[[target]]
kind = "reflection"
z_mm = 300
pattern = "png"
file = "net.png"
width_mm = 160
reflectivity = 0.5
[[target]]
kind = "reflection"
z_mm = 500
pattern = "rectangle"
width_mm = 80
height_mm = 60
reflectivity = 0.4
[source]
kind = "wide"
width_mm = 300
photons_per_pulse = 1e8
pulse_fwhm_ps = 50
[detector]
rows = 20
columns = 28
pixel_um = 4000
numerical_aperture = 0.01
focus_mm = 400
bins = 160
bin_width_ps = 32
first_edge_ps = -400
efficiency = 0.2
pulses = 3e3
[photon_transport]
seed = 2
photons = 1000
[detector_response]
seed = 2
statistics = "first_photon"
fwhm_ps = 120
tail_ps = 200
tail_share = 0.05
dark_rate_hz = 20000
)";

TEST_F(DepthScans, a_panel_behind_a_net_is_the_last_surface) {
    std::vector<std::uint16_t> net;
    for (int y = 0; y < 160; ++y)
        for (int x = 0; x < 160; ++x) net.push_back((x / 2) % 2 == 0 ? 65535 : 0);
    write_png_gray16(at("net.png"), net.data(), 160, 160, false);
    std::ofstream(at("net.toml")) << net_scene;
    const Outcome simulated = run({"simulate", "net.toml", "-o", "net.h5"});
    ASSERT_EQ(simulated.code, 0) << simulated.error;
    const Result r = reconstructed("net.h5", {"--adaptive_gate.surfaces", "strongest_and_last"});
    double behind = 0, right = 0, in_front = 0, wrong = 0, strongest = 0;
    for (std::int64_t y = 0; y < 20; ++y)
        for (std::int64_t x = 0; x < 28; ++x) {
            const auto p = static_cast<std::size_t>(y * 28 + x);
            const double depth = static_cast<double>(r.images.layer("depth")->values[p]);
            const double last = static_cast<double>(r.images.layer("depth_last")->values[p]);
            const double panel_x = std::abs(static_cast<double>(x) - 13.5) * 4,
                         panel_y = std::abs(static_cast<double>(y) - 9.5) * 4;
            if (panel_x < 34 && panel_y < 24) {
                ++behind;
                strongest += std::abs(depth - 0.3) < 0.01 ? 1 : 0;
                right += std::abs(last - 0.5) < 0.01 ? 1 : 0;
            } else if (panel_x > 48 || panel_y > 38) {
                ++in_front;
                wrong += std::abs(depth - 0.3) < 0.01 && last == depth ? 0 : 1;
            }
        }
    EXPECT_GT(behind, 150);
    EXPECT_GT(in_front, 40);
    EXPECT_GE(right / behind, 0.97);
    EXPECT_GE(strongest / behind, 0.5);
    EXPECT_LE(wrong / in_front, 0.03);

    const Outcome made = run({"export", "result.h5", "-o", "cloud.ply", "--format", "ply", "--json"});
    ASSERT_EQ(made.code, 0) << made.error;
    EXPECT_GE(Json::parse(made.out)["last"].get<double>(), strongest * 0.95);
    double last_points = 0;
    for (const SurfacePoint& p : read_ply(at("cloud.ply")).points) last_points += p.surface == 1 ? 1 : 0;
    EXPECT_EQ(Json::parse(made.out)["last"].get<double>(), last_points);
}

}  // namespace
}  // namespace firstlight
