// Smoothing of depths by total variation, with the search for its strength.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/reconstruction/depth_map.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr double second = 2 / 299'792'458.0;  // by which light from 1 m farther comes later
constexpr double sigma_m = 1e-3;

class DepthRun {
  public:
    DepthRun(std::int64_t side, int threads)
        : side_(side), threads_(threads), queue_(open_cpu_queue(1)), keep_(*queue_) {
        std::mt19937 random(3);
        std::normal_distribution<double> noise(0, sigma_m);
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x) {
                const double depth = 0.6 + 0.02 * static_cast<double>((x / 37 + y / 53) % 3);
                const bool off = std::uniform_real_distribution<double>()(random) < 0.02;
                arrival_.push_back(static_cast<float>((off ? 0.3 : depth + noise(random)) * second));
            }
        sigma_.assign(arrival_.size(), static_cast<float>(sigma_m * second));
        depth_.resize(arrival_.size());
        depth_sigma_.resize(arrival_.size());
    }
    void run(double strength = -1) {
        Scan scan;
        scan.path = LightPath::reflection;
        StageContext context{.scan = scan, .keep = keep_};
        context.warn = [](const std::string&) {};
        DepthMap::Params params;
        params.reference = DepthMap::Reference::given;
        params.refractive_index = 1;
        params.regularisation = DepthMap::Regularisation::tv;
        if (strength >= 0) {
            params.strength_choice = DepthMap::Strength::given;
            params.strength = strength;
        }
        const DepthMap::Coefficients c = DepthMap::prepare(params, context);
        ImageTile tile;
        tile.rows = tile.columns = side_;
        const std::pair<Layer, std::vector<float>*> layers[] = {{Layer::arrival, &arrival_},
                                                                {Layer::arrival_sigma, &sigma_},
                                                                {Layer::depth, &depth_},
                                                                {Layer::depth_sigma, &depth_sigma_}};
        for (const auto& [layer, values] : layers) tile.layers[static_cast<int>(layer)] = values->data();
        with_threads(threads_, [&] { DepthMap::on_cpu(tile, c); });
    }
    [[nodiscard]] double pixels() const { return static_cast<double>(side_ * side_); }

    // The same minimum by steps in double precision.
    void check() {
        constexpr double lambda = 0.7, primal = 5, dual = 1 / 40.0, knee = 1.345;
        run(lambda);
        const auto n = static_cast<std::size_t>(side_);
        std::vector<double> target, px(n * n, 0), py(n * n, 0);
        for (const float t : arrival_) target.push_back((static_cast<double>(t) / second - 0.6) / sigma_m);
        std::vector<double> x = target, ahead = x;
        for (int k = 0; k < 6000; ++k) {
            for (std::size_t i = 0; i < n * n; ++i) {
                const double a = px[i] + dual * (i % n + 1 < n ? ahead[i + 1] - ahead[i] : 0);
                const double b = py[i] + dual * (i / n + 1 < n ? ahead[i + n] - ahead[i] : 0);
                const double shrink = lambda / std::max(lambda, std::hypot(a, b));
                px[i] = a * shrink;
                py[i] = b * shrink;
            }
            for (std::size_t i = 0; i < n * n; ++i) {
                const double d = (i % n > 0 ? px[i - 1] : 0) - px[i] + (i >= n ? py[i - n] : 0) - py[i];
                const double v = x[i] - primal * d, off = v - target[i];
                const double next = std::abs(off) <= knee * (1 + primal) ? target[i] + off / (1 + primal)
                                                                         : v - std::copysign(primal * knee, off);
                ahead[i] = 2 * next - x[i];
                x[i] = next;
            }
        }
        for (std::size_t i = 0; i < n * n; ++i)
            if (!(std::abs(0.6 + sigma_m * x[i] - static_cast<double>(depth_[i])) <= 0.2 * sigma_m))
                throw std::runtime_error(
                    fmt::format("smoothed depth {}: expected {}, found {}", i, 0.6 + sigma_m * x[i], depth_[i]));
    }

  private:
    std::int64_t side_;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    std::vector<float> arrival_, sigma_, depth_, depth_sigma_;
};

}  // namespace

void add_depth_tv_rows(Session& session) {
    const char* name = "smoothing of depths, strength found";
    if (!session.wanted(name)) return;
    const bool quick = session.options().quick;
    DepthRun(48, session.options().threads).check();  // thousands of steps
    auto run = std::make_shared<DepthRun>(quick ? 48 : 256, session.options().threads);
    session.time("smoothing of depths", [run] { run->run(); });
    session.row(
        {name, "pixels/s", Goal::none, 0, "256 x 256 pixels, 2 % outliers; several strengths of some 100 steps"},
        [run](const Medians& m) { return run->pixels() / m.at("smoothing of depths"); });
}

}  // namespace firstlight::bench
