// What the trace panel draws: counts over time from the traces in memory, and what the recipe makes of them
// (host/pipeline/trace_detail.hpp). Kept until something else is asked for; what takes long is made by threads of its
// own, so nothing here waits.
//
//   TraceData data([&] { window.wake(); });
//   if (const auto curve = data.curve(document, target)) draw(curve->held);           // null: being made, or no traces
//   if (const auto detail = data.detail(document, target)) draw(detail->components);  // may be of an older recipe
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/pipeline/trace_detail.hpp"
#include "viewer/session/worker.hpp"
#include "viewer/trace/trace_target.hpp"

namespace firstlight::viewer {

struct TraceCurve {
    HeldCurve held;
    std::int64_t pixels = 0, masked = 0;  // added up; left out
    double arrival_s = 0;                 // the pixel's; of several the mean, aligned ones the median; NaN: none
    std::uint8_t flags = 0;               // of one pixel

    // Counts between two times, light taken as even within a bin. `rise_s`: soft edges (time_gate.hpp).
    [[nodiscard]] double counts_between(double from_s, double to_s, double rise_s = 0) const;
};

// What the images on the screen say of the traces' pixels: of one pixel its values, of several sums of counts.
struct TraceReadOut {
    std::optional<double> ballistic, sigma, background, purity, snr;
};

class TraceData {
  public:
    explicit TraceData(std::function<void()> wake);
    ~TraceData();
    TraceData(const TraceData&) = delete;
    TraceData& operator=(const TraceData&) = delete;

    [[nodiscard]] std::shared_ptr<const TraceCurve> curve(const Document& document, const TraceTarget& target);
    // Of this target; while its recipe is being changed by a drag, what it was before. Null, with a sentence in
    // `why_not` when there will be none: more than most_pixels, traces held in steps, an error.
    static constexpr std::size_t most_pixels = 2000;
    [[nodiscard]] std::shared_ptr<const TraceDetail> detail(const Document& document, const TraceTarget& target,
                                                            std::string* why_not = nullptr);
    [[nodiscard]] const TraceReadOut& read_out(const Document& document, const TraceTarget& target);
    [[nodiscard]] bool busy() const;  // something is being made

  private:
    struct Stages;
    struct Made {  // by a thread
        std::shared_ptr<const TraceCurve> curve;
        std::shared_ptr<const TraceDetail> detail;
        std::string curve_key, detail_target, detail_key, failed;
    };
    std::weak_ptr<const Held> of_;
    std::string curve_asked_, detail_asked_;
    std::shared_ptr<Stages> stages_;
    std::mutex mutex_;
    Made made_;
    TraceReadOut read_out_;
    std::string read_out_key_;
    Worker sums_, details_;  // last, so that they end first
};

}  // namespace firstlight::viewer
