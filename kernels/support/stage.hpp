// What a stage is. A trace stage sees tiles of traces, an image stage whole images, a volume stage all there is. Each
// has
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
#include "kernels/support/volume_task.hpp"

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
    const VolumeTask* volume_input = nullptr;         // volume stages: the whole scan's images or light (host memory)
    // Volume stages: tells the share of the work that is done, 0..1, and throws when the run was cancelled. May be kept
    // in Coefficients and called between iterations; empty: nobody asks.
    std::function<void(double share)> proceed;
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

// In the family reconstruction: gated images of all views, or the light of all traces, become a volume. Stages from
// gated images are run on bands of rows (16, or a multiple of it), stages that use light once.
template <class S>
concept VolumeStage = Stage<S> && requires(const typename S::Params& params, const Scan& scan,
                                           const typename S::Coefficients& c, const VolumeTask& task) {
    { S::uses_light } -> std::convertible_to<bool>;
    { S::layers(params) } -> std::same_as<std::vector<Layer>>;  // images it writes beside the volume
    S::check_geometry(scan);                                    // refuses a scan whose geometry no parameter can mend
    // What it will make; refuses a scan whose geometry is not known, before anything runs.
    { S::box(params, scan) } -> std::same_as<VolumeBox>;
    // Memory it needs beside its input and output, on `scan` with the rows of a band.
    { S::work_bytes(params, scan) } -> std::same_as<std::size_t>;
    S::on_cpu(task, c);
};

// Families whose stages run on images: reconstruction, rendering.
template <class S>
concept ImageStage = Stage<S> &&
    requires(const typename S::Params& params, const typename S::Coefficients& c, const ImageTile& images) {
    { S::layers(params) } -> std::same_as<std::vector<Layer>>;
    S::on_cpu(images, c);
};

}  // namespace firstlight
