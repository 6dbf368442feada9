#include "kernels/reconstruction/attenuation.hpp"

#include <random>

#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

class AttenuationTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, AttenuationTest, all_backends(), backend_name);

// Gated images of a scan and of its reference; outputs start poisoned.
struct Images {
    Images(std::int64_t rows, std::int64_t columns) : image_rows(rows), image_columns(columns) {
        scan.name = "test scan";
        scan.rows = rows;
        scan.columns = columns;
        scan.pulses = {1e6};
        scan.reference_pulses = {1e6};
        const auto n = static_cast<std::size_t>(rows * columns);
        for (const Layer layer : {Layer::ballistic, Layer::ballistic_sigma, Layer::background, Layer::optical_depth,
                                  Layer::optical_depth_sigma, Layer::optical_depth_upper_limit}) {
            layers[layer].assign(n, 12345.0F);
            reference[layer].assign(n, poison);
        }
        layers[Layer::background].assign(n, 0.0F);
    }
    void set(std::size_t p, double s, double s_sigma, double r, double r_sigma) {
        layers[Layer::ballistic][p] = static_cast<float>(s);
        layers[Layer::ballistic_sigma][p] = static_cast<float>(s_sigma);
        reference[Layer::ballistic][p] = static_cast<float>(r);
        reference[Layer::ballistic_sigma][p] = static_cast<float>(r_sigma);
    }
    ImageTile tile(std::map<Layer, std::vector<float>>& of) const {
        ImageTile t;
        t.rows = image_rows;
        t.columns = image_columns;
        for (auto& [layer, values] : of) t.layers[static_cast<int>(layer)] = values.data();
        return t;
    }
    void run_on(Queue& queue, const Attenuation::Params& params = {}) {
        Keeper keep(queue);
        const ImageTile reference_tile = tile(reference);
        StageContext context{scan, keep};
        context.reference_images = with_reference ? &reference_tile : nullptr;
        context.shared = &shared;
        context.warn = [&](const std::string& text) { warnings.push_back(text); };
        const Attenuation::Coefficients c = Attenuation::prepare(params, context);
        ImageTile moved = tile(layers);
        std::vector<QueueMemory> memory;
        for (auto& [layer, values] : layers) {
            memory.emplace_back(queue, values.size() * 4);
            moved.layers[static_cast<int>(layer)] = memory.back().as<float>();
            if (!values.empty()) queue.upload(memory.back().as(), values.data(), values.size() * 4, 0);
        }
        run<Attenuation>(queue, moved, c, 0);
        for (auto& [layer, values] : layers)
            if (!values.empty()) queue.download(values.data(), moved.layer(layer), values.size() * 4, 0);
        queue.synchronize(0);
    }
    [[nodiscard]] float depth(std::size_t p) const { return layers.at(Layer::optical_depth)[p]; }
    [[nodiscard]] float sigma(std::size_t p) const { return layers.at(Layer::optical_depth_sigma)[p]; }
    [[nodiscard]] float limit(std::size_t p) const { return layers.at(Layer::optical_depth_upper_limit)[p]; }

    Scan scan;
    std::int64_t image_rows, image_columns;
    std::map<Layer, std::vector<float>> layers, reference;
    std::map<std::string, double> shared;
    std::vector<std::string> warnings;
    bool with_reference = true;
};

TEST_P(AttenuationTest, logarithm_of_counts_per_pulse) {
    for (const auto& [rows, columns] :
         {std::pair{0, 4}, std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{5, 7}}) {
        Images images(rows, columns);
        images.scan.pulses = {4e6};
        images.scan.filter_transmission = 0.01;
        images.shared = {{"gate_share", 0.6}, {"reference.gate_share", 0.8}};
        const auto n = static_cast<std::size_t>(rows * columns);
        for (std::size_t p = 0; p < n; ++p) images.set(p, 100 + static_cast<double>(p), 10, 10000, 50);
        images.run_on(queue());
        for (std::size_t p = 0; p < n; ++p) {
            const double s = 100 + static_cast<double>(p);
            EXPECT_FLOAT_EQ(images.depth(p), static_cast<float>(-std::log(s / 4 / 0.6 * 0.01 / (10000 / 0.8))));
            EXPECT_FLOAT_EQ(images.sigma(p), static_cast<float>(std::sqrt(100 / (s * s) + 0.25e-4)));
            EXPECT_TRUE(std::isnan(images.limit(p)));
        }
    }
}

TEST_P(AttenuationTest, scattered_light_widens_the_error_by_its_logarithm) {
    Images images(4, 5);
    for (std::size_t p = 0; p < 20; ++p) images.set(p, 100, 10, 1000, 0);
    images.layers[Layer::purity].assign(20, 0.9F);
    images.layers[Layer::purity][7] = std::nanf("");  // y 1, x 2: no estimate of its own
    images.layers[Layer::purity][0] = 0.5F;
    images.set(0, 300, 10, 1000, 0);
    Attenuation::Params params;
    params.scatter_radius_px = 1;
    images.run_on(queue(), params);
    const auto with = [](double counts, double share) {
        return static_cast<float>(std::sqrt(100 / (counts * counts) + std::log(share) * std::log(share)));
    };
    EXPECT_NEAR(images.sigma(19), with(100, 0.9), 1e-7);
    EXPECT_NEAR(images.sigma(7), with(100, 0.9), 1e-7);  // its neighbours know
    // Pixel 0 has four pixels at the corner of the image: 300 counts of purity 0.5 and 3 x 100 of 0.9.
    EXPECT_NEAR(images.sigma(0), with(300, (150 + 270) / 600.0), 1e-7);
    EXPECT_NEAR(images.sigma(6), with(100, (150 + 7 * 90) / 1000.0), 1e-7);  // pixel 7 has no say
    EXPECT_NEAR(images.depth(0), -std::log(0.3), 1e-6);                      // the value itself is left alone
    params.scattered = Attenuation::Scattered::ignored;
    images.run_on(queue(), params);
    EXPECT_NEAR(images.sigma(19), 0.1F, 1e-7);
}

TEST_P(AttenuationTest, limits_where_nothing_is_detected) {
    Images images(2, 3);
    images.set(0, 0, 0, 1000, 10);     // no counts at all: 3.0 counts at 95 %
    images.set(1, -20, 10, 1000, 10);  // less than nothing: 1.645 sigma
    images.set(2, 15, 10, 1000, 10);
    images.set(3, 31, 10, 1000, 10);  // just detected
    images.set(4, 50, 5, 20, 10);     // reference not detected
    images.set(5, std::nan(""), std::nan(""), 1000, 10);
    images.layers[Layer::background][1] = 399;  // sigma is at least sqrt(400)
    images.run_on(queue());
    EXPECT_NEAR(images.limit(0), std::log(1000 / 2.995732), 1e-5);
    EXPECT_NEAR(images.limit(1), std::log(1000 / 32.89707), 1e-5);
    EXPECT_NEAR(images.limit(2), std::log(1000 / (15 + 16.448536)), 1e-5);
    for (std::size_t p : {0U, 1U, 2U, 4U, 5U}) EXPECT_TRUE(std::isnan(images.depth(p)) && std::isnan(images.sigma(p)));
    for (std::size_t p : {3U, 4U, 5U}) EXPECT_TRUE(std::isnan(images.limit(p)));
    EXPECT_NEAR(images.depth(3), std::log(1000.0 / 31), 1e-6);
    Attenuation::Params params;
    params.confidence = 0.99;
    params.detection_sigma = 1;
    images.run_on(queue(), params);
    EXPECT_NEAR(images.limit(0), std::log(1000 / 4.60517), 1e-5);
    EXPECT_NEAR(images.depth(2), std::log(1000.0 / 15), 1e-6);
}

// The same relative error everywhere: the stated deviation is that of many draws, the limit holds in 95 % of them.
TEST_P(AttenuationTest, states_the_right_deviation_and_coverage) {
    constexpr std::size_t n = 4000;
    Images images(50, 80);
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    for (std::size_t p = 0; p < n; ++p) images.set(p, 400 + 20 * normal(random), 20, 1e5 + 2e3 * normal(random), 2e3);
    images.run_on(queue());
    double mean = 0, square = 0;
    for (std::size_t p = 0; p < n; ++p) mean += images.depth(p) / static_cast<double>(n);
    for (std::size_t p = 0; p < n; ++p) square += std::pow(images.depth(p) - mean, 2) / static_cast<double>(n);
    const double stated = 0.05 * 0.05 + 0.02 * 0.02;
    EXPECT_NEAR(mean, std::log(250.0), 3 * std::sqrt(stated / n) + stated);
    EXPECT_NEAR(square / stated, 1, 0.1);
    for (std::size_t p = 0; p < n; ++p) images.set(p, 20 + 20 * normal(random), 20, 1e5, 1);
    images.run_on(queue());
    std::size_t limits = 0, hold = 0;
    for (std::size_t p = 0; p < n; ++p)
        if (!std::isnan(images.limit(p))) {
            ++limits;
            if (images.limit(p) <= std::log(1e5 / 20)) ++hold;
        }
    EXPECT_GT(limits, 3800U);
    EXPECT_GE(static_cast<double>(hold) / static_cast<double>(limits), 0.94);
}

TEST_P(AttenuationTest, without_reference_there_are_no_depths_and_a_warning) {
    Images images(3, 3);
    images.with_reference = false;
    images.run_on(queue());
    EXPECT_TRUE(std::isnan(images.depth(8)) && std::isnan(images.sigma(8)) && std::isnan(images.limit(8)));
    EXPECT_EQ(images.warnings.size(), 1U);
    Attenuation::Params params;
    params.reference = Attenuation::Reference::required;
    EXPECT_THROW(images.run_on(queue(), params), Error);
}

TEST(Attenuation, a_dark_reference_is_not_silent) {
    const auto queue = open_cpu_queue(1);
    Images images(2, 2);
    for (std::size_t p = 0; p < 4; ++p) images.set(p, 100, 10, 0, 0);
    images.run_on(*queue);
    EXPECT_TRUE(std::isnan(images.depth(0)) && std::isnan(images.limit(0)));
    ASSERT_EQ(images.warnings.size(), 1U);
    EXPECT_NE(images.warnings[0].find("no pixel of the reference has light"), std::string::npos) << images.warnings[0];
    EXPECT_NE(images.warnings[0].find("check /entry/reference/counts"), std::string::npos);
    Attenuation::Params params;
    params.reference = Attenuation::Reference::required;
    EXPECT_THROW(images.run_on(*queue, params), Error);
    images.set(2, 100, 10, 50, 5);  // one is enough to go on
    images.run_on(*queue, params);
    EXPECT_FALSE(std::isnan(images.depth(2)));
}

TEST(Attenuation, pulses_must_be_known_unless_stated_as_equal) {
    const auto queue = open_cpu_queue(1);
    Images images(1, 2);
    images.set(0, 100, 10, 50, 5);
    images.set(1, 100, 10, 50, 5);
    images.scan.reference_pulses.clear();
    try {
        images.run_on(*queue);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("/entry/reference/pulses"), std::string::npos) << e.what();
    }
    Attenuation::Params params;
    params.exposure = Attenuation::Exposure::equal;
    images.run_on(*queue, params);
    EXPECT_NEAR(images.depth(0), -std::log(2.0), 1e-6);
    EXPECT_NE(Attenuation::remark(images.tile(images.layers)).find("2 of 2"), std::string::npos);
    images.set(0, 10, 1, 50, 5);
    images.set(1, 10, 1, 50, 5);
    images.run_on(*queue, params);
    EXPECT_EQ(Attenuation::remark(images.tile(images.layers)), "");
    images.scan.columns = 1;
    EXPECT_THROW(images.run_on(*queue, params), Error);
}

}  // namespace
}  // namespace firstlight
