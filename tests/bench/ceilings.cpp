// The limits of the machine, measured beside the rows: reading memory, copying it, fused multiply-adds.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <vector>

#include "kernels/support/parallel_for.hpp"
#include "kernels/support/portable.hpp"
#include "tests/bench/random_cubes.hpp"
#include "tests/bench/session.hpp"

namespace firstlight::bench {
namespace {

FL_SIMD std::uint64_t read_all(const std::uint64_t* words, std::int64_t n) {
    std::uint64_t all = 0;
    for (std::int64_t i = 0; i < n; ++i) all ^= words[i];
    return all;
}

constexpr std::int64_t fma_rounds = 1 << 22;
constexpr int fma_lanes = 16, fma_chains = 10;  // enough chains to hide the latency of two units

// Returns a number that depends on all of them, so that none is left out.
FL_SIMD float multiply_add(std::int64_t rounds, float factor, float summand) {
    using Lanes = float __attribute__((vector_size(fma_lanes * sizeof(float))));
    Lanes a0{}, a1{}, a2{}, a3{}, a4{}, a5{}, a6{}, a7{}, a8{}, a9{};
    const Lanes f = Lanes{} + factor;
    const Lanes s = Lanes{} + summand;
    for (std::int64_t i = 0; i < rounds; ++i) {
        a0 = a0 * f + s;
        a1 = a1 * f + s;
        a2 = a2 * f + s;
        a3 = a3 * f + s;
        a4 = a4 * f + s;
        a5 = a5 * f + s;
        a6 = a6 * f + s;
        a7 = a7 * f + s;
        a8 = a8 * f + s;
        a9 = a9 * f + s;
    }
    const Lanes all = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9;
    float sum = 0;
    for (int i = 0; i < fma_lanes; ++i) sum += all[i];
    return sum;
}

std::int64_t rounds_of(const Options& options) { return options.quick ? fma_rounds / 64 : fma_rounds; }

}  // namespace

double multiply_add_operations(const Options& options) {
    return 2.0 * fma_lanes * fma_chains * static_cast<double>(rounds_of(options)) * options.threads;
}

void add_ceilings(Session& session) {
    const int threads = session.options().threads;
    RotatingCubes& cubes = session_cubes(session.options().quick);
    const auto bytes = static_cast<std::int64_t>(cubes.first().counts.size());
    session.time("ceiling: read", [&cubes, threads, bytes] {
        const auto* words = reinterpret_cast<const std::uint64_t*>(cubes.next().counts.data());
        with_threads(threads, [&] {
            parallel_for(bytes / 8, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
                benchmark::DoNotOptimize(read_all(words + begin, end - begin));
            });
        });
    });
    auto copy = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(bytes));
    session.time("ceiling: copy", [&cubes, threads, bytes, copy] {
        const std::byte* from = cubes.next().counts.data();
        with_threads(threads, [&] {
            parallel_for(bytes, 1 << 20, [&](std::int64_t begin, std::int64_t end) {
                std::memcpy(copy->data() + begin, from + begin, static_cast<std::size_t>(end - begin));
            });
        });
        benchmark::ClobberMemory();
    });
    const std::int64_t rounds = rounds_of(session.options());
    session.time("ceiling: multiply-add", [threads, rounds] {
        with_threads(threads, [&] {
            parallel_for(threads, 1, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t i = begin; i < end; ++i)
                    benchmark::DoNotOptimize(multiply_add(rounds, 0.5F, static_cast<float>(i)));
            });
        });
    });
    const auto size = static_cast<double>(bytes);
    session.ceiling("read", "GB/s", [size](const Medians& m) { return size / m.at("ceiling: read") * 1e-9; });
    session.ceiling("copy (read + written)", "GB/s",
                    [size](const Medians& m) { return 2 * size / m.at("ceiling: copy") * 1e-9; });
    const double operations = multiply_add_operations(session.options());
    session.ceiling("multiply-add, float", "GFLOP/s",
                    [operations](const Medians& m) { return operations / m.at("ceiling: multiply-add") * 1e-9; });
}

}  // namespace firstlight::bench
