// Photon events summed over windows of each pixel, in one pass over the file and with no histogram.
#pragma once

#include "host/pipeline/count_source.hpp"
#include "host/pipeline/event_source.hpp"
#include "host/pipeline/window_edges.hpp"

namespace firstlight {

// A source whose traces have the same sums between the edges as those of the events, each in the first bin of its part.
[[nodiscard]] CountSource sum_events(const EventDataset& events, Queue& queue, const EventSourceOptions& options,
                                     WindowEdges edges);

}  // namespace firstlight
