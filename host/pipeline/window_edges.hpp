// Which sums over its bins a pixel is looked at for, where that is all that a recipe's trace stages do.
//
// Stages that only add up counts between certain bins cannot tell a trace from another one that has the same sums. So
// events need not be counted into traces for them: a few sums per pixel are counted and put, one each, into the first
// bin of the part that they are the sum of. Gates with soft edges weigh every bin of an edge by itself; each of these
// is a part of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host/pipeline/plan.hpp"
#include "host/pipeline/tile_stream.hpp"
#include "kernels/acquisition/tag_windows.hpp"

namespace firstlight {

struct WindowEdges {
    std::int64_t groups = 1;
    std::vector<PixelEdges> records;  // [pixels][groups], ascending; the first edge of a pixel is 0
};

// True when every trace stage of the recipe looks at sums only.
[[nodiscard]] bool sums_suffice(const Recipe& recipe, const Scan& scan);

// The edges, given the stages as prepared for the host; empty when a pixel has too many of them.
[[nodiscard]] std::optional<WindowEdges> window_edges(Queue& host, const Scan& scan, std::int64_t view,
                                                      const std::vector<PreparedStage>& stages, const TileNeeds& needs);

}  // namespace firstlight
