// Light that fog scatters forwards on its way to a surface and back comes late by a little, and there may be more of it
// than of the unscattered: a response alone laid over both puts surfaces too far away.
//
// Physics: light of a surface is taken to arrive as h * [(1 - s) delta(t) + s exp(-t / T) / T], h the response. The
// share s and the delay T are those of the whole scan: of a coarse and then a finer grid, the pair with the largest
// Poisson likelihood over the brightest surfaces of the survey sample, the arrival of each free (by eighths of a bin),
// its light and background as its window has them. Where the likelihood does not gain ln L = 8 over s = 0, none is
// assumed. A delay much shorter than the response is hard to tell from a later arrival, so that few photons leave
// arrivals as late as they look; a response that is not the scan's own, or surfaces at several depths in a pixel, pass
// for scattered light. s is what the fit calls late, not a measured purity.
#pragma once

#include "kernels/gating/backscatter.hpp"
#include "kernels/support/response.hpp"

namespace firstlight {

struct ForwardScatter {
    double share = 0;
    double delay_bins = 0;
    double gain = 0;  // of ln likelihood over none
};

constexpr std::int64_t forward_scatter_windows = 3;  // from the start of a surface's window on its light is looked at

ForwardScatter fit_forward_scatter(const Scan& scan, const SurveySample& sample, const std::vector<Surface>& surfaces,
                                   std::int64_t width);

// What is needed of a scan to lay another response over it.
Scan with_response(const Scan& scan, Response response);

// The scan's response (mean over pixels) with such light added.
Response with_forward_scatter(const Scan& scan, const ForwardScatter& scatter);

}  // namespace firstlight
