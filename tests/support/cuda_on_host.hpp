// CUDA on the host, for tests: the .cu files of firstlight compile with a C++ compiler against this header, and every
// CUDA thread of a block becomes a fibre. A check of LOGIC, never of speed: nothing measured here says anything about
// a GPU. Blocks run one after another; streams run their work as late as CUDA allows, when they are synchronised.
//
// Findings are thrown as Error (ExitCode::device) by the synchronising call; they name the launch, block and thread:
//   - access outside an array declared with FL_SHARED / FL_DYNAMIC_SHARED, or reading what no thread wrote
//   - a shared element touched by two threads, one of them writing, without a barrier between (__syncthreads, or
//     __syncwarp within a warp; shuffles and votes order no memory); atomics do not race with each other
//   - a barrier that not all threads of the block reach, or that they reach at different places of the source
//   - a warp operation where a lane named in the mask takes no part, or a shuffle that reads such a lane
//   - writes outside global memory (guard zones, checked after each launch), copies outside an allocation
//   - a copy to the host of words that nothing wrote, or that were computed from such words
//   - pinned memory changed between an upload and its synchronisation
// A host that reads a download before synchronising sees the NaN `unsynchronised`.
//
// Environment: FIRSTLIGHT_EMULATION_ORDER = forward | reverse | shuffled | shuffled:SEED  order of threads and blocks
//              FIRSTLIGHT_EMULATION_ALLOW_UNSET = 1   copies of partly unset memory are meant
//              FIRSTLIGHT_EMULATION_MEMORY_MIB        size of the device's memory (1024)
// `__activemask()` answers with the calling lane alone, which CUDA allows at any moment: code must be right with that.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __constant__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

#define FL_VECTOR2(type, T) \
    struct type##2 {        \
        T x, y;             \
    };                      \
    inline type##2 make_##type##2(T x, T y) { return {x, y}; }
#define FL_VECTOR34(type, T)                                           \
    struct type##3 {                                                   \
        T x, y, z;                                                     \
    };                                                                 \
    inline type##3 make_##type##3(T x, T y, T z) { return {x, y, z}; } \
    struct alignas(4 * sizeof(T) > 16 ? 16 : 4 * sizeof(T)) type##4 {  \
        T x, y, z, w;                                                  \
    };                                                                 \
    inline type##4 make_##type##4(T x, T y, T z, T w) { return {x, y, z, w}; }
#define FL_VECTORS(type, T) FL_VECTOR2(type, T) FL_VECTOR34(type, T)
FL_VECTORS(float, float)
FL_VECTORS(double, double)
FL_VECTORS(int, int)
FL_VECTORS(uint, unsigned)
FL_VECTORS(uchar, unsigned char)
FL_VECTORS(ushort, unsigned short)
#undef FL_VECTORS
#undef FL_VECTOR34
#undef FL_VECTOR2

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
    constexpr dim3(unsigned vx = 1, unsigned vy = 1, unsigned vz = 1) : x(vx), y(vy), z(vz) {}
};

namespace cuda_on_host {

struct Grid {
    dim3 blocks, threads;
    uint3 block{};
};
struct Place {  // where the running CUDA thread is
    uint3 thread{};
    const Grid* grid = nullptr;
    unsigned lane = 0;
};
extern const Place* here;

enum class WarpWord { shuffle, vote, sum, barrier };
// What the lanes of a warp bring to a warp operation; valid until the lane's next one.
struct Lanes {
    unsigned taking_part = 0;
    std::uint64_t bits[32] = {};
};
const Lanes& meet(WarpWord word, unsigned mask, std::uint64_t bits, const char* file, int line);
int block_barrier(bool predicate, const char* file, int line);  // how many threads brought true
[[noreturn]] void absent_lane(unsigned source, const char* file, int line);
[[noreturn]] void trap(const char* file, int line);

template <class T>
requires(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8)) T
    shuffle(unsigned mask, T value, unsigned source, const char* file, int line) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    const Lanes& lanes = meet(WarpWord::shuffle, mask, bits, file, line);
    if ((lanes.taking_part >> source & 1U) == 0) absent_lane(source, file, line);
    std::memcpy(&value, &lanes.bits[source], sizeof value);
    return value;
}
inline unsigned votes(unsigned mask, bool predicate, const char* file, int line) {
    const Lanes& lanes = meet(WarpWord::vote, mask, predicate ? 1 : 0, file, line);
    unsigned ballot = 0;
    for (unsigned k = 0; k < 32; ++k)
        if ((lanes.taking_part >> k & 1U) != 0 && lanes.bits[k] != 0) ballot |= 1U << k;
    return ballot;
}

}  // namespace cuda_on_host

#define threadIdx (::cuda_on_host::here->thread)
#define blockIdx (::cuda_on_host::here->grid->block)
#define blockDim (::cuda_on_host::here->grid->threads)
#define gridDim (::cuda_on_host::here->grid->blocks)
inline constexpr int warpSize = 32;

#define FL_AT const char *file = __builtin_FILE(), int line = __builtin_LINE()
inline void __syncthreads(FL_AT) { cuda_on_host::block_barrier(false, file, line); }
inline int __syncthreads_count(int predicate, FL_AT) { return cuda_on_host::block_barrier(predicate != 0, file, line); }
inline int __syncthreads_or(int predicate, FL_AT) {
    return cuda_on_host::block_barrier(predicate != 0, file, line) > 0 ? 1 : 0;
}
inline int __syncthreads_and(int predicate, FL_AT) {
    return cuda_on_host::block_barrier(predicate == 0, file, line) == 0 ? 1 : 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffU, FL_AT) {
    cuda_on_host::meet(cuda_on_host::WarpWord::barrier, mask, 0, file, line);
}
inline void __threadfence() {}
inline void __threadfence_block() {}
[[noreturn]] inline void __trap(FL_AT) { cuda_on_host::trap(file, line); }

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, FL_AT) {
    const unsigned lane = cuda_on_host::here->lane;
    const unsigned inside = static_cast<unsigned>(width) - 1;
    return cuda_on_host::shuffle(mask, value, (lane & ~inside) | (static_cast<unsigned>(source) & inside), file, line);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, FL_AT) {
    const unsigned lane = cuda_on_host::here->lane;
    const unsigned in_segment = lane & (static_cast<unsigned>(width) - 1);
    return cuda_on_host::shuffle(mask, value, delta <= in_segment ? lane - delta : lane, file, line);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, FL_AT) {
    const unsigned lane = cuda_on_host::here->lane;
    const unsigned in_segment = lane & (static_cast<unsigned>(width) - 1);
    const bool stays = in_segment + delta < static_cast<unsigned>(width);
    return cuda_on_host::shuffle(mask, value, stays ? lane + delta : lane, file, line);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, FL_AT) {
    const unsigned lane = cuda_on_host::here->lane;
    const unsigned source = lane ^ static_cast<unsigned>(with);
    const unsigned last = lane | (static_cast<unsigned>(width) - 1);
    return cuda_on_host::shuffle(mask, value, source <= last ? source : lane, file, line);
}
inline unsigned __activemask() { return 1U << cuda_on_host::here->lane; }
inline unsigned __ballot_sync(unsigned mask, int predicate, FL_AT) {
    return cuda_on_host::votes(mask, predicate != 0, file, line);
}
inline int __any_sync(unsigned mask, int predicate, FL_AT) {
    return cuda_on_host::votes(mask, predicate != 0, file, line) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, FL_AT) {
    return cuda_on_host::votes(mask, predicate == 0, file, line) == 0 ? 1 : 0;
}
template <class T>
requires(std::same_as<T, int> || std::same_as<T, unsigned>) T __reduce_add_sync(unsigned mask, T value, FL_AT) {
    const auto& lanes = cuda_on_host::meet(cuda_on_host::WarpWord::sum, mask, static_cast<unsigned>(value), file, line);
    unsigned sum = 0;
    for (unsigned k = 0; k < 32; ++k)
        if ((lanes.taking_part >> k & 1U) != 0) sum += static_cast<unsigned>(lanes.bits[k]);
    return static_cast<T>(sum);
}
#undef FL_AT

#include "tests/support/cuda_on_host_arithmetic.hpp"
#include "tests/support/cuda_on_host_runtime.hpp"
#include "tests/support/cuda_on_host_shared.hpp"
