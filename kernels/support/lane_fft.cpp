#include "kernels/support/lane_fft.hpp"

#include <cmath>
#include <cstring>

namespace firstlight {
namespace {

constexpr std::int64_t row = 2 * fft_lanes;  // floats of one complex value of all lanes
using Lanes = float __attribute__((vector_size(fft_lanes * sizeof(float))));

// One complex value per lane. Vectors are passed by reference only: by value their ABI depends on the machine.
struct Value {
    Lanes re, im;
};

FL_INLINE void get(const float* from, Value& v) {
    std::memcpy(&v.re, from, sizeof v.re);
    std::memcpy(&v.im, from + fft_lanes, sizeof v.im);
}
FL_INLINE void put(float* to, const Value& v) {
    std::memcpy(to, &v.re, sizeof v.re);
    std::memcpy(to + fft_lanes, &v.im, sizeof v.im);
}
FL_INLINE void put_times(float* to, const Value& v, float c, float s) {
    const Value turned{v.re * c - v.im * s, v.re * s + v.im * c};
    put(to, turned);
}

struct Pass {
    std::int64_t length = 0;  // what is left to transform
    std::int64_t stride = 0;  // rows side by side: the product of the radices before
    const float* turn = nullptr;
};

// Outputs of a butterfly at p: output u is turned by exp(-2 pi i p u / length).
FL_SIMD void pass_2(const Pass& pass, const float* x, float* y) {
    const std::int64_t m = pass.length / 2;
    for (std::int64_t p = 0; p < m; ++p) {
        const float* w = pass.turn + 4 * p * pass.stride;
        for (std::int64_t q = 0; q < pass.stride; ++q) {
            Value a, b;
            get(x + row * (q + pass.stride * p), a);
            get(x + row * (q + pass.stride * (p + m)), b);
            float* out = y + row * (q + pass.stride * 2 * p);
            const Value sum{a.re + b.re, a.im + b.im};
            const Value difference{a.re - b.re, a.im - b.im};
            put(out, sum);
            put_times(out + row * pass.stride, difference, w[0], w[1]);
        }
    }
}

FL_SIMD void pass_3(const Pass& pass, const float* x, float* y) {
    constexpr float half_root_3 = 0.86602540378443865F;
    const std::int64_t m = pass.length / 3;
    for (std::int64_t p = 0; p < m; ++p) {
        const float* w1 = pass.turn + 4 * p * pass.stride;
        const float* w2 = pass.turn + 8 * p * pass.stride;
        for (std::int64_t q = 0; q < pass.stride; ++q) {
            Value a, b, c;
            get(x + row * (q + pass.stride * p), a);
            get(x + row * (q + pass.stride * (p + m)), b);
            get(x + row * (q + pass.stride * (p + 2 * m)), c);
            float* out = y + row * (q + pass.stride * 3 * p);
            const Value sum{b.re + c.re, b.im + c.im};
            const Value turned{(b.im - c.im) * half_root_3, (c.re - b.re) * half_root_3};  // -i sqrt(3)/2 (b - c)
            const Value middle{a.re - sum.re * 0.5F, a.im - sum.im * 0.5F};
            const Value all{a.re + sum.re, a.im + sum.im};
            const Value first{middle.re + turned.re, middle.im + turned.im};
            const Value second{middle.re - turned.re, middle.im - turned.im};
            put(out, all);
            put_times(out + row * pass.stride, first, w1[0], w1[1]);
            put_times(out + row * pass.stride * 2, second, w2[0], w2[1]);
        }
    }
}

FL_SIMD void pass_4(const Pass& pass, const float* x, float* y) {
    const std::int64_t m = pass.length / 4;
    for (std::int64_t p = 0; p < m; ++p) {
        const float* w1 = pass.turn + 4 * p * pass.stride;
        const float* w2 = pass.turn + 8 * p * pass.stride;
        const float* w3 = pass.turn + 12 * p * pass.stride;
        for (std::int64_t q = 0; q < pass.stride; ++q) {
            Value a, b, c, d;
            get(x + row * (q + pass.stride * p), a);
            get(x + row * (q + pass.stride * (p + m)), b);
            get(x + row * (q + pass.stride * (p + 2 * m)), c);
            get(x + row * (q + pass.stride * (p + 3 * m)), d);
            float* out = y + row * (q + pass.stride * 4 * p);
            const Value ac{a.re + c.re, a.im + c.im};
            const Value a_c{a.re - c.re, a.im - c.im};
            const Value bd{b.re + d.re, b.im + d.im};
            const Value b_d{b.im - d.im, d.re - b.re};  // -i (b - d)
            const Value zeroth{ac.re + bd.re, ac.im + bd.im};
            const Value first{a_c.re + b_d.re, a_c.im + b_d.im};
            const Value second{ac.re - bd.re, ac.im - bd.im};
            const Value third{a_c.re - b_d.re, a_c.im - b_d.im};
            put(out, zeroth);
            put_times(out + row * pass.stride, first, w1[0], w1[1]);
            put_times(out + row * pass.stride * 2, second, w2[0], w2[1]);
            put_times(out + row * pass.stride * 3, third, w3[0], w3[1]);
        }
    }
}

}  // namespace

std::int64_t fft_size(std::int64_t n) {
    std::int64_t best = 2;
    while (best < n) best *= 2;
    for (const std::int64_t threes : {6, 18}) {
        std::int64_t size = threes;
        while (size < n) size *= 2;
        if (size < best) best = size;
    }
    return best;
}

FftTables::FftTables(std::int64_t n) : turn_(static_cast<std::size_t>(2 * n)) {
    plan_.n = n;
    plan_.m = n / 2;
    for (std::int64_t rest = plan_.m; rest > 1;) {
        const int radix = rest % 4 == 0 ? 4 : rest % 3 == 0 ? 3 : 2;
        plan_.radix[plan_.passes++] = static_cast<std::int8_t>(radix);
        rest /= radix;
    }
    for (std::int64_t k = 0; k < n; ++k) {
        const double angle = -2 * M_PI * static_cast<double>(k) / static_cast<double>(n);
        turn_[static_cast<std::size_t>(2 * k)] = static_cast<float>(std::cos(angle));
        turn_[static_cast<std::size_t>(2 * k + 1)] = static_cast<float>(std::sin(angle));
    }
}

FftPlan FftTables::plan(const float* turn) const {
    FftPlan plan = plan_;
    plan.turn = turn;
    return plan;
}

float* lane_fft(const FftPlan& plan, float* values, float* work) {
    float* from = values;
    float* to = work;
    Pass pass{plan.m, 1, plan.turn};
    for (int i = 0; i < plan.passes; ++i) {
        const int radix = plan.radix[i];
        if (radix == 4) pass_4(pass, from, to);
        else if (radix == 3) pass_3(pass, from, to);
        else pass_2(pass, from, to);
        pass.length /= radix;
        pass.stride *= radix;
        float* const done = to;
        to = from;
        from = done;
    }
    return from;
}

std::vector<float> real_spectrum(const FftTables& tables, const std::vector<float>& row) {
    const FftPlan plan = tables.plan();
    std::vector<float> values(static_cast<std::size_t>(plan.n * fft_lanes), 0.0F);
    std::vector<float> work(values.size());
    for (std::size_t i = 0; i < row.size(); ++i) values[i * fft_lanes] = row[i];
    const float* found = lane_fft(plan, values.data(), work.data());
    const auto at = [&](std::int64_t k) {
        const float* v = found + k % plan.m * 2 * fft_lanes;
        return ComplexValue{v[0], v[fft_lanes]};
    };
    std::vector<float> spectrum(static_cast<std::size_t>(2 * (plan.m + 1)));
    for (std::int64_t k = 0; k <= plan.m / 2; ++k) {
        ComplexPair x;
        real_pair({at(k), at(plan.m - k)}, {plan.turn[2 * k], plan.turn[2 * k + 1]}, x);
        const std::int64_t places[] = {k, plan.m - k};
        const ComplexValue* values_at[] = {&x.at, &x.mirror};
        for (int i = 0; i < 2; ++i) {
            spectrum[static_cast<std::size_t>(2 * places[i])] = values_at[i]->re;
            spectrum[static_cast<std::size_t>(2 * places[i] + 1)] = values_at[i]->im;
        }
    }
    return spectrum;
}

FL_SIMD void exchange_rows(const float* in, std::int64_t n, float* out) {
    for (std::int64_t i = 0; i < n; ++i) {
        const float* from = in + (i ^ 1) * fft_lanes;
        for (std::int64_t l = 0; l < fft_lanes; ++l) out[i * fft_lanes + l] = from[l];
    }
}

}  // namespace firstlight
