// depth_map's smoothing, and what it does with the last surfaces.
#include "kernels/reconstruction/depth_tv.hpp"

#include <cmath>
#include <random>

#include "kernels/reconstruction/depth_map.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class DepthTvTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, DepthTvTest, all_backends(), backend_name);

constexpr double second = 2 / 299'792'458.0;  // by which light from 1 m farther comes later
constexpr double mm = 1e-3;

// Depths with their sigma in, smoothed depths out, m.
struct DepthImage {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> depth, sigma, last, last_sigma;
    std::vector<std::uint8_t> flags;
    std::map<std::string, double> found;

    DepthImage(std::int64_t image_rows, std::int64_t image_columns, double sigma_m = mm)
        : rows(image_rows),
          columns(image_columns),
          depth(static_cast<std::size_t>(rows * columns)),
          sigma(depth.size(), static_cast<float>(sigma_m)),
          flags(depth.size()) {}

    // strength < 0: automatic.
    void smooth(Queue& queue, double strength) {
        Scan scan;
        scan.name = "test scan";
        scan.path = LightPath::reflection;
        DepthMap::Params params;
        params.reference = DepthMap::Reference::given;
        params.refractive_index = 1;
        params.regularisation = DepthMap::Regularisation::tv;
        if (strength >= 0) {
            params.strength_choice = DepthMap::Strength::given;
            params.strength = strength;
        }
        Keeper keep(queue);
        StageContext context{.scan = scan, .keep = keep};
        context.found = &found;
        const DepthMap::Coefficients c = DepthMap::prepare(params, context);
        const auto in_seconds = [](std::vector<float> values) {
            for (float& v : values) v = static_cast<float>(static_cast<double>(v) * second);
            return values;
        };
        std::map<Layer, std::vector<float>> layers{{Layer::arrival, in_seconds(depth)},
                                                   {Layer::arrival_sigma, in_seconds(sigma)},
                                                   {Layer::depth, std::vector<float>(depth.size(), poison)},
                                                   {Layer::depth_sigma, std::vector<float>(depth.size(), poison)}};
        if (!last.empty()) {
            layers[Layer::arrival_last] = in_seconds(last);
            layers[Layer::arrival_last_sigma] = in_seconds(last_sigma);
            layers[Layer::depth_last] = layers[Layer::depth_last_sigma] = std::vector<float>(last.size(), poison);
        }
        ImageTile tile;
        tile.rows = rows;
        tile.columns = columns;
        std::vector<QueueMemory> memory;
        const auto put = [&](const void* from, std::size_t bytes) {
            memory.emplace_back(queue, bytes);
            if (bytes > 0) queue.upload(memory.back().as(), from, bytes, 0);
            return memory.back().as();
        };
        for (auto& [layer, values] : layers)
            tile.layers[static_cast<int>(layer)] = static_cast<float*>(put(values.data(), 4 * values.size()));
        tile.flags = static_cast<std::uint8_t*>(put(flags.data(), flags.size()));
        run<DepthMap>(queue, tile, c, 0);
        for (auto& [layer, values] : layers)
            if (!values.empty()) queue.download(values.data(), tile.layer(layer), 4 * values.size(), 0);
        queue.synchronize(0);
        depth = layers[Layer::depth];
        sigma = layers[Layer::depth_sigma];
        if (last.empty()) return;
        last = layers[Layer::depth_last];
        last_sigma = layers[Layer::depth_last_sigma];
    }
    void expect(const std::vector<double>& in_mm, double within) const {
        ASSERT_EQ(depth.size(), in_mm.size());
        for (std::size_t i = 0; i < in_mm.size(); ++i)
            EXPECT_NEAR(static_cast<double>(depth[i]) / mm, in_mm[i], within) << i;
    }
};

DepthImage row_of(const std::vector<double>& in_mm, bool as_column = false) {
    const auto n = static_cast<std::int64_t>(in_mm.size());
    DepthImage image(as_column ? n : 1, as_column ? 1 : n);
    for (std::size_t i = 0; i < in_mm.size(); ++i) image.depth[i] = static_cast<float>(in_mm[i] * mm);
    return image;
}

// Each level of two pixels gives way until 2 e = lambda.
TEST_P(DepthTvTest, levels_move_towards_each_other_by_lambda_over_their_pixels) {
    for (const bool as_column : {false, true}) {
        DepthImage image = row_of({0, 0, 6, 6}, as_column);
        image.smooth(queue(), 1);
        image.expect({0.5, 0.5, 5.5, 5.5}, 0.01);
        EXPECT_NEAR(image.sigma[0] / mm, 1, 1e-5) << "sigma stays that of the measured depths";
    }
}

// An outlier pulls with k at most: below k / 2 the edges around it hold, above they give.
TEST_P(DepthTvTest, an_outlier_goes_to_its_neighbours_or_stays) {
    DepthImage strong = row_of({0, 0, 0, 0, 100, 0, 0, 0, 0});
    strong.smooth(queue(), 1);
    strong.expect(std::vector<double>(9, 1.345 / 8), 0.02);
    DepthImage weak = row_of({0, 0, 0, 0, 100, 0, 0, 0, 0});
    weak.smooth(queue(), 0.3);
    weak.expect({0.075, 0.075, 0.075, 0.075, 99.4, 0.075, 0.075, 0.075, 0.075}, 0.02);
}

TEST_P(DepthTvTest, nothing_crosses_pixels_without_a_depth) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    DepthImage image = row_of({1, 3, none, 9, 7});
    image.smooth(queue(), 1000);
    EXPECT_TRUE(std::isnan(image.depth[2]));
    image.depth[2] = 0;
    image.expect({2, 2, 0, 8, 8}, 0.01);
    DepthImage masked = row_of({1, 3, 50, 9, 7});
    masked.flags[2] = hot;
    masked.smooth(queue(), 1000);
    masked.expect({2, 2, 50, 8, 8}, 0.01);
}

// A step of 10 sigma with 3 % outliers, and sigma that differs between pixels.
DepthImage noisy_step(std::int64_t rows, std::int64_t columns, unsigned seed) {
    DepthImage image(rows, columns);
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
        const auto p = static_cast<std::size_t>(i);
        const double sigma = (0.5 + uniform(random)) * mm;
        const double at = 2 * (i % columns) < columns && columns > 1 ? 0.60 : 0.61;
        image.sigma[p] = static_cast<float>(sigma);
        image.depth[p] = static_cast<float>(uniform(random) < 0.03 ? uniform(random) : at + sigma * normal(random));
    }
    return image;
}

TEST_P(DepthTvTest, chooses_the_strength_that_sigma_asks_for) {
    for (const auto& [rows, columns] : {std::pair{48, 37}, std::pair{1, 800}, std::pair{800, 1}}) {
        DepthImage image = noisy_step(rows, columns, 3);
        const DepthImage measured = image;
        image.smooth(queue(), -1);
        EXPECT_NEAR(image.found.at("tv_spread"), 0.8, 0.021) << rows << " x " << columns;
        double before = 0, after = 0, far = 0, n = 0;
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto p = static_cast<std::size_t>(i);
            const double at = 2 * (i % columns) < columns && columns > 1 ? 0.60 : 0.61;
            const double was = static_cast<double>(measured.depth[p]) - at;
            const double is = static_cast<double>(image.depth[p]) - at;
            far += std::abs(is) > 0.01 ? 1 : 0;
            if (std::abs(was) > 0.005) continue;
            before += was * was;
            after += is * is;
            ++n;
        }
        EXPECT_LT(std::sqrt(after / n), 0.6 * std::sqrt(before / n)) << rows << " x " << columns;
        if (rows > 1 && columns > 1) {
            EXPECT_LT(far / static_cast<double>(rows * columns), 0.4 * 0.03) << "most outliers go";
        }
    }
}

TEST_P(DepthTvTest, smooths_last_surfaces_by_themselves) {
    DepthImage image = row_of({0, 0, 6, 6});
    image.last = {0.1F, 0.1F, 0.102F, 0.102F};
    image.last_sigma = image.sigma;
    image.smooth(queue(), 1);
    image.expect({0.5, 0.5, 5.5, 5.5}, 0.01);
    EXPECT_NEAR(image.last[0] / mm, 100.5, 0.01);
    EXPECT_NEAR(image.last[3] / mm, 101.5, 0.01);
    EXPECT_EQ(image.found.count("tv_last_strength"), 1U);
}

TEST_P(DepthTvTest, gives_the_bits_of_the_cpu_for_any_number_of_threads) {
    for (const auto& [rows, columns] : {std::pair{0, 0}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1},
                                        std::pair{33, 41}, std::pair{200, 300}})
        for (const double strength : {-1.0, 0.7}) {
            if (rows == 200 && strength < 0) continue;
            DepthImage here = noisy_step(rows, columns, 8);
            if (rows * columns > 500) here.depth[77] = poison;
            DepthImage plain = here;
            std::string why_not;
            with_threads(1, [&] { plain.smooth(*test_queue("cpu", why_not), strength); });
            with_threads(4, [&] { here.smooth(queue(), strength); });
            for (std::size_t p = 0; p < here.depth.size(); ++p)
                EXPECT_TRUE(here.depth[p] == plain.depth[p] ||
                            (std::isnan(here.depth[p]) && std::isnan(plain.depth[p])))
                    << p;
            EXPECT_EQ(here.found, plain.found);
        }
}

}  // namespace
}  // namespace firstlight
