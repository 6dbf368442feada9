// What the threads of a warp or a block find together, for real CUDA and the host emulation. The order of additions is
// fixed, so the same input gives the same bits.
//
//   const float total = warp_sum(mine);              // in every lane; lane k adds with lane k^16, then k^8, ... k^1
//   const int before = warp_exclusive_scan(mine);    // sum over the lanes before this one
//   FL_SHARED(float, partial, 32);
//   const float all = block_sum(mine, partial);      // in every thread; `partial` is free again afterwards
//
// All 32 lanes of the warp must call the warp functions, all threads of the block block_sum; a block's size must be a
// multiple of 32. T: float, double, int, unsigned or a 64-bit integer.
#pragma once

#include "kernels/support/launch_cuda.cuh"

namespace firstlight {

inline constexpr int warp_lanes = 32;
inline constexpr unsigned all_lanes = 0xffffffffU;

__device__ inline int thread_in_block() {
    return static_cast<int>(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z));
}
__device__ inline int lane() { return thread_in_block() % warp_lanes; }
__device__ inline int warp_in_block() { return thread_in_block() / warp_lanes; }
__device__ inline int warps_in_block() { return static_cast<int>(blockDim.x * blockDim.y * blockDim.z) / warp_lanes; }

template <class T>
__device__ T warp_sum(T value) {
    for (int apart = warp_lanes / 2; apart > 0; apart /= 2) value += __shfl_xor_sync(all_lanes, value, apart);
    return value;
}

template <class T>
__device__ T warp_max(T value) {
    for (int apart = warp_lanes / 2; apart > 0; apart /= 2) {
        const T other = __shfl_xor_sync(all_lanes, value, apart);
        if (value < other) value = other;
    }
    return value;
}

template <class T>
__device__ T warp_inclusive_scan(T value) {
    for (int apart = 1; apart < warp_lanes; apart *= 2) {
        const T before = __shfl_up_sync(all_lanes, value, static_cast<unsigned>(apart));
        if (lane() >= apart) value += before;
    }
    return value;
}

template <class T>
__device__ T warp_exclusive_scan(T value) {
    const T before = __shfl_up_sync(all_lanes, warp_inclusive_scan(value), 1U);
    return lane() == 0 ? T(0) : before;
}

// `partial`: 32 elements of shared memory.
template <class T>
__device__ T block_sum(T value, SharedPointer<T> partial) {
    const T mine = warp_sum(value);
    if (lane() == 0) partial[warp_in_block()] = mine;
    __syncthreads();
    const T total = warp_sum(lane() < warps_in_block() ? static_cast<T>(partial[lane()]) : T(0));
    __syncthreads();
    return total;
}

}  // namespace firstlight
