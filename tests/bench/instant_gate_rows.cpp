// A gate dragged over a held scan: an image per gate, against the same image by the batch run from a cube in memory.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "host/pipeline/held_scan.hpp"
#include "host/pipeline/pipeline.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

// Pixels with a skew of their own, background before the light; hard edges or soft ones of 4 bins.
std::string recipe_text(const Scan& scan, bool soft) {
    return fmt::format(R"(name = "instant"
stages = ["time_skew", "expected_arrival", "time_gate"]
[expected_arrival]
source = "given"
given_ps = {}
[time_gate]
open_ps = -50
close_ps = 100
background = "before_light"
guard_ps = 500
{}
)",
                       static_cast<double>(arrival_bin * scan.bins) / 1024 * 10,
                       soft ? "shape = \"soft\"\nrise_ps = 40" : "");
}

class HeldCube {
  public:
    HeldCube(std::int64_t rows, std::int64_t columns, std::int64_t bins, int threads)
        : cube_(random_cube(rows, columns, bins, 9)),
          scan_(scan_of(cube_)),
          queue_(open_cpu_queue(threads)),
          hard_(parse_recipe(recipe_text(scan_, false), "benchmark")),
          soft_(parse_recipe(recipe_text(scan_, true), "benchmark")),
          held_(std::size_t{1} << 40) {
        RunOptions options;
        options.hold = &held_;
        (void)reconstruct(scan_, source_of(cube_), nullptr, hard_, *queue_, options);
        for (const bool soft : {false, true}) check(soft);
    }
    // Each call opens the gate elsewhere, as a hand that drags it.
    void regate(bool soft) {
        Recipe recipe = soft ? soft_ : hard_;
        set_parameter(recipe, "time_gate.open_ps", fmt::format("{}", -50 - static_cast<double>(next_++ % 97)));
        (void)held_.regate(recipe, 0, *queue_);
    }
    void batch(bool soft) { (void)image(soft); }

  private:
    [[nodiscard]] GatedImages image(bool soft) const {
        return reconstruct(scan_, source_of(cube_), nullptr, soft ? soft_ : hard_, *queue_, {}).images;
    }
    // The batch stage is checked in double precision by its own rows.
    void check(bool soft) const {
        const GatedImages batch = image(soft), instant = held_.regate(soft ? soft_ : hard_, 0, *queue_);
        for (const ImageLayer& layer : batch.layers)
            for (std::size_t p = 0; p < layer.values.size(); ++p) {
                const auto expected = static_cast<double>(layer.values[p]);
                const auto found = static_cast<double>(instant.layer(layer.name)->values[p]);
                if (std::isnan(expected) != std::isnan(found) || std::abs(found - expected) > 1e-5 * std::abs(expected))
                    throw std::runtime_error(fmt::format("instant gate: {} of pixel {}: expected {}, found {}",
                                                         layer.name, p, expected, found));
            }
    }

    PhotonCube cube_;
    Scan scan_;
    std::unique_ptr<Queue> queue_;
    Recipe hard_, soft_;
    HeldScan held_;
    std::int64_t next_ = 0;
};

}  // namespace

void add_instant_gate_rows(Session& session) {
    const std::string base = "instant gate of a held scan";
    const auto row_of = [&](bool soft, const char* what) { return base + (soft ? ", soft edges" : "") + what; };
    bool any = false;
    for (const bool soft : {false, true})
        any = any || session.wanted(row_of(soft, ": images per second")) ||
              session.wanted(row_of(soft, " against batch"));
    if (!any) return;
    const bool quick = session.options().quick;
    const std::int64_t side = quick ? 48 : 512, bins = quick ? 256 : 1024;
    // The cube, its prefix sums and images, and a quarter of it to spare.
    const auto needed = static_cast<std::size_t>(side * side * bins) * 8;
    if (const std::size_t free = open_cpu_queue(1)->free_bytes(); free < needed) {
        std::fprintf(stderr, "   left out: %s (needs %zu MiB of free memory, there are %zu)\n", base.c_str(),
                     needed >> 20, free >> 20);
        return;
    }
    auto cube = std::make_shared<HeldCube>(side, side, bins, session.options().threads);
    for (const bool soft : {false, true}) {
        const std::string instant = row_of(soft, ""), batch = row_of(soft, ", batch");
        session.time(instant, [cube, soft] { cube->regate(soft); });
        session.time(batch, [cube, soft] { cube->batch(soft); });
        session.row({row_of(soft, ": images per second"), "1/s", Goal::at_least, 30, "an eye that follows a hand"},
                    [instant](const Medians& m) { return 1 / m.at(instant); });
        session.row(
            {row_of(soft, " against batch"), "x", Goal::none, 0, "the batch run's gate from the same cube in memory"},
            [instant, batch](const Medians& m) { return m.at(batch) / m.at(instant); });
    }
}

}  // namespace firstlight::bench
