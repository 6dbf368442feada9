// The most significant window of a trace, and whether noise alone would have made it.
//
// Physics: a pulse puts its counts into a window of about two of its widths; background counts fall where the
// background's curve B(t) says. Under background alone the q counts in a window are binomial: n counts in the whole
// searched range, each in the window with the chance p = B(window) / B(range). The window that speaks most against it
// has the largest likelihood ratio (Kulldorff 1997)
//     l = q ln(q / np) + (n - q) ln((n - q) / (n - np)),   q > np,
// which is the densest window where the background is even, and which fog's bright first metres cannot win by being
// bright. Its chance under background is P(X > q) + u P(X = q), X ~ Binomial(n, p), u in [0, 1) drawn once per pixel
// by a hash of its number: counts are whole, so a threshold without u would accept between a quarter of the set rate
// and the set rate (Lehmann & Romano, Testing Statistical Hypotheses, chapter 3).
//
// Looking at all windows finds the smallest of many dependent chances. Rapp & Goyal 2017 take 1 - (1 - chance)^(n - q)
// for it, which treats windows as if they shared no counts: averaged over Poisson n it passes 2.6 to 0.4 tau (256 bins,
// 8 to 150 counts, tau 0.1), and knows no uneven background. Here the limit alpha(n) below which a window's chance must
// lie is found so that noise alone passes with the chance tau for each n: P(any) = 1 - exp(-sum_w alpha E[1 / windows
// that pass together | w passes]) (Poisson clumping, Aldous 1989), the mean by sampling counts around one that passed
// (Naiman & Priebe 2001). At least two counts are asked for, so traces of fewer never pass.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/support/portable.hpp"

namespace firstlight {

constexpr int single_levels = 16;  // alpha(n) is tabulated for each n below, then once an octave
constexpr int level_count = single_levels + 24;

// What a search needs to know of the scan.
struct WindowTest {
    const double* background = nullptr;  // [bins + 1] counts expected of a trace of gain 1 before each aligned edge
    const float* alpha = nullptr;        // [level_count] natural logarithms of alpha(n)
    std::int64_t bins = 0;
    std::int64_t width = 0;   // of the window, bins
    double from = 0, to = 0;  // searched range, aligned, bins
};

// What a search needs to know of the trace (or the sum of several).
struct TraceNoise {
    double gain = 1, dark = 0, shift = 0;
    const float* live = nullptr;   // [bins]
    const float* edges = nullptr;  // [bins + 1]
};

struct FoundWindow {
    std::int64_t start = -1;  // bin; -1: none has more than its share of background
    double counts = 0;        // in the window
    double shape = 0;         // expected of background in it, up to the trace's scale
    double ratio = 0;         // l
};

FL_HD inline double edge_at(const TraceNoise& noise, std::int64_t i) {
    return noise.edges == nullptr ? static_cast<double>(i) : static_cast<double>(noise.edges[i]);
}

// Background before bin edge i, up to the trace's scale; beyond the data as in the last bin.
FL_HD inline double shape_before(const WindowTest& test, const TraceNoise& noise, std::int64_t i) {
    const double edge = edge_at(noise, i);
    const double x = edge - noise.shift;
    const double low = floor(x);
    const std::int64_t at = low < 0                                    ? 0
                            : low > static_cast<double>(test.bins - 1) ? test.bins - 1
                                                                       : static_cast<std::int64_t>(low);
    const double here = test.background[at];
    const double curve = here + (x - static_cast<double>(at)) * (test.background[at + 1] - here);
    return noise.gain * curve + noise.dark * edge;
}

FL_HD inline double live_at(const TraceNoise& noise, std::int64_t i) {
    return noise.live == nullptr ? 1.0 : static_cast<double>(noise.live[i]);
}

// Bins searched in a trace: [first, last).
FL_HD inline std::int64_t first_searched(const WindowTest& test, const TraceNoise& noise) {
    const double x = floor(test.from + noise.shift + 0.5);
    return x < 0 ? 0 : x > static_cast<double>(test.bins) ? test.bins : static_cast<std::int64_t>(x);
}
FL_HD inline std::int64_t last_searched(const WindowTest& test, const TraceNoise& noise) {
    const double x = floor(test.to + noise.shift + 0.5);
    return x < 0 ? 0 : x > static_cast<double>(test.bins) ? test.bins : static_cast<std::int64_t>(x);
}

FL_HD inline double likelihood_ratio(double q, double mean, double n) {
    const double rest = n - q;
    return q * log(q / mean) + (rest > 0 ? rest * log(rest / (n - mean)) : 0.0);
}

// Looks at one window; most are dismissed by an upper bound of l without a logarithm.
FL_HD inline void look_at_window(std::int64_t start, double q, double shape, double scale, double n,
                                 FoundWindow& best) {
    const double mean = shape * scale;
    const double more = q - mean;
    if (!(more > 0) || !(mean > 0)) return;
    if (more * more * (n - mean + 2 * mean) <= best.ratio * 2 * mean * (n - mean)) return;
    const double ratio = likelihood_ratio(q, mean, n);
    if (ratio > best.ratio) best = {start, q, shape, ratio};
}

// P(X > q) + u P(X = q) for X ~ Binomial(n, p), 2 <= q, np < q, l the likelihood ratio; a value above `enough` may be
// too small. The binomial coefficient by Stirling's series, good to 1e-4.
FL_HD inline double chance_of(double q, double n, double p, double ratio, double u, double enough) {
    const auto stirling = [](double x) { return (1 - (1 / 30.0) / (x * x)) / (12 * x); };
    const double rest = n - q;
    double exact = exp(-ratio);
    if (rest > 0) exact *= sqrt(n / (6.283185307179586 * q * rest)) * exp(stirling(n) - stirling(q) - stirling(rest));
    double chance = u * exact;
    const double odds = p / (1 - p);
    double term = exact;
    for (double k = q; k < n && chance <= enough; k += 1) {
        term *= (n - k) / (k + 1) * odds;
        chance += term;
        if (term <= 1e-6 * chance) break;  // of a chance that is 0, too
    }
    return chance;
}

// ln alpha for n counts.
FL_HD inline double log_alpha(const float* levels, double n) {
    if (n < single_levels) return static_cast<double>(levels[static_cast<int>(n)]);
    const double at = single_levels + log2(n / single_levels);
    if (at >= level_count - 1) return static_cast<double>(levels[level_count - 1]);
    const int low = static_cast<int>(at);
    const double part = at - low;
    return (1 - part) * static_cast<double>(levels[low]) + part * static_cast<double>(levels[low + 1]);
}

// Whether the window found among n counts passes. `shape`: of the whole range.
FL_HD inline bool is_significant(const WindowTest& test, const FoundWindow& window, double n, double shape, double u) {
    if (window.start < 0 || window.counts < 2) return false;
    const double alpha = exp(log_alpha(test.alpha, n));
    return chance_of(window.counts, n, window.shape / shape, window.ratio, u, alpha) <= alpha;
}

// u of a pixel, in [0, 1).
FL_HD inline double dither(std::uint64_t pixel, std::uint64_t round) {
    std::uint64_t v = (pixel << 3) + round + 0x9E3779B97F4A7C15ULL;
    v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9ULL;
    v = (v ^ (v >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<double>((v ^ (v >> 31)) >> 11) * (1.0 / 9007199254740992.0);
}

// The search in one trace on the CPU. y: counts; before: shape_before of every edge, filled in by fill_shape.
void fill_shape(const WindowTest& test, const TraceNoise& noise, std::vector<double>& before);
double shape_of_range(const TraceNoise& noise, const std::vector<double>& before, std::int64_t first,
                      std::int64_t last);
FoundWindow most_significant_window(const WindowTest& test, const TraceNoise& noise, const float* y,
                                    const std::vector<double>& before, std::int64_t first, std::int64_t last, double n,
                                    double shape);

// ln alpha(n) for windows of `width` bins on a trace whose background counts per bin are `rate`, so that noise alone
// passes with the chance tau. The same input gives the same table.
std::vector<float> alpha_levels(const std::vector<double>& rate, std::int64_t width, double tau);

}  // namespace firstlight
