// Fifty steps of poisson_tv, with all that comes before and after them, against scikit-image's total variation.
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/reconstruction/poisson_tv.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/numpy_script.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

class TvRun {
  public:
    TvRun(std::int64_t side, int threads) : side_(side), threads_(threads), queue_(open_cpu_queue(1)), keep_(*queue_) {
        std::mt19937 random(2);
        for (std::int64_t y = 0; y < side; ++y)
            for (std::int64_t x = 0; x < side; ++x) {
                const double level = static_cast<double>((x / 37 + y / 53) % 3 * 12 + 2);
                measured_.push_back(static_cast<float>(std::poisson_distribution<int>(level)(random)));
                sigma_.push_back(std::sqrt(measured_.back()));
            }
        const Scan scan;
        StageContext context{.scan = scan, .keep = keep_};
        PoissonTv::Params params;
        params.lambda_choice = PoissonTv::Choice::given;
        params.lambda = 0.2;
        params.iterations = 50;
        params.tolerance = 0;
        c_ = PoissonTv::prepare(params, context);
        check();
    }
    void run() {
        image_ = measured_;
        ImageTile tile;
        tile.rows = tile.columns = side_;
        tile.layers[static_cast<int>(Layer::ballistic)] = image_.data();
        tile.layers[static_cast<int>(Layer::ballistic_sigma)] = sigma_.data();
        with_threads(threads_, [&] { PoissonTv::on_cpu(tile, c_); });
    }
    [[nodiscard]] const std::vector<float>& measured() const { return measured_; }

  private:
    // The same fifty steps in double precision.
    void check() {
        run();
        const auto n = static_cast<std::size_t>(side_);
        std::vector<double> x(measured_.begin(), measured_.end()), ahead = x, px(n * n, 0), py(n * n, 0);
        double mean = 0;
        for (const double v : x) mean += v / static_cast<double>(n * n);
        const double tau = mean * std::min(0.4, 0.2 / (0.2 * std::sqrt(mean))), sigma = 1 / (8 * tau);
        for (int k = 0; k < 50; ++k) {
            for (std::size_t i = 0; i < n * n; ++i) {
                const double a = px[i] + sigma * (i % n + 1 < n ? ahead[i + 1] - ahead[i] : 0);
                const double b = py[i] + sigma * (i / n + 1 < n ? ahead[i + n] - ahead[i] : 0);
                const double shrink = 0.2 / std::max(0.2, std::hypot(a, b));
                px[i] = a * shrink;
                py[i] = b * shrink;
            }
            for (std::size_t i = 0; i < n * n; ++i) {
                const double d = (i % n > 0 ? px[i - 1] : 0) - px[i] + (i >= n ? py[i - n] : 0) - py[i];
                const double a = x[i] - tau * (d + 1);
                const double next = 0.5 * (a + std::sqrt(a * a + 4 * tau * static_cast<double>(measured_[i])));
                ahead[i] = 2 * next - x[i];
                x[i] = next;
            }
        }
        for (std::size_t i = 0; i < n * n; ++i)
            if (!(std::abs(x[i] - static_cast<double>(image_[i])) <= 1e-3))
                throw std::runtime_error(fmt::format("denoised pixel {}: expected {}, found {}", i, x[i], image_[i]));
    }

    std::int64_t side_;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    std::vector<float> measured_, sigma_, image_;
    PoissonTv::Coefficients c_;
};

double skimage_seconds(const std::string& python, const std::vector<float>& image, std::int64_t side) {
    const ScratchFolder folder;
    const std::string path = (folder.path() / "image.f4").string();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(image.data()), static_cast<std::streamsize>(image.size() * sizeof(float)));
    if (!file.flush()) throw std::runtime_error(path + " cannot be written");
    return std::stod(output_of(
        {python, FIRSTLIGHT_BENCH_SOURCES "/skimage_tv.py", path, std::to_string(side), std::to_string(side)}));
}

}  // namespace

void add_tv_rows(Session& session) {
    const char* name = "total variation, 50 steps, against scikit-image";
    if (session.options().python.empty() || !session.wanted(name)) return;
    const std::int64_t side = session.options().quick ? 64 : 512;
    auto run = std::make_shared<TvRun>(side, session.options().threads);
    session.time("total variation", [run] { run->run(); });
    session.measured_outside("total variation in scikit-image",
                             skimage_seconds(session.options().python, run->measured(), side));
    session.row(
        {name, "x", Goal::at_least, 8, "512 x 512 pixels; NumPy in one thread, least squares instead of Poisson"},
        [](const Medians& m) { return m.at("total variation in scikit-image") / m.at("total variation"); });
}

}  // namespace firstlight::bench
