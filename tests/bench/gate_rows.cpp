// Gate images and the whole correction chain, streamed in tiles from memory, against reading the same counts once and
// against a NumPy script that does the same.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numbers>
#include <stdexcept>

#include "host/pipeline/pipeline.hpp"
#include "tests/bench/numpy_script.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

constexpr double open_bins = -5, close_bins = 10, guard_bins = 50, rise_bins = 4;

double given_ps(const Scan& scan) { return static_cast<double>(arrival_bin * scan.bins) / 1024 * 10; }

std::string gate_recipe(const Scan& scan) {
    return fmt::format(R"(name = "gate"
stages = ["expected_arrival", "time_gate"]
[expected_arrival]
source = "given"
given_ps = {}
[time_gate]
open_ps = {}
close_ps = {}
background = "before_light"
guard_ps = {}
)",
                       given_ps(scan), open_bins * 10, close_bins * 10, guard_bins * 10);
}

std::string chain_recipe(const Scan& scan) {
    return fmt::format(R"(name = "chain"
stages = ["pile_up", "dark_counts", "time_skew", "expected_arrival", "time_gate", "attenuation"]
[pile_up]
model = "first_photon"
[dark_counts]
source = "rate"
[expected_arrival]
source = "given"
given_ps = {}
[time_gate]
open_ps = {}
close_ps = {}
shape = "soft"
rise_ps = {}
background = "before_light"
guard_ps = {}
)",
                       given_ps(scan), open_bins * 10, close_bins * 10, rise_bins * 10, guard_bins * 10);
}

// The mean of the gate over bin i when its middle lies at `arrival`, by the midpoint rule in double precision.
double gate_weight(double i, double arrival, bool soft) {
    constexpr int steps = 4000;
    const auto edge = [soft](double x) {
        if (!soft || x <= -rise_bins / 2 || x >= rise_bins / 2) return x < 0 ? 0.0 : 1.0;
        return 0.5 * (1 + std::sin(std::numbers::pi * x / rise_bins));
    };
    double sum = 0;
    for (int k = 0; k < steps; ++k) {
        const double t = i + (k + 0.5) / steps - arrival;
        sum += edge(t - open_bins) * (1 - edge(t - close_bins));
    }
    return sum / steps;
}

// `ballistic` of one pixel in double precision, as the headers of pile_up and time_gate define it. `later` moves the
// arrival, in bins.
double ballistic_of(const PhotonCube& cube, const Scan& scan, std::int64_t pixel, bool chain, double later = 0) {
    const auto* y = reinterpret_cast<const std::uint16_t*>(cube.counts.data()) + pixel * scan.bins;
    const double shift = chain ? scan.t0_map_s[static_cast<std::size_t>(pixel)] / scan.bin_width_s : 0;
    const double arrival = scan.bin_of(given_ps(scan) * 1e-12) + shift + later;
    double alive = scan.pulses[0];
    double signal = 0, gate = 0, before = 0;
    const double lead = std::floor(arrival - guard_bins);
    for (std::int64_t i = 0; i < scan.bins; ++i) {
        const double share = y[i] / alive;
        const double live = !chain ? 1 : alive / scan.pulses[0] * (y[i] == 0 ? 1 : share / -std::log1p(-share));
        alive -= y[i];
        if (static_cast<double>(i) < lead) before += y[i] / live;
        if (std::abs(static_cast<double>(i) - arrival) > 20) continue;
        const double weight = gate_weight(static_cast<double>(i), arrival, chain);
        signal += weight * y[i] / live;
        gate += weight;
    }
    return signal - before / lead * gate;
}

class GateRun {
  public:
    GateRun(RotatingCubes& cubes, bool chain, int threads)
        : cubes_(cubes),
          scan_(scan_of(cubes.first())),
          chain_(chain),
          queue_(open_cpu_queue(threads)),
          recipe_(parse_recipe(chain ? chain_recipe(scan_) : gate_recipe(scan_), "benchmark")) {
        scan_.has_reference = chain;
        check();
    }
    void run() { (void)images(cubes_.next(), cubes_.next()); }

  private:
    [[nodiscard]] GatedImages images(const PhotonCube& cube, const PhotonCube& reference_cube) const {
        const CountSource counts = source_of(cube);
        const CountSource reference = source_of(reference_cube);
        return reconstruct(scan_, counts, chain_ ? &reference : nullptr, recipe_, *queue_, {}).images;
    }
    void check() const {
        const PhotonCube& cube = cubes_.all()[0];
        const PhotonCube& reference = cubes_.all()[1];
        const GatedImages made = images(cube, reference);
        double later = 0;
        for (std::int64_t p = 0; p < scan_.pixels(); p += 97) {
            const auto i = static_cast<std::size_t>(p);
            const double truth = ballistic_of(cube, scan_, p, chain_);
            expect_near(made.layer("ballistic")->values[i], truth, 1e-4 * std::abs(truth) + 1e-3, "ballistic", p);
            if (!chain_) continue;
            const double depth = made.layer("optical_depth")->values[i];
            if (p == 0) later = reference_delay(reference, truth * std::exp(depth));
            expect_near(depth, -std::log(truth / ballistic_of(reference, scan_, p, true, later)), 2e-4, "optical_depth",
                        p);
        }
    }
    // A reference scan is placed by its own pooled trace, not by the given arrival: how much later, in bins, that is
    // follows from one pixel; all others must then agree.
    [[nodiscard]] double reference_delay(const PhotonCube& reference, double full) const {
        double low = -0.5, high = 0.5;  // the gate holds less the later it comes
        for (int step = 0; step < 40; ++step) {
            const double middle = (low + high) / 2;
            (ballistic_of(reference, scan_, 0, true, middle) > full ? low : high) = middle;
        }
        return low;
    }
    static void expect_near(double found, double expected, double tolerance, const char* what, std::int64_t pixel) {
        if (!(std::abs(found - expected) <= tolerance))
            throw std::runtime_error(
                fmt::format("{} of pixel {}: expected {}, found {}", what, pixel, expected, found));
    }

    RotatingCubes& cubes_;
    Scan scan_;
    bool chain_;
    std::unique_ptr<Queue> queue_;
    Recipe recipe_;
};

}  // namespace

void add_gate_rows(Session& session) {
    RotatingCubes& cubes = session_cubes(session.options().quick);
    const int threads = session.options().threads;
    for (const bool chain : {false, true}) {
        const std::string name = chain ? "pile-up, dark, skew, soft gate, arrival, OD" : "fused gate images";
        const bool numpy = !session.options().python.empty() && session.wanted(name + " against NumPy");
        if (!session.wanted(name) && !numpy) continue;
        auto run = std::make_shared<GateRun>(cubes, chain, threads);
        const std::string timed = chain ? "correction chain" : "gate images";
        session.time(timed, [run] { run->run(); });
        // The chain reads two cubes, scan and reference.
        const std::string sum = chain ? "plain sum of scan and reference" : "plain sum";
        session.time(sum, [&cubes, chain, threads] {
            volatile std::uint64_t all = plain_sum(cubes.next(), threads);
            if (chain) all = plain_sum(cubes.next(), threads);
            (void)all;
        });
        session.row({name, "x", Goal::at_most, chain ? 6.0 : 1.4, "a plain sum of the same counts: memory"},
                    [timed, sum](const Medians& m) { return m.at(timed) / m.at(sum); });
        if (!numpy) continue;
        const double arrival = static_cast<double>(arrival_bin * cubes.first().bins) / 1024;
        session.measured_outside(timed + " in NumPy", numpy_seconds(session.options().python, chain ? "chain" : "gate",
                                                                    cubes.all()[0], cubes.all()[1], arrival));
        session.row({name + " against NumPy", "x", Goal::at_least, chain ? 35.0 : 80.0,
                     "NumPy, whole cube in memory, one thread"},
                    [timed](const Medians& m) { return m.at(timed + " in NumPy") / m.at(timed); });
    }
}

}  // namespace firstlight::bench
