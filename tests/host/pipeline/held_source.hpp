// What tests of held scans share: a scan to hold, gates at random, images compared bit by bit.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <random>
#include <string>

#include "host/pipeline/held_scan.hpp"
#include "host/pipeline/pipeline.hpp"
#include "tests/host/pipeline/synthetic_scan.hpp"

namespace firstlight {

// What a scan and its reference are read from.
struct HeldSource {
    const Scan& scan;
    CountSource counts;
    std::optional<CountSource> reference;
    [[nodiscard]] Reconstruction run(Queue& queue, const Recipe& recipe, const RunOptions& options = {}) const {
        return reconstruct(scan, counts, reference ? &*reference : nullptr, recipe, queue, options);
    }
    [[nodiscard]] Reconstruction hold(Queue& queue, const Recipe& recipe, HeldScan& held, int tile_traces = 0) const {
        RunOptions options;
        options.hold = &held;
        options.tile_traces = tile_traces;
        return run(queue, recipe, options);
    }
};
inline HeldSource source_of(const SyntheticScan& s) { return {s.scan, source_of(s.cube), source_of(s.reference)}; }

inline void expect_same_bits(const GatedImages& a, const GatedImages& b, const std::string& what) {
    ASSERT_EQ(a.layers.size(), b.layers.size()) << what;
    for (std::size_t l = 0; l < a.layers.size(); ++l) {
        ASSERT_EQ(a.layers[l].name, b.layers[l].name) << what;
        ASSERT_EQ(a.layers[l].values.size(), b.layers[l].values.size()) << what;
        EXPECT_EQ(std::memcmp(a.layers[l].values.data(), b.layers[l].values.data(), a.layers[l].values.size() * 4), 0)
            << what << " " << a.layers[l].name;
    }
    EXPECT_EQ(a.mask, b.mask) << what;
}

// A gate somewhere around the arrival, of any shape and background.
inline Recipe with_random_gate(Recipe recipe, double bin_ps, std::mt19937& random) {
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto set = [&](const char* name, double bins) {
        set_parameter(recipe, std::string("time_gate.") + name, fmt::format("{}", bins * bin_ps));
    };
    set("open_ps", -6 * uniform(random));
    set("close_ps", 0.4 + 8 * uniform(random));
    set("late_ps", 1 + 8 * uniform(random));
    if (uniform(random) < 0.4) {
        set_parameter(recipe, "time_gate.shape", "soft");
        set("rise_ps", 4 * uniform(random));
    }
    const double which = uniform(random);
    set_parameter(recipe, "time_gate.background", which < 0.5 ? "before_light" : which < 0.8 ? "dark" : "none");
    if (which < 0.5) set("guard_ps", 8 + 4 * uniform(random));
    if (uniform(random) < 0.5) set_parameter(recipe, "time_gate.scatter_onset", "ramp");
    return recipe;
}

}  // namespace firstlight
