#include "kernels/reconstruction/poisson_tv.hpp"

#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "kernels/support/parallel_for.hpp"
#include "tests/support/stage_test.hpp"

namespace firstlight {
namespace {

using Values = std::vector<float>;
using Params = PoissonTv::Params;

Params with_lambda(double lambda, std::int64_t iterations = 20000, double tolerance = 1e-6) {
    Params p;
    p.lambda_choice = PoissonTv::Choice::given;
    p.lambda = lambda;
    p.iterations = iterations;
    p.tolerance = tolerance;
    return p;
}

// The layers of an image whose counts are Poisson: value = counts - background, sigma^2 = counts.
struct Image {
    Image(std::int64_t rows_, std::int64_t columns_, const Values& counts, float background = 0)
        : rows(rows_),
          columns(columns_),
          flags(counts.size(), 0),
          background_layer(counts.size(), background),
          purity(counts.size(), 0.5F),
          snr(counts.size(), poison) {
        for (const float n : counts) {
            ballistic.push_back(n - background);
            sigma.push_back(std::sqrt(n));
        }
    }
    void denoise(Queue& queue, const Params& params) {
        Keeper keep(queue);
        Scan scan;
        StageContext context{.scan = scan, .keep = keep};
        context.warn = [&](const std::string& text) { warnings.push_back(text); };
        context.found = &found;
        const PoissonTv::Coefficients c = PoissonTv::prepare(params, context);
        std::vector<QueueMemory> memory;
        const auto put = [&](const void* from, std::size_t bytes) -> void* {
            memory.emplace_back(queue, bytes);
            if (bytes > 0) queue.upload(memory.back().as(), from, bytes, 0);
            queue.synchronize(0);
            return memory.back().as();
        };
        const std::size_t n = flags.size();
        ImageTile tile;
        tile.rows = rows;
        tile.columns = columns;
        tile.flags = static_cast<std::uint8_t*>(put(flags.data(), n));
        std::vector<std::pair<Layer, Values*>> layers{{Layer::ballistic, &ballistic},
                                                      {Layer::ballistic_sigma, &sigma},
                                                      {Layer::background, &background_layer},
                                                      {Layer::purity, &purity},
                                                      {Layer::snr, &snr}};
        if (background_layer.empty()) layers.erase(layers.begin() + 2);
        for (const auto& [layer, values] : layers)
            tile.layers[static_cast<int>(layer)] = static_cast<float*>(put(values->data(), 4 * n));
        run<PoissonTv>(queue, tile, c, 0);
        if (n == 0) return;
        for (const auto& [layer, values] : layers) queue.download(values->data(), tile.layer(layer), 4 * n, 0);
        queue.download(flags.data(), tile.flags, n, 0);
        queue.synchronize(0);
    }
    std::int64_t rows, columns;
    std::vector<std::uint8_t> flags;
    Values ballistic, sigma, background_layer, purity, snr;
    std::map<std::string, double> found;
    std::vector<std::string> warnings;
};

// A disk of `high` on `low`, with a bar half-way between them: what Poisson draws of it, and the means.
struct Phantom {
    Phantom(std::int64_t rows, std::int64_t columns, double low, double high, double background, unsigned seed = 5) {
        std::mt19937 random(seed);
        for (std::int64_t y = 0; y < rows; ++y)
            for (std::int64_t x = 0; x < columns; ++x) {
                const double v = static_cast<double>(y) - static_cast<double>(rows) / 2;
                const double u = static_cast<double>(x) - static_cast<double>(columns) / 2;
                double level = std::hypot(u, v) < 0.3 * static_cast<double>(std::min(rows, columns)) ? high : low;
                if (u > 0 && u < 6) level = (low + high) / 2;
                mean.push_back(static_cast<float>(level));
                counts.push_back(static_cast<float>(std::poisson_distribution<int>(level + background)(random)));
            }
    }
    Values mean, counts;
};

double squared_error(const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    return sum;
}

double correlation(const Values& a, const Values& b) {
    const double n = static_cast<double>(a.size());
    const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
                 mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
    double aa = 0, bb = 0, ab = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double da = static_cast<double>(a[i]) - mean_a, db = static_cast<double>(b[i]) - mean_b;
        aa += da * da;
        bb += db * db;
        ab += da * db;
    }
    return ab / std::sqrt(aa * bb);
}

class PoissonTvTest : public StageTest {};
INSTANTIATE_TEST_SUITE_P(, PoissonTvTest, all_backends(), backend_name);

// Two levels a < b of n and m pixels in a row: n (1 - a / u) = lambda and m (1 - b / w) = -lambda.
TEST_P(PoissonTvTest, two_levels_move_by_lambda_over_their_size) {
    Image image(1, 7, {8, 8, 8, 20, 20, 20, 20});
    image.denoise(queue(), with_lambda(0.75));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(image.ballistic[i], 8 / (1 - 0.75 / 3), 2e-3);
    for (std::size_t i = 3; i < 7; ++i) EXPECT_NEAR(image.ballistic[i], 20 / (1 + 0.75 / 4), 2e-3);
    EXPECT_EQ(image.found.at("lambda"), 0.75);
    EXPECT_TRUE(image.warnings.empty());
}

// The same where the counts lie on a background, which is part of what is Poisson: u + b takes the place of u.
TEST_P(PoissonTvTest, background_belongs_to_the_counts) {
    Image image(5, 1, {9, 9, 30, 30, 30}, 6);
    image.denoise(queue(), with_lambda(0.5));
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(image.ballistic[i], 9 / (1 - 0.5 / 2) - 6, 2e-3);
    for (std::size_t i = 2; i < 5; ++i) EXPECT_NEAR(image.ballistic[i], 30 / (1 + 0.5 / 3) - 6, 2e-3);
}

// A long bar across: each of its n x m pixels sees 2 n lambda of edge against m n pixels.
TEST_P(PoissonTvTest, areas_move_by_perimeter_over_area) {
    constexpr std::int64_t rows = 6, columns = 12;
    Values counts;
    for (std::int64_t i = 0; i < rows * columns; ++i)
        counts.push_back(i % columns >= 4 && i % columns < 8 ? 40.0F : 10.0F);
    Image image(rows, columns, counts);
    image.denoise(queue(), with_lambda(0.4));
    EXPECT_NEAR(image.ballistic[3 * columns + 5], 40 / (1 + 2 * 0.4 / 4), 5e-3);
    EXPECT_NEAR(image.ballistic[3 * columns + 1], 10 / (1 - 0.4 / 4), 5e-3);
}

TEST_P(PoissonTvTest, from_what_was_measured_to_its_mean) {
    const Phantom phantom(9, 13, 2, 12, 3);
    Image nothing(9, 13, phantom.counts, 3);
    const Values before = nothing.ballistic;
    nothing.denoise(queue(), with_lambda(0));
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_NEAR(nothing.ballistic[i], before[i], 1e-5 * (before[i] + 3));

    const Values counts{1, 3, 0, 2, 9, 7, 4, 12, 8, 2, 3, 5};
    Image all(3, 4, counts);
    all.denoise(queue(), with_lambda(20, 3000));
    for (const float v : all.ballistic) EXPECT_NEAR(v, 56.0 / 12, 1e-3);
}

// In units of a tenth of a count, sigma^2 is ten times the value; a lambda in effective counts does not notice.
TEST_P(PoissonTvTest, unit_of_the_image_does_not_matter) {
    const Phantom phantom(16, 16, 4, 20, 2);
    Image counts(16, 16, phantom.counts, 2), tenths(16, 16, phantom.counts, 2);
    for (std::size_t i = 0; i < phantom.counts.size(); ++i) {
        tenths.ballistic[i] *= 10;
        tenths.sigma[i] *= 10;
        tenths.background_layer[i] *= 10;
    }
    counts.denoise(queue(), with_lambda(0.3, 200, 0));
    tenths.denoise(queue(), with_lambda(0.3, 200, 0));
    for (std::size_t i = 0; i < phantom.counts.size(); ++i)
        EXPECT_NEAR(tenths.ballistic[i], 10 * counts.ballistic[i], 1e-3);
}

// A masked column and a pixel without value between two levels: filled from what they touch, whatever they held.
TEST_P(PoissonTvTest, pixels_without_data_are_filled) {
    Image image(6, 6, Values(36, 25.0F));
    for (std::size_t y = 0; y < 6; ++y) {
        image.ballistic[6 * y + 3] = y == 0 ? poison : 1e6F;
        image.sigma[6 * y + 3] = y == 1 ? poison : 1;
        image.flags[6 * y + 3] = y < 1 ? 0 : hot;
    }
    const Values sigma = image.sigma;
    const auto flags = image.flags;
    image.denoise(queue(), with_lambda(0.2));
    for (const float v : image.ballistic) EXPECT_NEAR(v, 25, 0.02);
    EXPECT_EQ(std::memcmp(image.sigma.data(), sigma.data(), 4 * sigma.size()), 0);
    EXPECT_EQ(image.flags, flags);
    for (const float v : image.purity) EXPECT_EQ(v, 0.5F);
    EXPECT_NEAR(image.snr[0], 5, 0.01);
    EXPECT_TRUE(std::isnan(image.snr[9]));  // no sigma: the snr of its measurement stays
}

TEST_P(PoissonTvTest, without_data_nothing_happens) {
    Image image(3, 4, Values(12, 7.0F));
    image.flags.assign(12, dead);
    const Values before = image.ballistic;
    image.denoise(queue(), {});
    EXPECT_EQ(image.ballistic, before);
    Image dark(3, 4, Values(12, 0.0F));
    dark.denoise(queue(), {});
    for (const float v : dark.ballistic) EXPECT_EQ(v, 0);
    Image(0, 0, {}).denoise(queue(), {});
}

// Deviance computed here, in double and from the image alone; its mean from 20,000 draws at each level.
TEST_P(PoissonTvTest, automatic_lambda_gives_the_deviance_of_poisson_counts) {
    for (const auto& [low, high] : {std::pair{0.3, 4.0}, std::pair{20.0, 90.0}}) {
        const Phantom phantom(48, 40, low, high, 0.5);
        Image image(48, 40, phantom.counts, 0.5F);
        Params params;
        params.iterations = 300;
        image.denoise(queue(), params);
        std::mt19937 random(8);
        std::map<int, double> expected;  // by mean in hundredths
        const auto deviance = [](double n, double mean) {
            return 2 * ((n > 0 ? n * std::log(n / mean) : 0) - n + mean);
        };
        double found = 0, usual = 0;
        for (std::size_t i = 0; i < phantom.counts.size(); ++i) {
            const double mean = static_cast<double>(image.ballistic[i]) + 0.5;
            found += deviance(static_cast<double>(phantom.counts[i]), mean);
            const int level = static_cast<int>(mean * (mean < 5 ? 20 : 0.2));
            auto& average = expected.try_emplace(mean < 5 ? level : -level, 0.0).first->second;
            if (average == 0) {
                std::poisson_distribution<int> draw(mean);
                for (int k = 0; k < 20000; ++k) average += deviance(draw(random), mean) / 20000;
            }
            usual += average;
        }
        EXPECT_NEAR(found / usual, 1, 0.05) << high;
        EXPECT_NEAR(image.found.at("deviance"), found / usual, 0.02);
        EXPECT_GT(image.found.at("lambda"), 0);
    }
}

TEST_P(PoissonTvTest, phantom_of_few_photons_comes_nearer_to_the_truth) {
    const Phantom phantom(40, 40, 0.3, 4, 0.5);
    Image image(40, 40, phantom.counts, 0.5F);
    const Values before = image.ballistic;
    Params params;
    params.iterations = 200;
    image.denoise(queue(), params);
    EXPECT_GT(10 * std::log10(squared_error(before, phantom.mean) / squared_error(image.ballistic, phantom.mean)), 7);
    EXPECT_LT(correlation(before, phantom.mean), 0.85);
    EXPECT_GT(correlation(image.ballistic, phantom.mean), 0.93);
}

TEST_P(PoissonTvTest, says_when_it_was_not_finished_or_found_a_constant) {
    const Phantom phantom(20, 20, 2, 30, 1);
    Image image(20, 20, phantom.counts, 1);
    image.denoise(queue(), with_lambda(0.5, 3));
    ASSERT_EQ(image.warnings.size(), 1U);
    EXPECT_NE(image.warnings[0].find("still moved after the last step"), std::string::npos);

    Image plain(16, 16, Phantom(16, 16, 9, 9, 0).counts);
    Params params;
    params.deviance = 3;  // more than even a constant has
    plain.denoise(queue(), params);
    ASSERT_EQ(plain.warnings.size(), 1U);
    EXPECT_NE(plain.warnings[0].find("compatible with one value"), std::string::npos);
    const auto [low, high] = std::minmax_element(plain.ballistic.begin(), plain.ballistic.end());
    EXPECT_LT(*high - *low, 0.05);
}

// Sizes around those of blocks and warps, holes, every layer poisoned where there is no data.
TEST_P(PoissonTvTest, bits_are_those_of_the_cpu) {
    const auto cpu = open_cpu_queue(1);
    std::mt19937 random(9);
    for (const auto& [rows, columns] : {std::pair{1, 1}, std::pair{1, 31}, std::pair{257, 1}, std::pair{19, 33}}) {
        const Phantom phantom(rows, columns, 1, 15, 2);
        Image image(rows, columns, phantom.counts, 2);
        for (std::size_t i = 0; i < image.flags.size(); ++i)
            if (random() % 5 == 0) {
                image.flags[i] = dead;
                image.ballistic[i] = image.sigma[i] = poison;
            } else if (random() % 5 == 0) {
                image.sigma[i] *= 1.3F;
            }
        image.flags[0] = 0;
        Image expected = image, automatic = image, expected_automatic = image;
        image.denoise(queue(), with_lambda(0.2, 45));
        expected.denoise(*cpu, with_lambda(0.2, 45));
        EXPECT_EQ(std::memcmp(image.ballistic.data(), expected.ballistic.data(), 4 * image.ballistic.size()), 0)
            << rows << " x " << columns;
        Params params;
        params.iterations = 20;
        automatic.denoise(queue(), params);
        expected_automatic.denoise(*cpu, params);
        for (std::size_t i = 0; i < image.ballistic.size(); ++i)
            if (!std::isnan(expected_automatic.ballistic[i]))
                EXPECT_NEAR(automatic.ballistic[i], expected_automatic.ballistic[i], 1e-4 * 15);
    }
}

TEST(PoissonTv, refuses_images_without_a_gate) {
    Values arrival(4, 1.0F);
    ImageTile tile;
    tile.rows = tile.columns = 2;
    tile.layers[static_cast<int>(Layer::arrival)] = arrival.data();
    try {
        PoissonTv::on_cpu(tile, {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::usage);
        EXPECT_NE(std::string(e.what()).find("there is no ballistic image with a standard deviation"),
                  std::string::npos);
    }
}

TEST(PoissonTv, any_number_of_threads_gives_the_same_bits) {
    const Phantom phantom(130, 300, 1, 15, 2);
    std::vector<Values> found;
    for (const int threads : {1, 3}) {
        const auto queue = open_cpu_queue(threads);
        Image image(130, 300, phantom.counts, 2);
        Params params;
        params.iterations = 40;
        with_threads(threads, [&] { image.denoise(*queue, params); });
        found.push_back(image.ballistic);
    }
    EXPECT_EQ(std::memcmp(found[0].data(), found[1].data(), 4 * found[0].size()), 0);
}

}  // namespace
}  // namespace firstlight
