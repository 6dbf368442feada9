// Monte Carlo photon transport, exits only: photons per second.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/simulation/photon_transport.hpp"
#include "kernels/support/parallel_for.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

// The slab of van de Hulst (1980): 2 mean free paths of g = 0.75, albedo 0.9; R = 0.09739, T = 0.66096.
TransportScene van_de_hulst_slab() {
    TransportScene scene;
    scene.layers = {{.thickness_m = 0.2e-3, .refractive_index = 1, .mu_s_per_m = 9e3, .mu_a_per_m = 1e3, .g = 0.75}};
    return scene;
}

class Slab {
  public:
    Slab(std::int64_t photons, int threads)
        : photons_(photons),
          threads_(threads),
          queue_(open_cpu_queue(threads)),
          keep_(*queue_),
          coefficients_(PhotonTransport::prepare({}, van_de_hulst_slab(), keep_)) {
        check();
    }
    std::vector<std::int64_t> run() {
        std::vector<std::int64_t> ends(static_cast<std::size_t>(coefficients_.ends_size()));
        TransportTask task;
        task.first = next_;
        task.photons = photons_;
        task.ends = ends.data();
        next_ += photons_;  // other photons each time
        with_threads(threads_, [&] { PhotonTransport::on_cpu(task, coefficients_); });
        return ends;
    }

  private:
    void check() {
        const std::vector<std::int64_t> ends = run();
        const auto share = [&](PhotonEnd end) {
            const auto* from = ends.data() + static_cast<std::int64_t>(end) * coefficients_.orders;
            return static_cast<double>(std::accumulate(from, from + coefficients_.orders, std::int64_t{0})) /
                   static_cast<double>(photons_);
        };
        for (const auto& [end, truth] :
             {std::pair{PhotonEnd::reflected, 0.09739}, std::pair{PhotonEnd::transmitted, 0.66096}}) {
            const double sigma = std::sqrt(truth * (1 - truth) / static_cast<double>(photons_));
            if (std::abs(share(end) - truth) > 4 * sigma + 1e-5)
                throw std::runtime_error(fmt::format("van de Hulst's slab: expected {}, found {}", truth, share(end)));
        }
    }

    std::int64_t photons_;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Keeper keep_;
    PhotonTransport::Coefficients coefficients_;
    std::int64_t next_ = 0;
};

}  // namespace

void add_monte_carlo_rows(Session& session) {
    const char* name = "Monte Carlo, exits only";
    if (!session.wanted(name)) return;
    const std::int64_t photons = session.options().quick ? 20'000 : 1'000'000;
    auto slab = std::make_shared<Slab>(photons, session.options().threads);
    session.time("Monte Carlo photons", [slab] { (void)slab->run(); });
    session.row(
        {name, "million photons/s", Goal::none, 0,
         "slab of 2 mean free paths, g = 0.75, albedo 0.9; arithmetic and branches"},
        [photons](const Medians& m) { return static_cast<double>(photons) / m.at("Monte Carlo photons") * 1e-6; });
}

}  // namespace firstlight::bench
