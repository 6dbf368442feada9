// A scan held in memory so that any gate is instant: filled while reconstruct() runs, then asked by the viewer.
//
// In the last pass over the counts, when the stages before the gate have run on a tile, its traces are kept as sums
// along time with the tile's detector model (kernels/gating/held_traces.hpp), and so are the outcomes of those stages
// that the gate's prepare() and the image stages ask for. regate() then gates a view anew without its counts and runs
// the recipe's image stages on it, with the reference gated alike: the layers of reconstruct() with the same recipe to
// 1e-5, as kernels/gating/instant_gate.hpp says, as long as `step` is 1. Scans too large for the memory are held in
// steps of several bins, for a preview. Holding changes no bit of what reconstruct() returns.
//
//   HeldScan held;
//   RunOptions options;
//   options.hold = &held;
//   const Reconstruction batch = reconstruct(scan, counts, nullptr, recipe, queue, options);
//   set_parameter(recipe, "time_gate.close_ps", "40");
//   if (held.can_regate(recipe)) show(held.regate(recipe, 0, queue));
//
// Everything const may be called by several threads at once while nobody holds, on a queue with host memory; on a
// device by one at a time. A device's queue that it was filled on must outlive it; on the CPU it keeps memory of its
// own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/pipeline/recipe.hpp"
#include "host/pipeline/view_images.hpp"
#include "kernels/gating/held_traces.hpp"

namespace firstlight {

struct RegateOptions {
    std::set<std::string> leave_out;  // image stages not to run, such as slow ones while a gate is dragged
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(const std::string&)> warn;    // what stages have to say; may be empty
    std::map<std::string, double>* found = nullptr;  // outcomes such as "open_ps"
};

// Counts of a trace, or of several, per step.
struct HeldCurve {
    std::vector<double> edge_s;  // [steps + 1] on the scan's time axis
    std::vector<double> time_s;  // [steps] the middle of each step
    std::vector<double> counts;  // [steps]
};

struct HeldPixel {                                 // of the detector's model, as the stages before the gate left it
    double gain = 1, dark = 0, dark_variance = 0;  // dark counts per bin
    double arrival_s = 0, arrival_sigma_s = 0, shift_s = 0;  // arrival on the scan's time axis, with the shift
    std::uint8_t flags = 0;                                  // without those of the gate
};

class HeldScan {
  public:
    struct Plan {
        std::int64_t step = 1, steps = 0;  // bins per step, steps per trace
        std::size_t bytes = 0;
    };
    // The smallest step with which all views of the scan, and its reference where the recipe uses it, fit into so much
    // memory. Errors: ExitCode::bad_input when not even one step per trace fits.
    [[nodiscard]] static Plan plan(const Scan& scan, const Recipe& recipe, std::size_t memory_bytes);

    // `memory_bytes`: what may be taken, beside the memory of the run that fills it; 0: half of the machine's.
    explicit HeldScan(std::size_t memory_bytes = 0);

    [[nodiscard]] bool is_ready() const { return ready_; }  // false after a run that failed or was cancelled
    [[nodiscard]] const Scan& scan() const { return scan_; }
    [[nodiscard]] const Recipe& recipe() const { return recipe_; }
    [[nodiscard]] const Plan& plan() const { return plan_; }

    // Whether regate() can serve the recipe; else why not, a sentence for people. The stages before the gate must be
    // those held, with the same parameters, and the gate must be time_gate. Image stages may differ. A stage that makes
    // a volume does not run: its recipe's images are served, one view at a time.
    [[nodiscard]] bool can_regate(const Recipe& recipe, std::string* why_not = nullptr) const;

    // The images of one view, as reconstruct() makes them with this recipe, less the layers of what is left out.
    // Without `attenuation` the reference need not be gated, which takes half of the time. Where each pixel has a
    // response of its own, finding its shares for `purity` takes longer than the gate. Errors: ExitCode::usage where
    // can_regate() is false; those of the gate and of the stages; Interrupted.
    [[nodiscard]] GatedImages regate(const Recipe& recipe, std::int64_t view, Queue& queue,
                                     const RegateOptions& options = {}) const;

    // As measured; pixel = y * columns + x.
    [[nodiscard]] HeldCurve trace(std::int64_t view, std::int64_t pixel) const;
    // Sum over pixels. `aligned`: each trace is moved by how much its arrival differs from median_arrival_s(), light
    // taken as even within a step (linear interpolation of the sums); pixels without an arrival stay out.
    [[nodiscard]] HeldCurve sum_of(std::int64_t view, const std::vector<std::int64_t>& pixels, bool aligned) const;
    // Counts of each pixel between two times in bins (kernels/gating/held_frame.hpp) into out[pixels]. `aligned`: after
    // each pixel's arrival.
    void frame(std::int64_t view, double from_bin, double to_bin, bool aligned, float* out) const;
    [[nodiscard]] HeldPixel model(std::int64_t view, std::int64_t pixel) const;
    [[nodiscard]] double median_arrival_s(std::int64_t view) const;  // of unmasked pixels; NaN without one

    // For reconstruct(): in this order, `view` -1 being the reference. hold() is called by many lanes at once.
    void begin(const Scan& scan, const Recipe& recipe, Queue& queue, bool with_reference);
    void remember(std::int64_t view, const std::map<std::string, double>& shared);  // before the gate's prepare()
    void hold(std::int64_t view, const TraceTile& tile, const TileWindow& inner, int lane);
    void keep(std::int64_t view, const ViewImages& images);  // after the trace stages
    void finish();

  private:
    struct Slot {
        std::vector<QueueMemory> memory;
        HeldTraces held;
        std::map<std::string, double> shared;
        ViewImages images;              // layers of the stages before the gate, flags
        std::vector<double> edge_bins;  // [steps + 1]
        double median_arrival = 0;      // bins
    };
    [[nodiscard]] Slot& slot(std::int64_t view);
    [[nodiscard]] const Slot& slot(std::int64_t view) const;
    void make(Slot& slot);
    [[nodiscard]] const std::uint32_t* counts_of(const Slot& slot, std::int64_t pixel,
                                                 std::vector<std::uint32_t>& scratch) const;
    template <class T>
    [[nodiscard]] T value(const T* array, std::int64_t index) const;
    [[nodiscard]] HeldCurve empty_curve(const Slot& slot) const;
    [[nodiscard]] ViewImages gated(std::int64_t view, const Recipe& recipe, Queue& queue, Keeper& keep,
                                   std::map<std::string, double>& shared, const RegateOptions& options) const;

    std::size_t memory_bytes_;
    bool ready_ = false;
    std::unique_ptr<Queue> own_;  // on the CPU
    Queue* queue_ = nullptr;
    Scan scan_;
    Recipe recipe_;
    Plan plan_;
    std::vector<Slot> slots_;  // the views, then the reference where there is one
};

}  // namespace firstlight
