// The one place that chooses between the CPU and the CUDA version of a stage.
#pragma once

#include "kernels/support/stage.hpp"

namespace firstlight {

template <class S, class Work>
void run(Queue& queue, const Work& work, const typename S::Coefficients& coefficients, int lane) {
    if (queue.is_host()) S::on_cpu(work, coefficients);
    else queue.launch(S::info.name, &work, &coefficients, lane);
}

}  // namespace firstlight
