// Words that let one function body compile for the CPU, for nvcc and for the host emulation of CUDA.
#pragma once

#if defined(__CUDACC__)
#define FL_HD __host__ __device__
#else
#define FL_HD
#endif

// For the small functions of a hot loop: a call that is not inlined keeps the loop from being vectorised.
#define FL_INLINE FL_HD inline __attribute__((always_inline))

// FL_SIMD before a hot CPU function: the compiler makes one copy per instruction set and the best one for the
// machine is picked at load time, by what the processor can do ("arch=haswell" would mean Intel's processor alone).
// No copy contracts a*b+c (-ffp-contract=off), so all copies give the same bits.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__CUDACC__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(FIRSTLIGHT_NO_MULTIVERSIONING)
#define FL_SIMD __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FL_SIMD
#endif
