#include "kernels/gating/significant_window.hpp"

#include <algorithm>
#include <limits>
#include <random>

namespace firstlight {
namespace {

constexpr int samples = 500;
constexpr int rounds = 2;
constexpr std::int64_t block = 16;             // windows
constexpr double most_counts_in_window = 100;  // alpha hardly depends on n from there on

// When a window passes: q > bound, or q = bound and u <= cut.
struct Threshold {
    std::int64_t bound = 0;
    double cut = 0;
    double at_bound = 0;  // P(q = bound)
    double above = 0;     // P(q > bound)
    double odds = 0;      // p / (1 - p)
    [[nodiscard]] double weight() const { return above + cut * at_bound; }
};

Threshold threshold_of(std::int64_t n, double p, double alpha) {
    const auto count = static_cast<double>(n);
    Threshold t;
    t.odds = p / (1 - p);
    std::vector<double> chance{std::exp(count * std::log1p(-p))};
    for (std::int64_t q = 0; q < n; ++q) {
        const double next = chance.back() * (count - static_cast<double>(q)) / static_cast<double>(q + 1) * t.odds;
        if (static_cast<double>(q) > count * p && next < 1e-6 * alpha) break;
        chance.push_back(next);
    }
    double above = 0;
    auto q = static_cast<std::int64_t>(chance.size()) - 1;
    while (q >= 2 && above + chance[static_cast<std::size_t>(q)] <= alpha)
        above += chance[static_cast<std::size_t>(q--)];
    t.bound = q;
    t.above = above;
    t.at_bound = q >= 0 ? chance[static_cast<std::size_t>(q)] : 0;
    t.cut = q >= 2 ? (alpha - above) / t.at_bound : 0;
    return t;
}

class Clumps {
  public:
    Clumps(const std::vector<double>& rate, std::int64_t width, std::int64_t n) : width_(width), n_(n) {
        double all = 0;
        for (const double r : rate) all += r;
        for (const double r : rate) share_.push_back(r / all);
        for (std::size_t j = 0; j + static_cast<std::size_t>(width) <= share_.size(); ++j) {
            double p = 0;
            for (std::int64_t k = 0; k < width; ++k) p += share_[j + static_cast<std::size_t>(k)];
            window_share_.push_back(std::min(p, 1 - 1e-9));
        }
    }

    // Expected number of clumps of windows that pass: -ln P(none passes); and the largest chance that one has, which
    // is below alpha where two counts alone are rarer.
    double expected(double alpha, double& largest) {
        threshold_.clear();
        std::vector<double> before;
        double all = 0;
        largest = 0;
        for (std::size_t j = 0; j < window_share_.size(); ++j) {
            const bool as_before = j > 0 && window_share_[j] == window_share_[j - 1];
            threshold_.push_back(as_before ? threshold_.back() : threshold_of(n_, window_share_[j], alpha));
            all += threshold_.back().weight();
            largest = std::max(largest, threshold_.back().weight());
            before.push_back(all);
        }
        if (!(all > 0)) return 0;
        random_.seed(1);
        double sum = 0;
        for (int s = 0; s < samples; ++s) {
            const double at = (s + uniform()) / samples * all;
            const auto j = std::lower_bound(before.begin(), before.end(), at) - before.begin();
            sum += 1.0 / passing_around(
                             std::min(static_cast<std::int64_t>(j), static_cast<std::int64_t>(threshold_.size()) - 1));
        }
        return all * sum / samples;
    }
    [[nodiscard]] std::size_t windows() const { return window_share_.size(); }
    [[nodiscard]] double largest_share() const { return *std::max_element(window_share_.begin(), window_share_.end()); }

  private:
    double uniform() { return static_cast<double>(random_() >> 11) * (1.0 / 9007199254740992.0); }

    std::int64_t poisson(double mean) {
        if (mean <= 0) return 0;
        double x = uniform();
        double term = std::exp(-mean);
        std::int64_t k = 0;
        while ((x -= term) > 0 && term > 1e-300) term *= mean / static_cast<double>(++k);
        return k;
    }

    // Draws the counts around window j, which passes, and counts the windows that pass with it.
    int passing_around(std::int64_t j) {
        const Threshold& t = threshold_[static_cast<std::size_t>(j)];
        std::int64_t q = t.bound;
        double u = uniform();
        if (uniform() * t.weight() < t.above) {
            double x = uniform() * t.above;
            double term = t.at_bound;
            do {
                term *= static_cast<double>(n_ - q) / static_cast<double>(q + 1) * t.odds;
                ++q;
                x -= term;
            } while (x > 0 && q < n_ && term > 1e-300);
        } else {
            u *= t.cut;
        }
        const std::int64_t bins = static_cast<std::int64_t>(share_.size());
        const std::int64_t from = std::max<std::int64_t>(0, j - width_ + 1);
        const std::int64_t to = std::min(bins, j + 2 * width_ - 1);
        y_.assign(static_cast<std::size_t>(to - from), 0);
        const auto y = [&](std::int64_t i) -> std::int64_t& { return y_[static_cast<std::size_t>(i - from)]; };
        const double p = window_share_[static_cast<std::size_t>(j)];
        for (std::int64_t c = 0; c < q; ++c) {
            double x = uniform() * p;
            std::int64_t i = j;
            while ((x -= share_[static_cast<std::size_t>(i)]) > 0 && i + 1 < j + width_) ++i;
            ++y(i);
        }
        for (std::int64_t i = from; i < to; ++i)
            if (i < j || i >= j + width_)
                y(i) = poisson(static_cast<double>(n_ - q) * share_[static_cast<std::size_t>(i)] / (1 - p));
        int passing = 0;
        std::int64_t sum = 0;
        for (std::int64_t k = from; k < from + width_; ++k) sum += y(k);
        for (std::int64_t i = from; i + width_ <= to; ++i) {
            if (i > from) sum += y(i + width_ - 1) - y(i - 1);
            const Threshold& other = threshold_[static_cast<std::size_t>(i)];
            if (sum > other.bound || (sum == other.bound && u <= other.cut)) ++passing;
        }
        return std::max(passing, 1);
    }

    std::int64_t width_, n_;
    std::vector<double> share_, window_share_;
    std::vector<Threshold> threshold_;
    std::vector<std::int64_t> y_;
    std::mt19937_64 random_;
};

// before[i] for edges [first, last) of even bins, `whole` as in fill_shape.
FL_SIMD void shape_of_even_bins(const WindowTest& test, const TraceNoise& noise, std::int32_t whole, std::int32_t first,
                                std::int32_t last, double* before) {
    const double* background = test.background + whole;
    const double gain = noise.gain;
    const double dark = noise.dark;
    const double shift = noise.shift;
    for (std::int32_t i = first; i < last; ++i) {
        const double edge = i;
        const double here = background[i];
        const double curve = here + (edge - shift - (i + whole)) * (background[i + 1] - here);
        before[i] = gain * curve + dark * edge;
    }
}

FL_SIMD void shape_of_edges(const WindowTest& test, const TraceNoise& noise, double* before) {
    const double* background = test.background;
    const float* edges = noise.edges;
    const double gain = noise.gain;
    const double dark = noise.dark;
    const double shift = noise.shift;
    const auto last = static_cast<std::int32_t>(test.bins - 1);
    for (std::int32_t i = 0; i <= last + 1; ++i) {
        const double edge = static_cast<double>(edges[i]);
        const double x = edge - shift;
        double low = std::floor(x);
        low = low < 0 ? 0.0 : low;
        low = low > last ? last : low;
        const auto at = static_cast<std::int32_t>(low);
        const double here = background[at];
        const double curve = here + (x - low) * (background[at + 1] - here);
        before[i] = gain * curve + dark * edge;
    }
}

FL_SIMD double live_shape(const float* live, const double* before, std::int64_t first, std::int64_t last) {
    constexpr int parts = 8;
    double part[parts] = {};
    std::int64_t i = first;
    for (; i + parts <= last; i += parts)
        for (int k = 0; k < parts; ++k)
            part[k] += static_cast<double>(live[i + k]) * (before[i + k + 1] - before[i + k]);
    double sum = 0;
    for (const double p : part) sum += p;
    for (; i < last; ++i) sum += static_cast<double>(live[i]) * (before[i + 1] - before[i]);
    return sum;
}

// Counts of all windows of y[0, bins): sums of 1, 2, 4 .. bins from each bin on, added to `counts` (0 before). A
// running sum would wait for the sum before it at each bin.
FL_SIMD void count_windows(const float* y, std::int64_t bins, std::int64_t width, double* sums, double* counts) {
    const std::int64_t windows = bins - width + 1;
    for (std::int64_t i = 0; i < bins; ++i) sums[i] = static_cast<double>(y[i]);
    std::int64_t done = 0;
    for (std::int64_t step = 1;; step *= 2) {
        if ((width & step) != 0) {
            const double* from = sums + done;
            for (std::int64_t j = 0; j < windows; ++j) counts[j] += from[j];
            done += step;
        }
        if (done == width) return;
        const double* later = sums + step;
        const std::int64_t whole = bins - 2 * step + 1;
#pragma GCC ivdep  // reads are ahead of writes
        for (std::int64_t i = 0; i < whole; ++i) sums[i] += later[i];
    }
}

FL_SIMD void shape_windows(const float* live, const double* before, std::int64_t width, std::int64_t first,
                           std::int64_t windows, double* shapes) {
    for (std::int64_t j = 0; j < windows; ++j) shapes[j] = before[j + width] - before[j];
    if (live == nullptr) return;
    const float* middle = live + first + width / 2;
    for (std::int64_t j = 0; j < windows; ++j) shapes[j] *= static_cast<double>(middle[j]);
}

// In bounds[j] an upper bound of l of each window, by which look_at_window dismisses most too; 0 where there is less
// than the background's share. Returns the window with the largest, -1: none.
FL_SIMD std::int64_t bound_windows(const double* counts, const double* shapes, std::int64_t windows, double scale,
                                   double n, double* bounds) {
    double largest[block] = {};
    std::int64_t place[block];
    std::fill(place, place + block, std::int64_t{-1});
    for (std::int64_t begin = 0; begin < windows; begin += block)
        for (std::int64_t k = 0; k < block; ++k) {
            const double mean = shapes[begin + k] * scale;
            const double more = counts[begin + k] - mean;
            const double bound = more * more * (n - mean + 2 * mean) / (2 * mean * (n - mean));
            const double value = (more > 0) & (mean > 0) ? bound : 0.0;
            bounds[begin + k] = value;
            place[k] = value > largest[k] ? begin : place[k];
            largest[k] = value > largest[k] ? value : largest[k];
        }
    const auto best = std::max_element(largest, largest + block) - largest;
    return place[best] < 0 ? -1 : place[best] + best;
}

FL_SIMD bool any_reaches(const double* bounds, double least) {
    std::int64_t any = 0;
    for (std::int64_t k = 0; k < block; ++k) any |= static_cast<std::int64_t>(!(bounds[k] < least));
    return any != 0;
}

// What looking at all windows in order gives. The window of the largest bound is nearly always the best or close to it,
// so that few others can reach its l. Arrays end with a block that windows of nothing fill up.
FoundWindow best_of_windows(const double* counts, const double* shapes, std::int64_t first, std::int64_t windows,
                            double scale, double n, double* bounds) {
    FoundWindow best;
    const std::int64_t likely = bound_windows(counts, shapes, windows, scale, n, bounds);
    if (likely < 0) return best;
    constexpr double rounding = 1e-9;
    const double least = (1 - rounding) * likelihood_ratio(counts[likely], shapes[likely] * scale, n) - rounding;
    for (std::int64_t begin = 0; begin < windows; begin += block) {
        if (!any_reaches(bounds + begin, least)) continue;
        for (std::int64_t j = begin; j < begin + block; ++j)
            if (!(bounds[j] < least)) look_at_window(first + j, counts[j], shapes[j], scale, n, best);
    }
    return best;
}

}  // namespace

void fill_shape(const WindowTest& test, const TraceNoise& noise, std::vector<double>& before) {
    const std::int64_t edges = test.bins + 1;
    before.resize(static_cast<std::size_t>(edges));
    if (noise.edges != nullptr) return shape_of_edges(test, noise, before.data());
    // Between the data's edges and the background's lie `whole` bins and a part that is the same for all.
    const double whole = std::floor(-noise.shift);
    const double most = static_cast<double>(edges);
    const auto first = static_cast<std::int64_t>(std::clamp(-whole, 0.0, most));
    const auto last = static_cast<std::int64_t>(std::clamp(most - 1 - whole, 0.0, most));
    if (first < last)
        shape_of_even_bins(test, noise, static_cast<std::int32_t>(whole), static_cast<std::int32_t>(first),
                           static_cast<std::int32_t>(last), before.data());
    for (std::int64_t i = 0; i < first; ++i) before[static_cast<std::size_t>(i)] = shape_before(test, noise, i);
    for (std::int64_t i = std::max(first, last); i < edges; ++i)
        before[static_cast<std::size_t>(i)] = shape_before(test, noise, i);
}

double shape_of_range(const TraceNoise& noise, const std::vector<double>& before, std::int64_t first,
                      std::int64_t last) {
    if (noise.live == nullptr) return before[static_cast<std::size_t>(last)] - before[static_cast<std::size_t>(first)];
    return live_shape(noise.live, before.data(), first, last);
}

FoundWindow most_significant_window(const WindowTest& test, const TraceNoise& noise, const float* y,
                                    const std::vector<double>& before, std::int64_t first, std::int64_t last, double n,
                                    double shape) {
    const std::int64_t windows = last - first - test.width + 1;
    if (windows <= 0 || !(shape > 0)) return {};
    const std::int64_t in_blocks = (windows + block - 1) / block * block;
    std::vector<double> work(static_cast<std::size_t>(last - first + 3 * in_blocks));
    double* counts = work.data() + (last - first);
    double* shapes = counts + in_blocks;
    count_windows(y + first, last - first, test.width, work.data(), counts);
    shape_windows(noise.live, before.data() + first, test.width, first, windows, shapes);
    return best_of_windows(counts, shapes, first, windows, n / shape, n, shapes + in_blocks);
}

std::vector<float> alpha_levels(const std::vector<double>& rate, std::int64_t width, double tau) {
    std::vector<float> levels(level_count, -std::numeric_limits<float>::infinity());
    const double wanted = -std::log1p(-tau);
    double together = 1;  // windows of a clump, as found for the n before
    for (int level = 2; level < level_count; ++level) {
        const auto n = level < single_levels ? level : std::int64_t{single_levels} << (level - single_levels);
        Clumps clumps(rate, width, n);
        if (static_cast<double>(n) * clumps.largest_share() > most_counts_in_window && level > single_levels) {
            std::fill(levels.begin() + level, levels.end(), levels[static_cast<std::size_t>(level - 1)]);
            break;
        }
        double alpha = std::min(0.5, wanted * together / static_cast<double>(clumps.windows()));
        for (int round = 0; round < rounds; ++round) {
            double reached = 0;
            const double found = clumps.expected(alpha, reached);
            if (!(found > 0)) break;
            alpha = std::min(0.5, std::min(alpha, reached) * wanted / found);
        }
        together = alpha * static_cast<double>(clumps.windows()) / wanted;
        levels[static_cast<std::size_t>(level)] = static_cast<float>(std::log(alpha));
    }
    return levels;
}

}  // namespace firstlight
