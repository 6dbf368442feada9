#include "kernels/reconstruction/attenuation.hpp"

#include <cmath>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class AttenuationTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, AttenuationTest, all_backends(), backend_name);

struct Images {
    std::vector<float> ballistic, sigma, reference, reference_sigma;
    std::vector<float> depth, depth_sigma, limit;
    std::vector<std::string> warnings;
    Scan scan;

    explicit Images(std::int64_t columns) {
        scan.name = "test scan";
        scan.rows = 1;
        scan.columns = columns;
        scan.pulses = {1e6};
        scan.reference_pulses = {2e5};
        scan.filter_transmission = 0.1;
        const auto n = static_cast<std::size_t>(columns);
        depth = depth_sigma = limit = std::vector<float>(n, 1e30F);
        ballistic.assign(n, 300);
        sigma.assign(n, 17.3F);
        reference.assign(n, 3000);
        reference_sigma.assign(n, 54.8F);
    }
    void run_on(Queue& queue, const Attenuation::Params& params, bool with_reference = true,
                std::map<std::string, double> shared = {}) {
        Keeper keep(queue);
        StageContext context{scan, keep};
        ImageTile reference_tile;
        reference_tile.rows = 1;
        reference_tile.columns = scan.columns;
        reference_tile.layers[static_cast<int>(Layer::ballistic)] = reference.data();
        reference_tile.layers[static_cast<int>(Layer::ballistic_sigma)] = reference_sigma.data();
        if (with_reference) context.reference_images = &reference_tile;
        context.shared = &shared;
        context.warn = [&](const std::string& text) { warnings.push_back(text); };
        const auto c = Attenuation::prepare(params, context);
        ImageTile tile;
        tile.rows = 1;
        tile.columns = scan.columns;
        std::vector<QueueMemory> memory;
        const std::vector<std::pair<Layer, std::vector<float>*>> moved{
            {Layer::ballistic, &ballistic}, {Layer::ballistic_sigma, &sigma}, {Layer::optical_depth, &depth},
            {Layer::optical_depth_sigma, &depth_sigma}, {Layer::optical_depth_upper_limit, &limit}};
        for (const auto& m : moved) {
            memory.emplace_back(queue, m.second->size() * 4);
            queue.upload(memory.back().as(), m.second->data(), memory.back().bytes(), 0);
            tile.layers[static_cast<int>(m.first)] = memory.back().as<float>();
        }
        run<Attenuation>(queue, tile, c, 0);
        for (const auto& m : moved) queue.download(m.second->data(), tile.layer(m.first), m.second->size() * 4, 0);
        queue.synchronize(0);
    }
};

TEST_P(AttenuationTest, beer_lambert_with_error) {
    for (const std::int64_t n : {1, 31, 257}) {
        Images images(n);
        images.run_on(queue(), {});
        for (std::size_t p = 0; p < images.depth.size(); ++p) {
            EXPECT_NEAR(images.depth[p], -std::log(300 / 1e6 * 0.1 / (3000 / 2e5)), 1e-5);
            EXPECT_NEAR(images.depth_sigma[p], std::hypot(17.3 / 300, 54.8 / 3000), 1e-5);
            EXPECT_TRUE(std::isnan(images.limit[p]));
        }
    }
}

TEST_P(AttenuationTest, what_was_not_detected_gets_a_limit) {
    Images images(4);
    images.ballistic = {10, 0, -5, NAN};
    images.sigma = {5, 0, 4, NAN};
    images.run_on(queue(), {});
    const double full = 3000 / 2e5 * 1e6 / 0.1;
    EXPECT_NEAR(images.limit[0], std::log(full / (10 + 1.644854 * 5)), 1e-4);
    EXPECT_NEAR(images.limit[1], std::log(full / 2.995732), 1e-4);  // no counts: -ln 0.05
    EXPECT_NEAR(images.limit[2], std::log(full / (1.644854 * 4)), 1e-4);
    EXPECT_TRUE(std::isnan(images.limit[3]));
    for (const float depth : images.depth) EXPECT_TRUE(std::isnan(depth));
    images.run_on(queue(), {.detection_sigma = 1.5});
    EXPECT_NEAR(images.depth[0], std::log(full / 10), 1e-4);
}

TEST_P(AttenuationTest, gates_and_exposures_are_accounted_for) {
    Images images(1);
    images.run_on(queue(), {}, true, {{"gate_share", 0.4}, {"reference.gate_share", 0.8}});
    EXPECT_NEAR(images.depth[0], -std::log(300 / 0.4 / 1e6 * 0.1 / (3000 / 0.8 / 2e5)), 1e-5);
    images.run_on(queue(), {.exposure = Attenuation::Exposure::equal});
    EXPECT_NEAR(images.depth[0], -std::log(300 * 0.1 / 3000.0), 1e-5);
    images.reference_sigma = {2000};  // the reference itself saw nothing
    images.run_on(queue(), {});
    EXPECT_TRUE(std::isnan(images.depth[0]) && std::isnan(images.limit[0]));
}

TEST(Attenuation, says_what_is_missing) {
    const auto queue = open_cpu_queue(1);
    Images images(2);
    images.run_on(*queue, {}, false);
    EXPECT_TRUE(std::isnan(images.depth[0]));
    EXPECT_EQ(images.warnings.size(), 1U);
    EXPECT_THROW(images.run_on(*queue, {.reference = Attenuation::Reference::required}, false), Error);
    images.scan.pulses.clear();
    EXPECT_THROW(images.run_on(*queue, {}), Error);
}

}  // namespace
}  // namespace firstlight
