// component_fit per trace of 256 bins, four amplitudes with errors and deviance, against curve_fit of SciPy.
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/gating/component_bins.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr std::int64_t bins = 256;
constexpr std::int64_t scipy_traces = 200;

class FitRun {
  public:
    FitRun(std::int64_t traces, int threads)
        : threads_(threads),
          traces_(traces),
          counts_(static_cast<std::size_t>(traces * bins)),
          arrival_(static_cast<std::size_t>(traces)),
          flags_(arrival_.size()),
          queue_(open_cpu_queue(1)),
          keep_(*queue_) {
        scan_.name = "benchmark";
        scan_.rows = 1;
        scan_.columns = traces;
        scan_.bins = bins;
        scan_.bin_width_s = 10e-12;
        scan_.irf = gaussian_response(52e-12);
        for (auto& layer : layers_) layer.resize(arrival_.size());
        draw();
        const TraceTile tile = part(0, std::min<std::int64_t>(traces, 2048));
        const SurveySample sample{{tile}, tile.counts.traces, false};
        StageContext context{scan_, keep_};
        context.sample = &sample;
        context.warn = [](const std::string&) {};
        c_ = ComponentFit::prepare({}, context);
        check();
    }
    void run() {
        with_threads(threads_, [&] {
            parallel_for(traces_, 256,
                         [&](std::int64_t begin, std::int64_t end) { ComponentFit::on_cpu(part(begin, end), c_); });
        });
    }
    [[nodiscard]] double scipy_seconds(const std::string& python) {
        const ScratchFolder folder;
        std::ofstream counts(folder.path() / "counts.u2", std::ios::binary);
        counts.write(reinterpret_cast<const char*>(counts_.data()), scipy_traces * bins * 2);
        std::ofstream curves(folder.path() / "curves.f8", std::ios::binary);
        for (std::int64_t p = 0; p < scipy_traces; ++p)
            for (std::int64_t i = 0; i < bins; ++i) {
                const auto parts = parts_of(p, i);
                curves.write(reinterpret_cast<const char*>(parts.data()), sizeof(parts));
            }
        if (!counts.flush() || !curves.flush()) throw std::runtime_error("traces for SciPy cannot be written");
        return std::stod(output_of({python, FIRSTLIGHT_BENCH_SOURCES "/scipy_fit.py", folder.path().string(),
                                    std::to_string(scipy_traces), std::to_string(bins)}));
    }
    [[nodiscard]] double traces() const { return static_cast<double>(traces_); }

  private:
    [[nodiscard]] std::array<double, 4> parts_of(std::int64_t p, std::int64_t i) const {
        const double x = static_cast<double>(i) - static_cast<double>(arrival_[static_cast<std::size_t>(p)]);
        std::array<double, 4> parts{0, 0, 0, 1};
        for (int j = 0; j < 3; ++j)
            parts[static_cast<std::size_t>(j)] = cumulative_at(c_.table, j, x + 1) - cumulative_at(c_.table, j, x);
        return parts;
    }
    void draw() {
        const BinnedResponse response = binned_response(scan_);
        ComponentShapes shapes;
        shapes.snake = shapes.diffuse = true;
        shapes.snake_decay = 12;
        shapes.gamma_shape = 2;
        shapes.gamma_scale = 30;
        const CumulativeCurves curves = cumulative_curves(response.cumulative, shapes, -12, bins, 16);
        std::mt19937 random(1);
        std::uniform_real_distribution<double> uniform(0, 1);
        for (std::int64_t p = 0; p < traces_; ++p) {
            const double arrival = 64 + 4 * uniform(random);
            const double a = 500 * uniform(random);
            arrival_[static_cast<std::size_t>(p)] = static_cast<float>(arrival);
            for (std::int64_t i = 0; i < bins; ++i) {
                const double x = static_cast<double>(i) - static_cast<double>(static_cast<float>(arrival));
                const auto share = [&](int j) { return curves.at(j, x + 1) - curves.at(j, x); };
                const double mean = a * share(0) + 100 * share(1) + 600 * share(2) + 0.2;
                counts_[static_cast<std::size_t>(p * bins + i)] =
                    static_cast<std::uint16_t>(std::poisson_distribution<int>(mean)(random));
            }
        }
    }
    TraceTile part(std::int64_t begin, std::int64_t end) {
        TraceTile tile;
        tile.counts = {counts_.data() + begin * bins, CountType::u2, end - begin, bins};
        tile.window = {0, 0, begin, 1, end - begin, traces_};
        tile.model.arrival = arrival_.data() + begin;
        tile.model.flags = flags_.data() + begin;
        for (const Layer layer : ComponentFit::layers({}))
            tile.layers[static_cast<int>(layer)] = layers_[static_cast<std::size_t>(layer)].data() + begin;
        return tile;
    }
    // At the maximum of the likelihood its derivatives vanish: in units of each amplitude's error.
    void check() {
        run();
        const auto at = [&](Layer layer, std::int64_t p) {
            return static_cast<double>(layers_[static_cast<std::size_t>(layer)][static_cast<std::size_t>(p)]);
        };
        for (std::int64_t p = 0; p < traces_; p += 97) {
            const double width = c_.purity_width;
            const std::array<double, 4> value{at(Layer::ballistic, p), at(Layer::snake, p), at(Layer::diffuse, p),
                                              at(Layer::background, p) / width};
            double slope = 0;
            for (std::int64_t i = 0; i < bins; ++i) {
                const auto parts = parts_of(p, i);
                double mean = 0;
                for (std::size_t j = 0; j < 4; ++j) mean += value[j] * parts[j];
                slope += parts[0] * (counts_[static_cast<std::size_t>(p * bins + i)] / mean - 1);
            }
            if (!(std::abs(slope * at(Layer::ballistic_sigma, p)) < 0.02))
                throw std::runtime_error(fmt::format("trace {} is not at its maximum: slope {}", p, slope));
        }
    }

    int threads_;
    std::int64_t traces_;
    Scan scan_;
    std::vector<std::uint16_t> counts_;
    std::vector<float> arrival_;
    std::vector<std::uint8_t> flags_;
    std::vector<float> layers_[layer_count];
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    ComponentFit::Coefficients c_;
};

}  // namespace

void add_fit_rows(Session& session) {
    const std::string name = "fit of ballistic, snake, diffuse, background";
    const bool scipy = !session.options().python.empty() && session.wanted(name + " against SciPy");
    if (!session.wanted(name) && !scipy) return;
    auto fit = std::make_shared<FitRun>(session.options().quick ? 4096 : 65536, session.options().threads);
    session.time("fits", [fit] { fit->run(); });
    session.row({name, "us per trace", Goal::none, 0, "256 bins; five to seven passes over them"},
                [fit](const Medians& m) { return 1e6 * m.at("fits") / fit->traces(); });
    if (!scipy) return;
    session.measured_outside("a fit in SciPy", fit->scipy_seconds(session.options().python));
    session.row({name + " against SciPy", "x", Goal::at_least, 100, "scipy.optimize.curve_fit, one thread"},
                [fit](const Medians& m) { return m.at("a fit in SciPy") * fit->traces() / m.at("fits"); });
}

}  // namespace firstlight::bench
