#include "kernels/gating/component_fit.hpp"

#include <Eigen/Dense>
#include <fstream>

#include "kernels/corrections/pile_up.hpp"
#include "tests/host/io/python_fixture.hpp"
#include "tests/kernels/gating/component_scene.hpp"

namespace firstlight {
namespace {

class ComponentFitTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, ComponentFitTest, all_backends(), backend_name);

using Params = ComponentFit::Params;

bool emulated(const char* backend) { return std::string(backend) == "cuda_emulated"; }

// What is expected, as counts, has its maximum of the likelihood at the truth.
TEST_P(ComponentFitTest, expectations_give_back_their_amplitudes) {
    for (const bool uneven : {false, true}) {
        FitScene scene(3, 5, 256, CountType::f4);
        scene.tile.use_edges = uneven;
        scene.tile.use_live = true;
        for (std::size_t i = 1; i < 256; ++i)
            scene.tile.edges[i] += 0.2F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
        for (std::size_t k = 0; k < scene.tile.live.size(); ++k)
            scene.tile.live[k] = 1 - 0.001F * static_cast<float>(k % 256);
        for (std::size_t p = 0; p < 15; ++p) {
            scene.tile.shift[p] = 0.23F * static_cast<float>(p) - 2;
            scene.tile.arrival[p] = 60 + scene.tile.shift[p];
            scene.tile.gain[p] = 0.8F + 0.03F * static_cast<float>(p);
            scene.truth[p] = {300 + 40.0 * static_cast<double>(p), 200, 2000, 0.5};
        }
        scene.for_each_bin([](double mean) { return mean; });
        run_trace_stage<ComponentFit>(queue(), scene.tile);
        EXPECT_NEAR(scene.tile.found["snake_decay_ps"], 120, 3);
        EXPECT_NEAR(scene.tile.found["gamma_shape"], 2, 0.03);
        EXPECT_NEAR(scene.tile.found["gamma_scale_ps"], 300, 4);
        for (std::size_t p = 0; p < 15; ++p) {
            const TrueLight& truth = scene.truth[p];
            EXPECT_NEAR(scene.layer(Layer::ballistic, p), truth.ballistic, 1.5);
            EXPECT_NEAR(scene.layer(Layer::snake, p), truth.snake, 6);
            // What comes after the data's end is not counted.
            EXPECT_NEAR(scene.layer(Layer::diffuse, p) / truth.diffuse, 1, 0.03);
            EXPECT_NEAR(scene.layer(Layer::background, p), 0.5 * 1.5 * 2.3548 * TrueCurves::sigma / scene.tile.gain[p],
                        0.08);
            EXPECT_LT(scene.layer(Layer::deviance, p), 2e-3);
            EXPECT_NEAR(scene.layer(Layer::snr, p),
                        scene.layer(Layer::ballistic, p) / scene.layer(Layer::ballistic_sigma, p), 1e-3);
            EXPECT_EQ(scene.tile.flags[p], 0);
            const auto part = true_parts(-2.3548 * TrueCurves::sigma, 0.5 * 2.3548 * TrueCurves::sigma);
            const double own = truth.ballistic * part[0];
            EXPECT_NEAR(scene.layer(Layer::purity, p), own / (own + truth.snake * part[1] + truth.diffuse * part[2]),
                        0.01);
        }
        EXPECT_EQ(scene.tile.shared["gate_share"], 1);
    }
}

TEST_P(ComponentFitTest, finds_the_arrival_of_each_pixel) {
    FitScene scene(4, 6, 256, CountType::f4);
    for (std::size_t p = 0; p < 24; ++p) {
        scene.tile.arrival[p] = 60 + 0.15F * static_cast<float>(p % 12) - 0.8F;
        scene.truth[p] = {p < 12 ? 400.0 : 0.0, 100, 1000, 0.5};
    }
    scene.for_each_bin([](double mean) { return mean; });
    const std::vector<float> truth = scene.tile.arrival;
    Params params;
    params.arrival = ComponentFit::Arrival::per_pixel;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);  // the shapes, from aligned traces
    const double decay = scene.tile.found["snake_decay_ps"];
    EXPECT_NEAR(decay, 120, 4);
    scene.tile.arrival.assign(24, 60);
    params.snake_decay_ps = decay;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    for (std::size_t p = 0; p < 12; ++p) {
        EXPECT_NEAR(scene.layer(Layer::arrival, p) * 1e12, static_cast<double>(truth[p]) * 10, 1.5) << p;
        EXPECT_NEAR(scene.layer(Layer::arrival_sigma, p) * 1e12, 10 * TrueCurves::sigma / std::sqrt(400.0), 0.3);
        EXPECT_NEAR(scene.layer(Layer::ballistic, p), 400, 12);
    }
    for (std::size_t p = 12; p < 24; ++p) {
        EXPECT_TRUE(std::isnan(scene.tile.layers[Layer::arrival][p]));
        EXPECT_TRUE((scene.tile.flags[p] & low_counts) != 0);
    }
}

// A scene with everything a detector does: optical depths that differ, skew, dark counts, hot pixels, pile-up.
struct Pulls {
    double pixels = 0, sum = 0, squares = 0, within = 0, sigma = 0, error = 0;
    void add(double value, double truth, double s) {
        const double pull = (value - truth) / s;
        pixels += 1;
        sum += pull;
        squares += pull * pull;
        within += std::abs(pull) < 1 ? 1 : 0;
        sigma += s;
        error += value - truth;
    }
};

TEST_P(ComponentFitTest, errors_are_what_they_say) {
    if (emulated(GetParam())) GTEST_SKIP() << "8,192 traces take the emulation too long; parity is tested below";
    FitScene scene(64, 128);
    std::mt19937 random(5);
    std::uniform_real_distribution<double> uniform(-1, 1);
    // Columns 0..63 are at a smaller optical depth than 64..127; every fourth pixel is closed.
    for (std::size_t p = 0; p < scene.truth.size(); ++p) {
        const bool thin = p % 128 < 64;
        scene.tile.shift[p] = static_cast<float>(3 * uniform(random));
        scene.tile.arrival[p] = 60 + scene.tile.shift[p];
        scene.tile.gain[p] = static_cast<float>(1 + 0.1 * uniform(random));
        const double dark = 0.15 * (1 + 0.3 * uniform(random));
        scene.tile.dark[p] = static_cast<float>(dark);
        scene.truth[p] = {p % 4 == 0 ? 0.0 : thin ? 400.0 : 150.0, thin ? 60.0 : 100.0, thin ? 400.0 : 600.0, dark};
    }
    scene.draw_first_photons(7, 10000);
    for (std::size_t p = 17; p < scene.truth.size(); p += 200) {
        for (std::int64_t i = 0; i < 256; ++i) scene.tile.set(static_cast<std::int64_t>(p), i, 40);
        scene.tile.flags[p] = hot;
    }
    scene.tile.scan.pulses = {10000};
    scene.tile.use_live = true;
    run_trace_stage<PileUp>(queue(), scene.tile);
    run_trace_stage<ComponentFit>(queue(), scene.tile);
    std::map<double, Pulls> groups;
    double deviance = 0;
    for (std::size_t p = 0; p < scene.truth.size(); ++p) {
        if (scene.tile.flags[p] & hot) continue;
        groups[scene.truth[p].ballistic].add(scene.layer(Layer::ballistic, p), scene.truth[p].ballistic,
                                             scene.layer(Layer::ballistic_sigma, p));
        EXPECT_EQ(scene.tile.flags[p] & not_converged, 0);
        deviance += scene.layer(Layer::deviance, p);
    }
    EXPECT_NEAR(deviance / static_cast<double>(scene.truth.size()), 1, 0.02);
    Pulls open;
    for (auto& [ballistic, g] : groups) {
        const double spread = std::sqrt(g.squares / g.pixels - g.sum * g.sum / g.pixels / g.pixels);
        const std::string name = std::to_string(static_cast<int>(ballistic));
        RecordProperty("pull_" + name, std::to_string(g.sum / g.pixels));
        RecordProperty("spread_" + name, std::to_string(spread));
        RecordProperty("within_" + name, std::to_string(g.within / g.pixels));
        EXPECT_LT(std::abs(g.sum / g.pixels), ballistic > 0 ? 0.05 : 0.12) << ballistic;
        // Where nothing is, amplitudes below 0 count as 0 for their errors, which are then rather too large.
        EXPECT_NEAR(spread, ballistic > 0 ? 1 : 0.93, 0.06) << ballistic;
        EXPECT_LT(std::abs(g.error / g.pixels), 0.06 * g.sigma / g.pixels) << ballistic;
        if (ballistic == 0) continue;
        EXPECT_GE(g.pixels, 2000);
        EXPECT_GE(g.within / g.pixels, 0.64);
        EXPECT_LE(g.within / g.pixels, 0.72);
    }
}

// Cramer-Rao: the inverse of the Fisher information of all four amplitudes at the truth.
TEST_P(ComponentFitTest, sigma_is_the_cramer_rao_bound) {
    const bool few = emulated(GetParam());
    FitScene scene(few ? 8 : 40, 50);
    const TrueLight light{200, 80, 500, 0.15};
    scene.truth.assign(scene.truth.size(), light);
    for (std::size_t p = 0; p < scene.truth.size(); ++p)
        scene.tile.arrival[p] = 60 + 0.01F * static_cast<float>(p % 100);
    scene.draw(3);
    run_trace_stage<ComponentFit>(queue(), scene.tile);
    Eigen::Matrix4d information = Eigen::Matrix4d::Zero();
    for (std::int64_t i = 0; i < 256; ++i) {
        const auto part = true_parts(static_cast<double>(i) - 60.5, static_cast<double>(i) - 59.5);
        const Eigen::Vector4d v(part[0], part[1], part[2], part[3]);
        information += v * v.transpose() / mean_of(light, 1, part);
    }
    const double bound = std::sqrt(information.inverse()(0, 0));
    double sigma = 0, square = 0;
    for (std::size_t p = 0; p < scene.truth.size(); ++p) {
        sigma += scene.layer(Layer::ballistic_sigma, p);
        const double error = scene.layer(Layer::ballistic, p) - light.ballistic;
        square += error * error;
    }
    const auto n = static_cast<double>(scene.truth.size());
    EXPECT_NEAR(sigma / n / bound, 1, few ? 0.05 : 0.03);
    EXPECT_NEAR(std::sqrt(square / n) / bound, 1, few ? 0.15 : 0.08);
}

TEST_P(ComponentFitTest, cpu_and_cuda_agree_for_all_sizes) {
    if (std::string(GetParam()) == "cpu") GTEST_SKIP() << "is what the others are compared with";
    std::string ignored;
    Queue& cpu = *test_queue("cpu", ignored);
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}})
        for (const bool per_pixel : {false, true}) {
            FitScene scene(rows, columns, 128);
            scene.tile.use_live = scene.tile.use_edges = columns == 7;
            for (std::size_t k = 0; k < scene.tile.live.size(); ++k)
                scene.tile.live[k] = 1 - 0.002F * static_cast<float>(k % 128);
            for (std::size_t i = 1; i < 128; ++i)
                scene.tile.edges[i] += 0.2F * static_cast<float>(std::sin(2.0 * static_cast<double>(i)));
            for (std::size_t p = 0; p < scene.truth.size(); ++p) {
                scene.tile.arrival[p] = 40 + 0.13F * static_cast<float>(p % 17);
                scene.truth[p] = {p % 3 == 0 ? 0.0 : 300.0, 50, 400, 0.3};
            }
            scene.draw(static_cast<unsigned>(rows + columns));
            if (rows == 257) scene.tile.flags[3] = hot;
            if (rows == 257) scene.tile.arrival[4] = 127.9F;
            HostTile other = scene.tile;
            Params params;
            params.components = ComponentFit::Components::all;
            params.snake_decay_ps = 120;
            if (per_pixel) params.arrival = ComponentFit::Arrival::per_pixel;
            run_trace_stage<ComponentFit>(cpu, scene.tile, params);
            run_trace_stage<ComponentFit>(queue(), other, params);
            EXPECT_EQ(scene.tile.flags, other.flags);
            const auto& sigma = scene.tile.layers[Layer::ballistic_sigma];
            for (const Layer layer : ComponentFit::layers(params))
                for (std::size_t p = 0; p < scene.truth.size(); ++p) {
                    const double one = scene.layer(layer, p);
                    const double two = static_cast<double>(other.layers[layer][p]);
                    EXPECT_EQ(std::isnan(one), std::isnan(two)) << static_cast<int>(layer) << " " << p;
                    if (std::isnan(one)) continue;
                    const double room = layer == Layer::ballistic || layer == Layer::snake || layer == Layer::diffuse
                                            ? 5e-3 * static_cast<double>(sigma[p])
                                            : 1e-3 * std::max(std::abs(one), layer == Layer::snr ? 1.0 : 0.0);
                    EXPECT_NEAR(one, two, room) << static_cast<int>(layer) << " " << p;
                }
        }
    HostTile none(0, 3, 128);
    none.scan.irf = gaussian_response(50e-12);
    EXPECT_THROW(run_trace_stage<ComponentFit>(queue(), none), Error);  // nothing to fit shapes to
}

TEST_P(ComponentFitTest, light_that_comes_later_by_whole_bins_is_the_same_light) {
    FitScene scene(2, 8);
    scene.truth.assign(16, {200, 80, 500, 0.2});
    scene.draw(9);
    FitScene later(2, 8);
    for (std::int64_t p = 0; p < 16; ++p) {
        later.tile.arrival[static_cast<std::size_t>(p)] = 50;
        for (std::int64_t i = 0; i < 256; ++i)
            later.tile.set(p, i, reinterpret_cast<std::uint16_t*>(scene.tile.counts.data())[p * 256 + (i + 10) % 256]);
    }
    Params params;
    params.components = ComponentFit::Components::ballistic;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    run_trace_stage<ComponentFit>(queue(), later.tile, params);
    for (std::size_t p = 0; p < 16; ++p)
        EXPECT_NEAR(scene.layer(Layer::ballistic, p), later.layer(Layer::ballistic, p), 0.01);
}

TEST_P(ComponentFitTest, what_cannot_be_fitted_is_flagged) {
    FitScene scene(1, 8);
    scene.truth.assign(8, {300, 50, 300, 0.2});
    scene.draw(4);
    scene.tile.flags[0] = dead;
    scene.tile.arrival[1] = std::numeric_limits<float>::quiet_NaN();
    scene.tile.arrival[2] = 1000;
    scene.tile.arrival[3] = 254;  // a fifth of the response is cut off
    for (std::int64_t i = 0; i < 256; ++i) scene.tile.set(4, i, 0);
    Params params;
    params.components = ComponentFit::Components::all;
    params.snake_decay_ps = 120;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    for (std::size_t p = 0; p < 4; ++p) {
        EXPECT_TRUE(std::isnan(scene.tile.layers[Layer::ballistic][p])) << p;
        EXPECT_TRUE(std::isnan(scene.tile.layers[Layer::ballistic_sigma][p])) << p;
        EXPECT_FALSE(std::isnan(scene.tile.layers[Layer::counts][p])) << p;
        EXPECT_EQ(scene.tile.flags[p], p == 0 ? dead : low_counts) << p;
    }
    EXPECT_NEAR(scene.layer(Layer::ballistic, 4), 0, 0.2);  // an empty trace
    EXPECT_FLOAT_EQ(scene.tile.layers[Layer::ballistic_sigma][4], 1);
    EXPECT_TRUE((scene.tile.flags[4] & low_counts) != 0);
    params.iterations = 1;
    scene.tile.flags.assign(8, 0);
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    EXPECT_EQ(scene.tile.flags[6], not_converged);
    EXPECT_TRUE(std::isfinite(scene.tile.layers[Layer::ballistic][6]));
}

TEST_P(ComponentFitTest, amplitudes_may_be_held_at_0) {
    FitScene scene(4, 16);
    scene.truth.assign(64, {0, 20, 200, 0.2});
    scene.draw(8);
    Params params;
    params.components = ComponentFit::Components::all;
    params.snake_decay_ps = 120;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    const std::vector<float> either = scene.tile.layers[Layer::ballistic];
    params.amplitudes = ComponentFit::Amplitudes::non_negative;
    run_trace_stage<ComponentFit>(queue(), scene.tile, params);
    int below = 0, at_0 = 0;
    for (std::size_t p = 0; p < 64; ++p) {
        below += either[p] < 0 ? 1 : 0;
        at_0 += scene.tile.layers[Layer::ballistic][p] == 0 ? 1 : 0;
        EXPECT_GE(scene.layer(Layer::ballistic, p), 0);
        EXPECT_GE(scene.layer(Layer::snake, p), 0);
        EXPECT_GE(scene.layer(Layer::diffuse, p), 0);
        EXPECT_GT(scene.layer(Layer::ballistic_sigma, p), 0.9);
        EXPECT_EQ(scene.tile.flags[p], low_counts);
    }
    EXPECT_GT(below, 15);
    EXPECT_GT(at_0, 15);
}

TEST_P(ComponentFitTest, parts_that_nothing_speaks_for_are_left_out) {
    FitScene scene(8, 16);
    scene.truth.assign(128, {200, 0, 0, 0.2});
    scene.draw(2);
    run_trace_stage<ComponentFit>(queue(), scene.tile);
    EXPECT_EQ(scene.tile.found.count("snake_decay_ps") + scene.tile.found.count("gamma_shape"), 0U);
    double sum = 0;
    for (std::size_t p = 0; p < 128; ++p) sum += scene.layer(Layer::ballistic, p) / 128;
    EXPECT_NEAR(sum, 200, 5);
    EXPECT_FLOAT_EQ(scene.tile.layers[Layer::purity][5], 1);
}

TEST(ComponentFit, says_why_when_most_pixels_could_not_be_fitted) {
    std::vector<float> ballistic{poison, poison, 5, poison};
    std::vector<std::uint8_t> flags{low_counts, 0, 0, dead};
    ImageTile images;
    images.rows = images.columns = 2;
    images.layers[static_cast<int>(Layer::ballistic)] = ballistic.data();
    images.flags = flags.data();
    const std::string said = ComponentFit::remark(images);
    EXPECT_NE(said.find("2 of 3 pixels could not be fitted"), std::string::npos) << said;
    EXPECT_NE(said.find("--expected_arrival.source given"), std::string::npos) << said;
    ballistic[0] = 1;
    EXPECT_EQ(ComponentFit::remark(images), "");
}

TEST(ComponentFit, a_missing_response_points_to_the_recipe_without) {
    std::string ignored;
    HostTile tile(2, 2, 64);
    try {
        run_trace_stage<ComponentFit>(*test_queue("cpu", ignored), tile);
        FAIL() << "no error";
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("irf"), std::string::npos) << e.what();
        EXPECT_NE(std::string(e.what()).find("--recipe transmission"), std::string::npos) << e.what();
    }
}

// Amplitudes against SciPy's optimiser, which knows the curves but nothing of how the fit goes.
TEST(ComponentFit, amplitudes_equal_those_of_scipy) {
    if (python().empty()) GTEST_SKIP() << "FIRSTLIGHT_PYTHON names no Python with numpy and scipy";
    const ScratchFolder scratch("component_fit");
    FitScene scene(10, 20);
    std::mt19937 random(12);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (std::size_t p = 0; p < 200; ++p) {
        scene.tile.arrival[p] = static_cast<float>(58 + 4 * uniform(random));
        scene.truth[p] = {100 + 400 * uniform(random), 50 + 200 * uniform(random), 300 + 1000 * uniform(random),
                          0.1 + uniform(random)};
    }
    scene.draw(6);
    std::string ignored;
    const ComponentFit::Coefficients c = run_trace_stage<ComponentFit>(*test_queue("cpu", ignored), scene.tile);
    std::ofstream file(scratch.path / "traces.txt");
    file.precision(9);
    for (std::size_t p = 0; p < 200; ++p) {
        const double arrival = static_cast<double>(scene.tile.arrival[p]);
        for (const Layer layer : {Layer::ballistic, Layer::ballistic_sigma, Layer::snake, Layer::diffuse})
            file << scene.layer(layer, p) << ' ';
        for (std::int64_t i = 0; i < 256; ++i) {
            file << reinterpret_cast<std::uint16_t*>(scene.tile.counts.data())[p * 256 + static_cast<std::size_t>(i)];
            for (std::int64_t j = 0; j < 3; ++j) {
                const auto at = [&](double x) {  // the stage's table of integrals
                    const double place = (x - static_cast<double>(c.table.first)) * curve_phases;
                    const std::int64_t size = c.table.bins * curve_phases + 1;
                    const auto m = static_cast<std::int64_t>(std::clamp(place, 0.0, static_cast<double>(size - 2)));
                    const double* v = c.table.cumulative + j * size + m;
                    return v[0] + std::clamp(place - static_cast<double>(m), 0.0, 1.0) * (v[1] - v[0]);
                };
                file << ' ' << at(static_cast<double>(i + 1) - arrival) - at(static_cast<double>(i) - arrival);
            }
            file << ' ';
        }
        file << '\n';
    }
    file.close();
    const std::string command = "'" + python() +
                                "' '" FIRSTLIGHT_SOURCE_DIR "/tests/kernels/gating/component_fit.py' '" +
                                (scratch.path / "traces.txt").string() + "'";
    const int status = std::system(command.c_str());
    if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "FIRSTLIGHT_PYTHON has no scipy";
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace firstlight
