#include "kernels/gating/component_curves.hpp"

#include "kernels/gating/component_fit.hpp"
#include "tests/kernels/gating/component_scene.hpp"

namespace firstlight {
namespace {

// An exponentially modified Gaussian has a closed form.
TEST(ComponentCurves, snake_light_is_the_response_with_an_exponential_tail) {
    FitScene scene(1, 1);
    const BinnedResponse response = binned_response(scene.tile.scan);
    ComponentShapes shapes;
    shapes.snake = true;
    shapes.snake_decay = TrueCurves::snake_decay;
    const CumulativeCurves curves = cumulative_curves(response.cumulative, shapes, -12, 300, 16);
    const double s = TrueCurves::sigma, tau = TrueCurves::snake_decay;
    for (double x = -8; x < 100; x += 0.37) {
        const auto by = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
        const double exact = by(x / s) - std::exp(s * s / (2 * tau * tau) - x / tau) * by(x / s - s / tau);
        EXPECT_NEAR(curves.at(snake_part, x), exact, 1e-4) << x;
    }
    EXPECT_NEAR(curves.at(snake_part, 288), 1, 1e-12);
}

TEST(ComponentCurves, other_shapes_are_found_again) {
    std::string ignored;
    Queue& cpu = *test_queue("cpu", ignored);
    for (const DiffuseShape shape : {DiffuseShape::exponential, DiffuseShape::slab}) {
        FitScene scene(2, 8, 256, CountType::f4);
        scene.tile.scan.medium = {0.05, 1.33, {}, {}, {}, {}};
        const BinnedResponse response = binned_response(scene.tile.scan);
        ComponentShapes truth;
        truth.diffuse = true;
        truth.diffuse_shape = shape;
        truth.onset = 8;
        truth.decay = 40;
        truth.bin_width_s = scene.tile.scan.bin_width_s;
        truth.slab.thickness_m = 0.05;
        truth.slab.refractive_index = 1.33;
        truth.slab.mu_s_prime_per_m = 120;
        truth.slab.mu_a_per_m = 4;
        const CumulativeCurves curves = cumulative_curves(response.cumulative, truth, -12, 210, 16);
        for (std::int64_t p = 0; p < 16; ++p)
            for (std::int64_t i = 0; i < 256; ++i) {
                const auto x = static_cast<double>(i - 60);
                scene.tile.set(p, i,
                               100 * (curves.at(0, x + 1) - curves.at(0, x)) +
                                   1000 * (curves.at(2, x + 1) - curves.at(2, x)) + 0.2);
            }
        ComponentFit::Params params;
        params.diffuse = shape;
        run_trace_stage<ComponentFit>(cpu, scene.tile, params);
        if (shape == DiffuseShape::exponential) {
            EXPECT_NEAR(scene.tile.found["onset_ps"], 80, 2);
            EXPECT_NEAR(scene.tile.found["decay_ps"], 400, 5);
        } else {
            EXPECT_NEAR(scene.tile.found["slab_mu_s_prime_per_m"], 120, 3);
            EXPECT_NEAR(scene.tile.found["slab_mu_a_per_m"], 4, 0.3);
        }
        EXPECT_NEAR(scene.layer(Layer::ballistic, 3), 100, 1);
        if (shape == DiffuseShape::exponential) continue;
        scene.tile.scan.medium.thickness_m.reset();
        EXPECT_THROW(run_trace_stage<ComponentFit>(cpu, scene.tile, params), Error);
    }
}

}  // namespace
}  // namespace firstlight
