#include "kernels/reconstruction/depth_map.hpp"

#include <cmath>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class DepthMapTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, DepthMapTest, all_backends(), backend_name);

constexpr double speed_of_light = 299'792'458.0;

struct Depths {
    std::vector<float> depth, sigma;
    std::vector<std::string> warnings;
};

Depths depths_of(Queue& queue, const Scan& scan, std::vector<float> arrival, std::vector<float> sigma,
                 const DepthMap::Params& params) {
    Keeper keep(queue);
    Depths out;
    StageContext context{scan, keep};
    context.warn = [&](const std::string& text) { out.warnings.push_back(text); };
    const DepthMap::Coefficients c = DepthMap::prepare(params, context);
    out.depth.assign(arrival.size(), poison);
    out.sigma.assign(arrival.size(), 5.0F);
    ImageTile tile;
    tile.rows = 1;
    tile.columns = static_cast<std::int64_t>(arrival.size());
    std::vector<QueueMemory> memory;
    const std::pair<Layer, std::vector<float>*> layers[] = {{Layer::arrival, &arrival},
                                                            {Layer::arrival_sigma, &sigma},
                                                            {Layer::depth, &out.depth},
                                                            {Layer::depth_sigma, &out.sigma}};
    for (const auto& [layer, values] : layers) {
        memory.emplace_back(queue, values->size() * 4);
        tile.layers[static_cast<int>(layer)] = memory.back().as<float>();
        if (!values->empty()) queue.upload(memory.back().as(), values->data(), values->size() * 4, 0);
    }
    run<DepthMap>(queue, tile, c, 0);
    for (const auto& [layer, values] : layers)
        if (!values->empty()) queue.download(values->data(), tile.layer(layer), values->size() * 4, 0);
    queue.synchronize(0);
    return out;
}

Scan reflection() {
    Scan scan;
    scan.name = "test scan";
    scan.path = LightPath::reflection;
    return scan;
}

TEST_P(DepthMapTest, is_half_the_way_of_light) {
    Scan scan = reflection();
    scan.medium.refractive_index = 1.33;
    scan.arrival_s = 2e-9;
    scan.standoff_m = 0.7;
    for (const std::size_t n : {0, 1, 31, 257}) {
        std::vector<float> arrival, sigma;
        for (std::size_t p = 0; p < n; ++p) {
            arrival.push_back(p % 7 == 3 ? poison : static_cast<float>(1e-9 + 1e-11 * static_cast<double>(p)));
            sigma.push_back(static_cast<float>(1e-12 * static_cast<double>(p)));
        }
        DepthMap::Params params;
        const auto expect = [&](double t0, double z0, double index, const Depths& found) {
            for (std::size_t p = 0; p < n; ++p) {
                if (p % 7 == 3) {
                    EXPECT_TRUE(std::isnan(found.depth[p]) && std::isnan(found.sigma[p]));
                    continue;
                }
                const double half = speed_of_light / (2 * index);
                EXPECT_NEAR(found.depth[p], z0 + half * (static_cast<double>(arrival[p]) - t0), 1e-7);
                EXPECT_NEAR(found.sigma[p], half * static_cast<double>(sigma[p]), 1e-9);
            }
        };
        expect(2e-9, 0.7, 1.33, depths_of(queue(), scan, arrival, sigma, params));
        params.reference = DepthMap::Reference::time_zero;
        expect(0, 0, 1.33, depths_of(queue(), scan, arrival, sigma, params));
        params.reference = DepthMap::Reference::given;
        params.reference_ps = 500;
        params.refractive_index = 1.5;
        expect(0.5e-9, 0, 1.5, depths_of(queue(), scan, arrival, sigma, params));
        scan.standoff_m.reset();
        params.reference = DepthMap::Reference::calibration;
        expect(2e-9, 0, 1.5, depths_of(queue(), scan, arrival, sigma, params));
        scan.standoff_m = 0.7;
    }
}

TEST(DepthMap, says_which_plane_it_took) {
    const auto queue = open_cpu_queue(1);
    Scan scan = reflection();
    scan.arrival_s = 1e-9;
    const Depths found = depths_of(*queue, scan, {2e-9F}, {0}, {});
    EXPECT_NEAR(found.depth[0], 0.2998, 1e-4);
    ASSERT_EQ(found.warnings.size(), 1U);
    EXPECT_NE(found.warnings[0].find("/entry/geometry/standoff"), std::string::npos);
}

TEST(DepthMap, refuses_light_that_goes_through) {
    const auto queue = open_cpu_queue(1);
    const auto message = [&](const Scan& scan, const DepthMap::Params& params) -> std::string {
        try {
            depths_of(*queue, scan, {1e-9F}, {0}, params);
        } catch (const Error& e) {
            return e.what();
        }
        return "";
    };
    Scan scan = reflection();
    DepthMap::Params params;
    params.reference = DepthMap::Reference::calibration;
    EXPECT_NE(message(scan, params).find("there is no /entry/calibration/arrival"), std::string::npos);
    scan.path = LightPath::transmission;
    EXPECT_NE(message(scan, {}).find("light path is transmission"), std::string::npos) << message(scan, {});
}

}  // namespace
}  // namespace firstlight
