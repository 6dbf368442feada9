// A confocal scan of 32 x 32 pixels and 512 bins through foam, from its light to the volume, against the same in SciPy.
#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/reconstruction/confocal_diffuse.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/numpy_script.hpp"
#include "tests/bench/scratch_folder.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

class ConfocalRun {
  public:
    ConfocalRun(std::int64_t side, std::int64_t bins, int threads)
        : threads_(threads), queue_(open_cpu_queue(threads)), keep_(*queue_) {
        scan_.name = "bench";
        scan_.path = LightPath::confocal;
        scan_.rows = scan_.columns = side;
        scan_.bins = bins;
        scan_.bin_width_s = 16e-12;
        scan_.first_bin_centre_s = 8e-12;
        scan_.medium.thickness_m = 0.0254;
        scan_.medium.refractive_index = 1.12;
        scan_.medium.mu_a_per_m = 0.53;
        scan_.medium.mu_s_prime_per_m = 262;
        for (std::int64_t i = 0; i < side; ++i) {
            scan_.x_m.push_back(0.02 * static_cast<double>(i));
            scan_.y_m.push_back(0.02 * static_cast<double>(i));
        }
        // Echoes of a wall as the foam leaves them: late, and a nanosecond long.
        std::mt19937 random(6);
        for (std::int64_t p = 0; p < side * side; ++p)
            for (std::int64_t t = 0; t < bins; ++t) {
                const double late = (static_cast<double>(t) / static_cast<double>(bins) - depth_share) * 30;
                const double mean = late > 0 ? 40 * late * late * std::exp(2 - 2 * late) + 1 : 1;
                light_.push_back(static_cast<float>(std::poisson_distribution<int>(mean)(random)));
            }
        const VolumeBox box = ConfocalDiffuse::box({}, scan_);
        volume_.resize(static_cast<std::size_t>(box.voxels()));
        depth_.resize(static_cast<std::size_t>(scan_.pixels()));
        run();
        for (const float value : volume_)
            if (!(value >= 0)) throw std::runtime_error(fmt::format("the volume holds {}", value));
    }
    void run() {
        const auto work = [&] {
            StageContext context{.scan = scan_, .keep = keep_};
            const auto c = ConfocalDiffuse::prepare({}, context);
            VolumeTask task;
            task.views = 1;
            task.rows = scan_.rows;
            task.columns = scan_.columns;
            task.bins = scan_.bins;
            task.light = light_.data();
            task.volume = volume_.data();
            task.images[static_cast<int>(Layer::depth)] = depth_.data();
            ConfocalDiffuse::on_cpu(task, c);
        };
        with_threads(threads_, work);
    }
    [[nodiscard]] double scipy_seconds(const std::string& python) const {
        const ScratchFolder folder;
        const std::string path = (folder.path() / "light.f4").string();
        std::ofstream file(path, std::ios::binary);
        file.write(reinterpret_cast<const char*>(light_.data()), static_cast<std::streamsize>(light_.size() * 4));
        if (!file.flush()) throw std::runtime_error(path + " cannot be written");
        return std::stod(
            output_of({python, FIRSTLIGHT_BENCH_SOURCES "/scipy_confocal.py", path, std::to_string(scan_.rows),
                       std::to_string(scan_.columns), std::to_string(scan_.bins)}));
    }

  private:
    static constexpr double depth_share = 0.4;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    Scan scan_;
    std::vector<float> light_, volume_, depth_;
};

}  // namespace

void add_confocal_rows(Session& session) {
    const char *name = "confocal scan to volume", *against = "confocal scan to volume against SciPy";
    const bool with_scipy = !session.options().python.empty() && session.wanted(against);
    if (!session.wanted(name) && !with_scipy) return;
    const bool quick = session.options().quick;
    auto run = std::make_shared<ConfocalRun>(quick ? 12 : 32, 512, session.options().threads);
    session.time("confocal scan", [run] { run->run(); });
    session.row({name, "s", Goal::at_most, 2, "32 x 32 x 512, 30 iterations of four 3-D transforms each"},
                [](const Medians& m) { return m.at("confocal scan"); });
    if (!with_scipy) return;
    session.measured_outside("confocal scan in SciPy", run->scipy_seconds(session.options().python));
    session.row({against, "x", Goal::none, 0, "the same steps, two workers for the transforms"},
                [](const Medians& m) { return m.at("confocal scan in SciPy") / m.at("confocal scan"); });
}

}  // namespace firstlight::bench
