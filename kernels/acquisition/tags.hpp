// Time tags: one per detected photon, which pixel saw it and in which bin after the laser pulse. Plain pointers into a
// queue's memory, as views.hpp does for counts.
#pragma once

#include <cstdint>

#include "kernels/support/portable.hpp"

namespace firstlight {

struct TagBlock {
    const std::uint32_t* pixels = nullptr;  // [tags] y * columns + x
    const void* bins = nullptr;             // [tags] u2, or u4 when wide
    bool wide = false;
    std::int64_t tags = 0;
};

// Calls f(const T*) with the bins in their stored type.
template <class F>
FL_HD decltype(auto) visit_bins(const TagBlock& block, F&& f) {
    return block.wide ? f(static_cast<const std::uint32_t*>(block.bins))
                      : f(static_cast<const std::uint16_t*>(block.bins));
}

}  // namespace firstlight
