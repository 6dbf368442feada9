// The trace stages of a recipe on single pixels: what a look into one trace shows is exactly what the run did, because
// the same prepared stages run over it, on the CPU.
//
//   TraceStages stages({scan, counts, &reference, recipe, 0, &cancelled});   // surveys; worth a thread of its own
//   stages.run(pixel, [&](const TraceTile& tile, std::int64_t trace) { tile.model.arrival[trace]; });
//
// Preparing takes what surveys take in a run: a sample of up to some thousand traces, and for a stage that asks for
// every pixel (matched_arrival per pixel) a pass over all of one view. Then a pixel takes the time of its own trace,
// and of those around it where a stage looks at them (halo). Results agree with the CPU's to the bit, with a GPU's to
// what the stages' headers say. Not for two threads at once. Errors: those of the stages and of reading; Interrupted.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "host/pipeline/count_source.hpp"
#include "host/pipeline/job.hpp"
#include "host/pipeline/recipe.hpp"
#include "kernels/support/scan.hpp"

namespace firstlight {

struct TraceStagesInput {
    const Scan& scan;              // calibrated, of the counts' type; what it and the sources refer to must live on
    const CountSource& counts;     // of the scan
    const CountSource* reference;  // null: none
    Recipe recipe;
    std::int64_t view = 0;
    const std::atomic<bool>* cancelled = nullptr;
};

class TraceStages {
  public:
    explicit TraceStages(const TraceStagesInput& input);
    ~TraceStages();
    TraceStages(const TraceStages&) = delete;
    TraceStages& operator=(const TraceStages&) = delete;

    // Runs all trace stages over the pixel (y * columns + x) and lets `look` see the tile and which of its traces is
    // the pixel's; pointers are valid within the call.
    void run(std::int64_t pixel, const std::function<void(const TraceTile&, std::int64_t trace)>& look) const;

    // What prepare() of a stage made, or null when the recipe has no such stage.
    template <class S>
    [[nodiscard]] const typename S::Coefficients* coefficients() const {
        return static_cast<const typename S::Coefficients*>(coefficients(S::info.name));
    }
    [[nodiscard]] const Scan& scan() const;
    [[nodiscard]] const Recipe& recipe() const;

  private:
    [[nodiscard]] const void* coefficients(std::string_view stage) const;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// The same from a file: the job's scan, calibration and recipe, with all that they refer to. `cancelled` must live as
// long.
[[nodiscard]] std::shared_ptr<const TraceStages> open_trace_stages(const Job& job, std::int64_t view,
                                                                   const std::atomic<bool>* cancelled);

}  // namespace firstlight
