// How every kernel of firstlight starts, on a GPU or under the host emulation that the tests use.
//
//   __global__ void scale(float* values, std::int64_t n, float by) {
//       const std::int64_t i = global_thread();
//       if (i < n) values[i] *= by;
//   }
//   launch(scale, {.blocks = blocks_for(n, 256), .threads = 256, .stream = stream}, values, n, 2.0f);
//
// Shared memory is declared with FL_SHARED(type, name, count) (static size) or FL_DYNAMIC_SHARED(type, name) with
// LaunchConfig::shared_bytes; it is passed on as SharedPointer<T>, another type over its bytes is shared_as<U>(p), and
// a raw pointer is unchecked(p). Under emulation accesses through it are checked (tests/support/cuda_on_host_shared.hpp
// has the rule). Errors: ExitCode::device.
#pragma once

#ifdef FIRSTLIGHT_CUDA_ON_HOST
#include "tests/support/cuda_on_host.hpp"
#else
#include <cuda_runtime.h>
#endif

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "kernels/support/error.hpp"
#include "kernels/support/views.hpp"

namespace firstlight {

struct LaunchConfig {
    dim3 blocks;
    dim3 threads;
    std::size_t shared_bytes = 0;
    cudaStream_t stream = nullptr;
#ifdef FIRSTLIGHT_CUDA_ON_HOST
    const char* file = __builtin_FILE();  // where the kernel is launched, for findings
    int line = __builtin_LINE();
#endif
};

inline void check_cuda(cudaError_t status, const char* what) {
    if (status != cudaSuccess)
        throw Error(ExitCode::device, std::string(what) + " failed on the CUDA device", cudaGetErrorString(status));
}

inline unsigned blocks_for(std::int64_t items, int per_block) {
    return static_cast<unsigned>((items + per_block - 1) / per_block);
}

#ifdef FIRSTLIGHT_CUDA_ON_HOST
template <class... Params, class... Args>
void launch(void (*kernel)(Params...), const LaunchConfig& config, Args&&... args) {
    if (config.blocks.x == 0 || config.blocks.y == 0 || config.blocks.z == 0) return;
    // The arguments are copied now; the kernel runs when its stream is synchronised.
    cuda_on_host::run(
        config.blocks, config.threads, config.shared_bytes, config.stream,
        [kernel, copies = std::tuple<std::decay_t<Params>...>(static_cast<Params>(args)...)] {
            std::apply(kernel, copies);
        },
        config.file, config.line);
}
#else
#define FL_SHARED(type, name, count) __shared__ type name[count]
#define FL_DYNAMIC_SHARED(type, name)                                  \
    extern __shared__ __align__(16) unsigned char fl_dynamic_shared[]; \
    type* name = reinterpret_cast<type*>(fl_dynamic_shared)

template <class T>
using SharedPointer = T*;
template <class U, class T>
__host__ __device__ U* shared_as(T* memory) {
    return reinterpret_cast<U*>(memory);
}
template <class T>
__host__ __device__ T* unchecked(T* memory) {
    return memory;
}

template <class... Params, class... Args>
void launch(void (*kernel)(Params...), const LaunchConfig& config, Args&&... args) {
    if (config.blocks.x == 0 || config.blocks.y == 0 || config.blocks.z == 0) return;
    if (config.shared_bytes > 48 * 1024)
        check_cuda(
            cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(config.shared_bytes)),
            "raising a kernel's shared memory");
    // clang-format off
    kernel<<<config.blocks, config.threads, config.shared_bytes, config.stream>>>(static_cast<Params>(args)...);
    // clang-format on
    check_cuda(cudaGetLastError(), "starting a kernel");
}
#endif

#if defined(__CUDACC__) || defined(FIRSTLIGHT_CUDA_ON_HOST)
__device__ inline std::int64_t global_thread() {
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
#endif

// A stage's CUDA version: name and launcher. Each .cu registers itself with FL_CUDA_STAGE.
using CudaStage = void (*)(const void* work, const void* coefficients, cudaStream_t stream);
void register_cuda_stage(const char* name, CudaStage stage);

struct CudaStageRegistration {
    CudaStageRegistration(const char* name, CudaStage stage) { register_cuda_stage(name, stage); }
};

// FL_CUDA_STAGE(TimeGate, TraceTile, time_gate_on_cuda) with
//   void time_gate_on_cuda(const TraceTile&, const TimeGate::Coefficients&, cudaStream_t)
#define FL_CUDA_STAGE(STAGE, WORK, LAUNCHER)                                                                           \
    static const ::firstlight::CudaStageRegistration registration_##LAUNCHER(                                          \
        STAGE::info.name, [](const void* work, const void* coefficients, cudaStream_t stream) {                        \
            LAUNCHER(*static_cast<const WORK*>(work), *static_cast<const STAGE::Coefficients*>(coefficients), stream); \
        })

}  // namespace firstlight
