// The background of a scan over time, as its own traces show it: fog lights up before anything behind it does.
//
// Physics: the traces of the survey sample are pooled, each aligned (shift), over its live fraction and gain, less its
// dark counts. Surfaces are in that sum too, so it is freed of them in two steps.
//   1. An opening (the largest of the least values of all runs of bins, longer than the response, that hold a bin)
//      takes out narrow peaks and keeps steps and slopes: fog that sets in at once stays.
//   2. The most significant window of each trace that is far from chance against that (and those behind it, if asked
//      for) is left out of the pool with the response's head and tail around it, twice. Where more than a tenth of the
//      traces are left out, those that remain hold surfaces too weak to be seen, so the smaller of the pool and the
//      opening counts.
// The pool is averaged over as many neighbouring bins as 400 counts need, and is nowhere below 2 % of the mean of all
// counts. Limits: backscatter narrower than the response is taken for a surface; pixels whose fog has another shape
// than the mean's see the difference as significant once they have counts enough.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/gating/significant_window.hpp"
#include "kernels/support/stage.hpp"

namespace firstlight {

// Where the response lies about the window of a surface.
struct SurfaceSpan {
    std::int64_t width = 0;  // of the window, bins
    std::int64_t head = 0;   // bins before the window that the surface may light up
    std::int64_t tail = 0;   // bins after it
};

// A window of the sample that is far from chance.
struct Surface {
    std::size_t tile = 0;
    std::int64_t trace = 0, start = 0;
    double counts = 0, background = 0;  // in the window
};

struct Backscatter {
    std::vector<double> rate;  // [bins] counts of a trace of gain 1, without dark counts
    double dark = 0;           // mean dark counts per bin over mean gain
};

// How many surfaces of a trace are looked for: the most significant, then ones that lie behind it by so many bins.
struct SurfacesSought {
    std::int64_t most = 1;
    std::int64_t apart = 0;  // from the end of one window to the start of the next
};

// Errors: ExitCode::bad_input when every pixel of the sample is masked.
Backscatter pooled_backscatter(const Scan& scan, const SurveySample& sample, const SurfaceSpan& surface, double from,
                               double to, std::int64_t most_surfaces = 1);

// The windows of the sample's traces that are far from chance against a background; in the order of the sample and, in
// a trace, of time.
std::vector<Surface> find_surfaces(const SurveySample& sample, const Backscatter& background, std::int64_t width,
                                   double from, double to, const SurfacesSought& sought = {});

// [bins + 1] counts before each bin edge.
std::vector<double> cumulated(const std::vector<double>& rate);

}  // namespace firstlight
