// adaptive_gate per trace of 256 bins with few counts, fog in front of a surface, and superpixels; learning the fog's
// curve is part of it. Against reading the same counts once.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <random>
#include <stdexcept>

#include "host/pipeline/pipeline.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr std::int64_t bins = 256;
constexpr double width_bins = 2;  // standard deviation of the response
constexpr double false_acceptance = 0.01;

class AdaptiveRun {
  public:
    AdaptiveRun(std::int64_t rows, std::int64_t columns, int threads)
        : cube_(CountType::u2, 1, rows, columns, bins),
          threads_(threads),
          queue_(open_cpu_queue(threads)),
          recipe_(parse_recipe(fmt::format("name = \"fog\"\nstages = [\"adaptive_gate\"]\n[adaptive_gate]\n"
                                           "response = \"gaussian\"\ngaussian_fwhm_ps = {}\nfalse_acceptance = {}\n",
                                           width_bins * std::sqrt(8 * std::log(2.0)) * 10, false_acceptance),
                               "benchmark")) {
        draw();
        scan_ = scan_of(cube_);
        scan_.path = LightPath::reflection;
        scan_.t0_map_s.clear();
        scan_.dark_rate_hz.clear();
        scan_.irf = gaussian_response(60e-12);  // the recipe's is used
        check();
    }
    void run() { (void)images(); }
    void sum() {
        volatile std::uint64_t all = plain_sum(cube_, threads_);
        (void)all;
    }
    [[nodiscard]] double traces() const { return static_cast<double>(scan_.pixels()); }

  private:
    [[nodiscard]] GatedImages images() const {
        const CountSource counts = source_of(cube_);
        return reconstruct(scan_, counts, nullptr, recipe_, *queue_, {}).images;
    }
    // A tilted surface; none in the first quarter of the columns.
    [[nodiscard]] double light(std::int64_t column) const { return column < cube_.columns / 4 ? 0 : 30; }
    [[nodiscard]] double arrival(std::int64_t row) const {
        return 120.3 + 60 * static_cast<double>(row) / static_cast<double>(cube_.rows);
    }
    void draw() {
        std::mt19937 random(1);
        auto* y = reinterpret_cast<std::uint16_t*>(cube_.counts.data());
        std::poisson_distribution<int> photons;
        for (std::int64_t p = 0; p < cube_.rows * cube_.columns; ++p)
            for (std::int64_t i = 0; i < bins; ++i) {
                const double x = (static_cast<double>(i) - 30) / 25;
                double mean = 0.05 + (x > 0 ? std::sqrt(x) * std::exp(-x) : 0);
                const double t = (static_cast<double>(i) - arrival(p / cube_.columns)) / width_bins / std::sqrt(2.0);
                const double next = t + 1 / width_bins / std::sqrt(2.0);
                mean += light(p % cube_.columns) * 0.5 * (std::erf(next) - std::erf(t));
                *y++ = static_cast<std::uint16_t>(photons(random, std::poisson_distribution<int>::param_type(mean)));
            }
    }
    // Counts against a sum; arrivals against the truth, in their errors; fog alone at the set rate.
    void check() const {
        const GatedImages made = images();
        const auto* y = reinterpret_cast<const std::uint16_t*>(cube_.counts.data());
        const auto at = [&](const char* layer, std::int64_t p) {
            return static_cast<double>(made.layer(layer)->values[static_cast<std::size_t>(p)]);
        };
        double lit = 0, right = 0, empty = 0, taken = 0;
        for (std::int64_t p = 0; p < scan_.pixels(); ++p) {
            double all = 0;
            for (std::int64_t i = 0; i < bins; ++i) all += y[p * bins + i];
            if (at("counts", p) != all)
                throw std::runtime_error(fmt::format("pixel {} holds {} counts, not {}", p, all, at("counts", p)));
            const std::int64_t column = p % cube_.columns;
            const double off = at("arrival", p) - scan_.time_of(arrival(p / cube_.columns));
            if (light(column) > 0) {
                lit += 1;
                right += std::abs(off) < 4 * at("arrival_sigma", p) ? 1 : 0;
            } else if (column < cube_.columns / 4 - 2) {  // further from the surface than a superpixel reaches
                empty += 1;
                taken += std::isnan(off) ? 0 : 1;
            }
        }
        // Few traces leave the rate of a quick run uncertain.
        const double most = 1.2 * false_acceptance + 4 * std::sqrt(false_acceptance / empty);
        if (!(right > 0.98 * lit) || !(taken < most * empty))
            throw std::runtime_error(
                fmt::format("{} of {} arrivals are right; {} of {} traces of fog were taken for a surface", right, lit,
                            taken, empty));
    }

    PhotonCube cube_;
    int threads_;
    std::unique_ptr<Queue> queue_;
    Recipe recipe_;
    Scan scan_;
};

}  // namespace

void add_adaptive_gate_rows(Session& session) {
    const std::string name = "adaptive gate in fog";
    const std::string against_sum = name + " against a plain sum";
    if (!session.wanted(name) && !session.wanted(against_sum)) return;
    const bool quick = session.options().quick;
    auto gate = std::make_shared<AdaptiveRun>(quick ? 32 : 128, quick ? 64 : 256, session.options().threads);
    session.time("adaptive gate", [gate] { gate->run(); });
    session.time("plain sum of the fog", [gate] { gate->sum(); });
    session.row({name, "traces/s", Goal::none, 0, "256 bins, about 60 counts; the fog's curve is learnt each time"},
                [gate](const Medians& m) { return gate->traces() / m.at("adaptive gate"); });
    session.row({against_sum, "x", Goal::none, 0, "a plain sum of the same counts: memory"},
                [](const Medians& m) { return m.at("adaptive gate") / m.at("plain sum of the fog"); });
}

}  // namespace firstlight::bench
