// What a stage is. A trace stage sees tiles of traces; an image stage sees whole images. Each has
//   Params        what a person may set (see param.hpp)
//   Coefficients  plain numbers and queue pointers found once per run by prepare(): what its kernels need
//   prepare()     checks the scan and the parameters, looks at the survey sample where its question is global
//   on_cpu()      the CPU version; the CUDA version is found under the stage's name in the CUDA library
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/support/error.hpp"
#include "kernels/support/param.hpp"
#include "kernels/support/queue.hpp"
#include "kernels/support/scan.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

struct StageInfo {
    const char* name;     // "time_gate"
    const char* family;   // "gating"
    const char* summary;  // one line for help and docs
};

// A spread-out subsample of the scan's traces in host memory, on which the stages before the asking one have already
// filled in their part of the model (with Params as in the recipe). Traces are rectangles of pixels side by side.
struct SurveySample {
    std::vector<TraceTile> tiles;  // host pointers
    std::int64_t traces = 0;       // in all tiles
    bool whole_scan = false;       // true when every pixel is in it
};

// What prepare() may look at and whom it may tell.
struct StageContext {
    const Scan& scan;
    Keeper& keep;  // puts arrays into the run's queue; pointers it returns are what kernels may read
    std::int64_t view = 0;
    bool is_reference = false;                     // the reference scan is being processed, not the scan itself
    const SurveySample* sample = nullptr;          // null unless the stage's survey() asked for it
    const ImageTile* reference_images = nullptr;   // image stages: the reference after the trace stages (host), or null
    std::function<void(const std::string&)> warn;  // one line for people and provenance
    std::map<std::string, double>* found = nullptr;   // outcomes for provenance: "arrival_ps" -> 512.3
    std::map<std::string, double>* shared = nullptr;  // what later stages' prepare() may need: see each header
};

enum class Survey : std::uint8_t {
    none,         // needs no look at the data
    sample,       // prepare() needs the sample
    every_pixel,  // as `sample`; besides, the stage runs on all pixels first and then refine() is called
};

template <class S>
concept Stage = requires(const typename S::Params& params, const Scan& scan, StageContext& context) {
    { S::info } -> std::convertible_to<const StageInfo&>;
    { S::Params::table() } -> std::convertible_to<const ParamTable&>;
    { S::prepare(params, context) } -> std::same_as<typename S::Coefficients>;
};

// Families whose stages run on traces: corrections, deconvolution, first_arrival, gating.
template <class S>
concept TraceStage = Stage<S> && requires(const typename S::Params& params, const Scan& scan,
                                          const typename S::Coefficients& c, const TraceTile& tile) {
    { S::survey(params, scan) } -> std::same_as<Survey>;
    { S::layers(params) } -> std::same_as<std::vector<Layer>>;  // layers it writes
    S::on_cpu(tile, c);
};

// Families whose stages run on images: reconstruction, rendering.
template <class S>
concept ImageStage = Stage<S> &&
    requires(const typename S::Params& params, const typename S::Coefficients& c, const ImageTile& images) {
    { S::layers(params) } -> std::same_as<std::vector<Layer>>;
    S::on_cpu(images, c);
};

}  // namespace firstlight
