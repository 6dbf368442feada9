// What differs between two results: how they were made, and their values, bit for bit.
//
//   const ResultDifference d = difference_of(read_result("a.h5", {}), read_result("b.h5", {}));
//   d.causes.front()   ->  {parameter, "time_gate.open_ps", "ps", "-60.0", "-40.0"}
//   d.layers.front()   ->  {"ballistic", "counts", 4096, 4096, 0, 812.0, 96.4, 20.1, ""}
//
// Causes are what can change a value: parameters and stages of the recipe, contents of the inputs (by SHA-256; a file
// that only has another name is none), version, commit and compiler, backend and device. Threads, memory and tiles
// change no bit (docs/data_flow.md) and are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/io/result_file.hpp"

namespace firstlight {

struct Cause {
    enum class Kind : std::uint8_t { parameter, stage, input, version, device };
    Kind kind = Kind::parameter;
    std::string name;  // "time_gate.open_ps", "stages", "scan", "calibration", "version", "git_commit", "device"
    std::string unit;
    std::string a, b;  // as text; "" where one has none
};
[[nodiscard]] const char* name_of(Cause::Kind kind);

struct LayerDifference {
    std::string layer, unit;
    std::int64_t differing = 0;    // pixels or voxels whose bits differ
    std::int64_t values = 0;       // of how many
    std::int64_t in_one_only = 0;  // of these, where one has a value and the other has none (NaN, infinite)
    double largest = 0;            // absolute difference where both have a value
    double rms = 0;                // there, equal ones too
    double largest_in_sigma = 0;   // in standard deviations of `before`, where it has them (<layer>_sigma); else NaN
    std::string note;              // where the values cannot be set against each other: why
};
// "96 of 9216 (1.04 %) differ, by up to 16.4 counts, rms 0.4 counts, up to 1.5 standard deviations"
[[nodiscard]] std::string in_words(const LayerDifference& difference);

struct ResultDifference {
    std::vector<Cause> causes;
    std::vector<LayerDifference> layers;  // those that differ; image layers, mask, volume
    [[nodiscard]] bool identical() const { return layers.empty(); }
};

[[nodiscard]] ResultDifference difference_of(const Result& before, const Result& after);

// The values alone. `gone` and `fresh` are the notes of what only one of the two has.
[[nodiscard]] std::vector<LayerDifference> layer_differences(const Result& before, const Result& after,
                                                             const std::string& gone, const std::string& fresh);

}  // namespace firstlight
