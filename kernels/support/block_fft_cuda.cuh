// The passes of an FftPlan (lane_fft.hpp) by one CUDA block over one row in shared memory.
//
//   const SharedPointer<float> done = block_fft(plan, values, work);   // [n] each
//
// The result lies in `values` when the number of passes is even, else in `work`; the other is free.
// All threads of the block take part; it starts and ends with all of them having arrived.
#pragma once

#include "kernels/support/lane_fft.hpp"
#include "kernels/support/launch_cuda.cuh"

namespace firstlight {

__device__ inline ComplexValue complex_at(SharedPointer<float> from, std::int64_t i) {
    return {from[2 * i], from[2 * i + 1]};
}
__device__ inline void put_turned(SharedPointer<float> to, std::int64_t i, const ComplexValue& v, const float* turn) {
    to[2 * i] = v.re * turn[0] - v.im * turn[1];
    to[2 * i + 1] = v.re * turn[1] + v.im * turn[0];
}

__device__ inline SharedPointer<float> block_fft(const FftPlan& plan, SharedPointer<float> values,
                                                 SharedPointer<float> work) {
    SharedPointer<float> from = values;
    SharedPointer<float> to = work;
    std::int64_t length = plan.m;
    std::int64_t stride = 1;
    __syncthreads();
    for (int pass = 0; pass < plan.passes; ++pass) {
        const int radix = plan.radix[pass];
        const std::int64_t m = length / radix;
        for (std::int64_t at = threadIdx.x; at < m * stride; at += blockDim.x) {
            const std::int64_t p = at / stride;
            const std::int64_t q = at % stride;
            const float* w = plan.turn + 4 * p * stride;
            const float* w2 = plan.turn + 8 * p * stride;
            const std::int64_t out = q + stride * radix * p;
            const ComplexValue a = complex_at(from, q + stride * p);
            const ComplexValue b = complex_at(from, q + stride * (p + m));
            if (radix == 2) {
                put_turned(to, out, {a.re + b.re, a.im + b.im}, plan.turn);
                put_turned(to, out + stride, {a.re - b.re, a.im - b.im}, w);
                continue;
            }
            const ComplexValue c = complex_at(from, q + stride * (p + 2 * m));
            if (radix == 3) {
                constexpr float half_root_3 = 0.86602540378443865F;
                const ComplexValue sum{b.re + c.re, b.im + c.im};
                const ComplexValue turned{(b.im - c.im) * half_root_3, (c.re - b.re) * half_root_3};
                const ComplexValue middle{a.re - sum.re * 0.5F, a.im - sum.im * 0.5F};
                put_turned(to, out, {a.re + sum.re, a.im + sum.im}, plan.turn);
                put_turned(to, out + stride, {middle.re + turned.re, middle.im + turned.im}, w);
                put_turned(to, out + 2 * stride, {middle.re - turned.re, middle.im - turned.im}, w2);
                continue;
            }
            const ComplexValue d = complex_at(from, q + stride * (p + 3 * m));
            const ComplexValue ac{a.re + c.re, a.im + c.im};
            const ComplexValue a_c{a.re - c.re, a.im - c.im};
            const ComplexValue bd{b.re + d.re, b.im + d.im};
            const ComplexValue b_d{b.im - d.im, d.re - b.re};
            put_turned(to, out, {ac.re + bd.re, ac.im + bd.im}, plan.turn);
            put_turned(to, out + stride, {a_c.re + b_d.re, a_c.im + b_d.im}, w);
            put_turned(to, out + 2 * stride, {ac.re - bd.re, ac.im - bd.im}, w2);
            put_turned(to, out + 3 * stride, {a_c.re - b_d.re, a_c.im - b_d.im}, plan.turn + 12 * p * stride);
        }
        __syncthreads();
        length = m;
        stride *= radix;
        const SharedPointer<float> done = to;
        to = from;
        from = done;
    }
    return from;
}

}  // namespace firstlight
