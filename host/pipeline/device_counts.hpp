// Counts that lie in a GPU's memory already, such as an array of CuPy: stages see them where they are, nothing is
// copied to the host but the sample that a survey looks at.
//
//   BorrowedCounts counts{CountType::u2, 1, 64, 64, 512, device_pointer};
//   const CountSource source = source_on_device(counts, *cuda_queue);
#pragma once

#include "host/data/borrowed_counts.hpp"
#include "host/pipeline/count_source.hpp"
#include "kernels/support/queue.hpp"

namespace firstlight {

// `counts.counts` is memory of the device that `queue` is of, which outlives the source, as the counts do. Readers may
// be used from several threads.
[[nodiscard]] CountSource source_on_device(const BorrowedCounts& counts, Queue& queue);

// Copies a window's counts to the host, out[rows * columns][bins].
void download_window(const BorrowedCounts& counts, Queue& queue, const TileWindow& window, void* out);

}  // namespace firstlight
