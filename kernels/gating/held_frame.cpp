#include "kernels/gating/held_frame.hpp"

#include "kernels/support/parallel_for.hpp"

namespace firstlight {

void HeldFrame::on_cpu(const HeldFrameTask& task, const Coefficients& c) {
    parallel_for(task.held.traces(), 2048, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) show(task, i, c);
    });
}

}  // namespace firstlight
