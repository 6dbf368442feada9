// Backprojection of 16 slices against scikit-image, and iterations of os_sart_tv and ml_tr against the projections that
// they cannot do without.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/reconstruction/ml_tr.hpp"
#include "kernels/reconstruction/os_sart_tv.hpp"
#include "kernels/support/parallel_beam.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

using Values = std::vector<float>;

class Slices {
  public:
    Slices(std::int64_t views, std::int64_t columns, int threads)
        : threads_(threads), queue_(open_cpu_queue(1)), keep_(*queue_) {
        std::mt19937 random(3);
        std::uniform_real_distribution<float> uniform(0, 1);
        for (std::int64_t v = 0; v < views; ++v)
            scan_.view_angle_rad.push_back(M_PI * static_cast<double>(v) / static_cast<double>(views) + 0.01);
        scan_.views = views;
        scan_.rows = beam_lanes;
        scan_.columns = columns;
        scan_.bins = 1;
        scan_.pulses = scan_.reference_pulses = {1};
        for (std::int64_t k = 0; k < columns; ++k)
            scan_.x_m.push_back((static_cast<double>(k) - 0.5 * static_cast<double>(columns - 1)) * 1e-3);
        views_ = beam_views(scan_.view_angle_rad, columns, 0.5 * static_cast<double>(columns - 1));
        beam_ = {views, columns, 0.5 * static_cast<double>(columns - 1), views_.data()};
        rays_.assign(static_cast<std::size_t>(beam_.rays()), 0.0F);
        image_.assign(static_cast<std::size_t>(beam_.pixels()), 0.0F);
        for (std::int64_t v = 0; v < views; ++v)
            for (std::int64_t i = 0; i < columns * beam_lanes; ++i)
                rays_[static_cast<std::size_t>(beam_.ray_at(v, 0) + i)] = uniform(random);
        check();
        prepare(random);
    }
    void back() {
        with_threads(threads_, [&] { beam_back(beam_, {}, rays_.data(), image_.data()); });
    }
    void forward() {
        with_threads(threads_, [&] { beam_forward(beam_, {}, image_.data(), projected_.data()); });
    }
    void os_sart() {
        with_threads(threads_, [&] { OsSartTv::on_cpu(task_, os_sart_); });
    }
    void ml_tr() {
        with_threads(threads_, [&] { MlTr::on_cpu(task_, ml_tr_); });
    }

  private:
    // Backprojected pixels in double precision, straight from the definition.
    void check() {
        projected_ = rays_;
        back();
        for (std::int64_t i = 0; i < 400; ++i) {
            const std::int64_t y = i * 37 % beam_.columns, x = i * 101 % beam_.columns, lane = i % beam_lanes;
            double sum = 0;
            for (std::int64_t v = 0; v < beam_.views; ++v) {
                const double c = std::cos(scan_.view_angle_rad[static_cast<std::size_t>(v)]);
                const double s = std::sin(scan_.view_angle_rad[static_cast<std::size_t>(v)]);
                const double w = std::max(std::abs(c), std::abs(s));
                const double p = (static_cast<double>(x) - beam_.middle()) * c +
                                 (static_cast<double>(y) - beam_.middle()) * s + beam_.centre;
                for (std::int64_t k = 0; k < beam_.columns; ++k)
                    sum += std::max(0.0, 1 - std::abs(static_cast<double>(k) - p) / w) / w *
                           static_cast<double>(rays_[static_cast<std::size_t>(beam_.ray_at(v, k) + lane)]);
            }
            const auto found = static_cast<double>(image_[static_cast<std::size_t>(beam_.pixel_at(y, x) + lane)]);
            if (!(std::abs(found - sum) <= 1e-4 * sum + 1e-3))
                throw std::runtime_error(
                    fmt::format("backprojection at {}, {}: expected {}, found {}", y, x, sum, found));
        }
    }
    void prepare(std::mt19937& random) {
        const auto n = static_cast<std::size_t>(scan_.views * scan_.rows * scan_.columns);
        for (std::size_t i = 0; i < n; ++i) {
            const double across =
                static_cast<double>(i % static_cast<std::size_t>(scan_.columns)) / static_cast<double>(scan_.columns) -
                0.5;
            const double counts = std::poisson_distribution<int>(
                1e4 * std::exp(-4 * std::sqrt(std::max(0.0, 0.16 - across * across))))(random);
            ballistic_.push_back(static_cast<float>(counts));
            ballistic_sigma_.push_back(static_cast<float>(std::sqrt(counts)));
            depth_.push_back(static_cast<float>(-std::log(counts / 1e4)));
            sigma_.push_back(static_cast<float>(1 / std::sqrt(counts)));
        }
        const auto pixels = static_cast<std::size_t>(scan_.pixels());
        open_.assign(pixels, 1e4F);
        open_sigma_.assign(pixels, 1.0F);
        volume_.assign(pixels * static_cast<std::size_t>(scan_.columns), 0.0F);
        task_.views = scan_.views;
        task_.rows = scan_.rows;
        task_.columns = scan_.columns;
        task_.volume = volume_.data();
        const std::pair<Layer, Values*> layers[] = {{Layer::optical_depth, &depth_},
                                                    {Layer::optical_depth_sigma, &sigma_},
                                                    {Layer::ballistic, &ballistic_},
                                                    {Layer::ballistic_sigma, &ballistic_sigma_}};
        for (const auto& [layer, values] : layers) task_.layers[static_cast<int>(layer)] = values->data();
        ImageTile reference;
        reference.rows = scan_.rows;
        reference.columns = scan_.columns;
        reference.layers[static_cast<int>(Layer::ballistic)] = open_.data();
        reference.layers[static_cast<int>(Layer::ballistic_sigma)] = open_sigma_.data();
        StageContext context{.scan = scan_, .keep = keep_};
        context.volume_input = &task_;
        context.reference_images = &reference;
        OsSartTv::Params sart;
        sart.stop = VolumeStop::given;
        sart.iterations = 1;
        os_sart_ = OsSartTv::prepare(sart, context);
        MlTr::Params likelihood;
        likelihood.stop = VolumeStop::given;
        likelihood.iterations = 1;
        ml_tr_ = MlTr::prepare(likelihood, context);
    }

    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    Scan scan_;
    std::vector<BeamView> views_;
    ParallelBeam beam_;
    Values rays_, projected_, image_, depth_, sigma_, ballistic_, ballistic_sigma_, open_, open_sigma_, volume_;
    VolumeTask task_;
    OsSartTv::Coefficients os_sart_;
    MlTr::Coefficients ml_tr_;
};

}  // namespace

void add_tomography_rows(Session& session) {
    const char* against = "backprojection of 16 slices, against scikit-image";
    const char* sart = "os_sart_tv, one iteration, over the projections in it";
    const char* likelihood = "ml_tr, one iteration, over the projections in it";
    if (!session.wanted(against) && !session.wanted(sart) && !session.wanted(likelihood)) return;
    const std::int64_t columns = session.options().quick ? 48 : 256, views = session.options().quick ? 20 : 180;
    auto slices = std::make_shared<Slices>(views, columns, session.options().threads);
    session.time("backprojection of 16 slices", [slices] { slices->back(); });
    session.time("projection of 16 slices", [slices] { slices->forward(); });
    if (!session.options().python.empty() && session.wanted(against)) {
        session.measured_outside(
            "backprojection in scikit-image",
            std::stod(output_of({session.options().python, FIRSTLIGHT_BENCH_SOURCES "/skimage_iradon.py",
                                 std::to_string(columns), std::to_string(views)})));
        session.row(
            {against, "x", Goal::at_least, 80, "256 x 256 pixels, 180 views; NumPy in one thread, one slice, times 16"},
            [](const Medians& m) {
                return static_cast<double>(beam_lanes) * m.at("backprojection in scikit-image") /
                       m.at("backprojection of 16 slices");
            });
    }
    // Two projections (one for the outcome's misfit) and two backprojections, of slopes and curvatures.
    const auto needed = [](const Medians& m) {
        return 2 * m.at("projection of 16 slices") + 2 * m.at("backprojection of 16 slices");
    };
    session.time("os_sart_tv, one iteration", [slices] { slices->os_sart(); });
    session.row({sart, "x", Goal::at_most, 1.8, "10 subsets, with total variation, start and end"},
                [needed](const Medians& m) { return m.at("os_sart_tv, one iteration") / needed(m); });
    session.time("ml_tr, one iteration", [slices] { slices->ml_tr(); });
    session.row({likelihood, "x", Goal::at_most, 2, "the same, with an exponential and a logarithm per ray"},
                [needed](const Medians& m) { return m.at("ml_tr, one iteration") / needed(m); });
}

}  // namespace firstlight::bench
