#include "tests/bench/random_cubes.hpp"

#include <atomic>
#include <cmath>

#include "kernels/support/parallel_for.hpp"
#include "kernels/support/portable.hpp"

namespace firstlight::bench {
namespace {

constexpr std::int64_t quantiles = 1024;

std::uint64_t mixed(std::uint64_t x) {  // splitmix64
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

// Poisson counts at the middle of each of `quantiles` equal steps of probability.
void poisson_quantiles(double mean, std::uint16_t* out) {
    double term = std::exp(-mean);
    double cumulative = term;
    int count = 0;
    for (std::int64_t q = 0; q < quantiles; ++q) {
        while (cumulative < (static_cast<double>(q) + 0.5) / quantiles) cumulative += term *= mean / ++count;
        out[q] = static_cast<std::uint16_t>(count);
    }
}

FL_SIMD std::uint64_t sum_of(const std::uint16_t* values, std::int64_t n) {
    std::uint64_t all = 0;
    for (std::int64_t begin = 0; begin < n; begin += 4096) {  // sums of 4096 counts fit into 32 bits
        std::uint32_t part = 0;
        const std::int64_t end = std::min(begin + 4096, n);
        for (std::int64_t i = begin; i < end; ++i) part += values[i];
        all += part;
    }
    return all;
}

}  // namespace

PhotonCube random_cube(std::int64_t rows, std::int64_t columns, std::int64_t bins, std::uint64_t seed) {
    PhotonCube cube(CountType::u2, 1, rows, columns, bins);
    std::vector<std::uint16_t> table(static_cast<std::size_t>(bins * quantiles));
    const double peak = static_cast<double>(arrival_bin * bins) / 1024;
    for (std::int64_t t = 0; t < bins; ++t) {
        const double from_peak = (static_cast<double>(t) + 0.5 - peak) / 5;
        poisson_quantiles(2 + 40 * std::exp(-from_peak * from_peak / 2), table.data() + t * quantiles);
    }
    auto* counts = reinterpret_cast<std::uint16_t*>(cube.counts.data());
    parallel_for(rows * columns, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p)
            for (std::int64_t t = 0; t < bins; t += 4) {
                std::uint64_t bits = mixed(seed << 48 ^ static_cast<std::uint64_t>(p * bins + t));
                for (std::int64_t i = t; i < std::min(t + 4, bins); ++i, bits >>= 16)
                    counts[p * bins + i] = table[static_cast<std::size_t>(i * quantiles) + bits % quantiles];
            }
    });
    return cube;
}

Scan scan_of(const PhotonCube& cube) {
    Scan scan;
    scan.name = "random counts";
    scan.rows = cube.rows;
    scan.columns = cube.columns;
    scan.bins = cube.bins;
    scan.type = cube.type;
    scan.bin_width_s = 10e-12;
    scan.first_bin_centre_s = 5e-12;
    scan.pulses = {1e5};
    scan.reference_pulses = {1e5};
    for (std::int64_t p = 0; p < scan.pixels(); ++p) {
        scan.t0_map_s.push_back((static_cast<double>(mixed(static_cast<std::uint64_t>(p)) % 4001) - 2000) * 1e-14);
        scan.dark_rate_hz.push_back(1000 + static_cast<double>(p % 100));
    }
    return scan;
}

RotatingCubes& session_cubes(bool quick) {
    static RotatingCubes cubes = quick ? RotatingCubes(48, 64, 256) : RotatingCubes(256, 256, 1024);
    return cubes;
}

std::uint64_t plain_sum(const PhotonCube& cube, int threads) {
    const auto* counts = reinterpret_cast<const std::uint16_t*>(cube.counts.data());
    std::atomic<std::uint64_t> all{0};
    with_threads(threads, [&] {
        parallel_for(cube.rows * cube.columns, 64, [&](std::int64_t begin, std::int64_t end) {
            all += sum_of(counts + begin * cube.bins, (end - begin) * cube.bins);
        });
    });
    return all;
}

}  // namespace firstlight::bench
