#include "kernels/gating/forward_scatter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/support/trace_sums.hpp"

namespace firstlight {
namespace {

constexpr std::size_t most_surfaces = 300;
constexpr double least_gain = 8;
constexpr int phases = 8;  // places per bin
constexpr double tail_delays = 6;

// Expected share of the light in [x, x + 1) bins after the arrival, by eighths of a bin.
class ShareTable {
  public:
    explicit ShareTable(const CumulativeResponse& response) : first_(std::floor(response.start()) - 1) {
        const auto n = static_cast<std::int64_t>((std::ceil(response.end()) - first_) * phases);
        for (std::int64_t k = 0; k < n; ++k) {
            const double x = first_ + static_cast<double>(k) / phases;
            share_.push_back(response.between(x, x + 1));
        }
    }
    // `eighths` after the arrival.
    [[nodiscard]] double at(std::int64_t eighths) const {
        const std::int64_t k = eighths - static_cast<std::int64_t>(first_) * phases;
        return k >= 0 && k < static_cast<std::int64_t>(share_.size()) ? share_[static_cast<std::size_t>(k)] : 0.0;
    }

  private:
    double first_;
    std::vector<double> share_;
};

struct Piece {  // of a trace around a surface
    std::vector<double> y;
    double background = 0;  // per bin
    double signal = 0;
};

// Light expected in a bin, and the logarithm of how much brighter it makes the bin.
struct ExpectedLight {
    double light = 0, gain = 0;
};

// ln likelihood of a surface's light at places of the response. Most logarithms are needed many times: of whole bins
// after the arrival there are only twice as many as the piece has bins.
class PieceLikelihood {
  public:
    PieceLikelihood(const Piece& piece, const ShareTable& shares) : piece_(piece), shares_(shares) {
        const std::int64_t n = bins();
        for (std::int64_t later = 1 - n; later < n; ++later) whole_.push_back(expected(later * phases, true));
    }
    // The largest over the arrivals, whole bins first.
    [[nodiscard]] double best() const {
        double best = -HUGE_VAL;
        std::int64_t place = 0;
        for (std::int64_t arrival = 0; arrival < bins(); ++arrival) {
            const ExpectedLight* from = whole_.data() + (bins() - 1 - arrival);
            const double value = sum([from](std::int64_t i) { return from[i]; });
            if (value > best) {
                best = value;
                place = arrival;
            }
        }
        for (std::int64_t e = 1 - phases; e < phases; ++e)
            if (e != 0)
                best = std::max(best, sum([&](std::int64_t i) {
                                    const bool counted = piece_.y[static_cast<std::size_t>(i)] > 0;
                                    return expected((i - place) * phases - e, counted);
                                }));
        return best;
    }

  private:
    [[nodiscard]] std::int64_t bins() const { return static_cast<std::int64_t>(piece_.y.size()); }
    [[nodiscard]] ExpectedLight expected(std::int64_t eighths, bool counted) const {
        const double light = piece_.signal * shares_.at(eighths);
        return {light, light != 0 && counted ? std::log1p(light / piece_.background) : 0.0};
    }
    template <class F>
    [[nodiscard]] double sum(F&& expected_in) const {
        double sum = 0;
        for (std::int64_t i = 0; i < bins(); ++i) {
            const ExpectedLight e = expected_in(i);
            sum -= e.light;
            sum += piece_.y[static_cast<std::size_t>(i)] * e.gain;
        }
        return sum;
    }

    const Piece& piece_;
    const ShareTable& shares_;
    std::vector<ExpectedLight> whole_;
};

std::vector<Piece> pieces_of(const SurveySample& sample, std::vector<Surface> surfaces, std::int64_t width) {
    std::stable_sort(surfaces.begin(), surfaces.end(),
                     [](const Surface& a, const Surface& b) { return a.counts > b.counts; });
    if (surfaces.size() > most_surfaces) surfaces.resize(most_surfaces);
    std::vector<Piece> pieces;
    for (const Surface& s : surfaces) {
        const TraceTile& tile = sample.tiles[s.tile];
        const std::int64_t first = std::max<std::int64_t>(0, s.start - width);
        const std::int64_t last = std::min(tile.counts.bins, s.start + forward_scatter_windows * width);
        Piece piece;
        for (std::int64_t i = first; i < last; ++i) piece.y.push_back(exact_count_at(tile.counts, s.trace, i));
        piece.background = std::max(s.background / static_cast<double>(width), 1e-6);
        piece.signal = std::max(0.0, s.counts - s.background);
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

}  // namespace

Scan with_response(const Scan& scan, Response response) {
    Scan small;
    small.name = scan.name;
    small.rows = scan.rows;
    small.columns = scan.columns;
    small.bins = scan.bins;
    small.bin_width_s = scan.bin_width_s;
    small.first_bin_centre_s = scan.first_bin_centre_s;
    small.irf = std::move(response);
    return small;
}

Response with_forward_scatter(const Scan& scan, const ForwardScatter& scatter) {
    const Response& irf = scan.irf;
    Response out;
    const auto samples =
        irf.per_pixel ? irf.values.size() / static_cast<std::size_t>(scan.pixels()) : irf.values.size();
    out.values.assign(samples, 0.0);
    for (std::size_t i = 0; i < irf.values.size(); ++i) out.values[i % samples] += irf.values[i];
    out.time_s = irf.time_s;
    if (out.time_s.empty()) {  // its peak is at the arrival; with a tail it must be said where that is
        const double start = binned_response(with_response(scan, {out.values, {}, false})).cumulative.start();
        for (std::size_t i = 0; i < samples; ++i)
            out.time_s.push_back((start + static_cast<double>(i) + 0.5) * scan.bin_width_s);
    }
    if (!(scatter.share > 0)) return out;
    const double step =
        samples > 1 ? (out.time_s.back() - out.time_s.front()) / static_cast<double>(samples - 1) / scan.bin_width_s
                    : 1.0;
    // The exponential between samples belongs to both neighbours in proportion, which keeps its mean.
    const double ratio = scatter.delay_bins / step;
    const double fall = std::exp(-1 / ratio);
    std::vector<double> kernel{1 - ratio * (1 - fall)};
    const auto length = static_cast<std::size_t>(std::ceil(tail_delays * ratio)) + 1;
    for (std::size_t m = 1; m <= length; ++m)
        kernel.push_back(ratio * (1 - fall) * (1 - fall) * std::pow(fall, static_cast<double>(m - 1)));
    for (double& k : kernel) k *= scatter.share;
    kernel[0] += 1 - scatter.share;
    std::vector<double> values(samples + length, 0.0);
    for (std::size_t i = 0; i < samples; ++i)
        for (std::size_t m = 0; m < kernel.size(); ++m) values[i + m] += out.values[i] * kernel[m];
    out.values = std::move(values);
    for (std::size_t m = 0; m < length; ++m)
        out.time_s.push_back(out.time_s[samples - 1] + static_cast<double>(m + 1) * step * scan.bin_width_s);
    return out;
}

ForwardScatter fit_forward_scatter(const Scan& scan, const SurveySample& sample, const std::vector<Surface>& surfaces,
                                   std::int64_t width) {
    const std::vector<Piece> pieces = pieces_of(sample, surfaces, width);
    const Scan mean = with_response(scan, with_forward_scatter(scan, {}));
    const auto likelihood = [&](double share, double delay) {
        const Scan changed = with_response(mean, with_forward_scatter(mean, {share, delay, 0}));
        const ShareTable shares(binned_response(changed).cumulative);
        double sum = 0;
        for (const Piece& piece : pieces) sum += PieceLikelihood(piece, shares).best();
        return sum;
    };
    const double none = likelihood(0, 0);
    ForwardScatter best;
    const auto try_it = [&](double share, double delay) {
        const double gain = likelihood(share, delay) - none;
        if (gain > best.gain) best = {share, delay, gain};
    };
    const double unit = static_cast<double>(width) / 2;
    for (const double delay : {0.125, 0.25, 0.5, 1.0, 2.0})
        for (const double share : {0.2, 0.5, 0.8}) try_it(share, delay * unit);
    for (const double finer : {2.0, 4.0}) {
        const ForwardScatter around = best;
        if (!(around.share > 0)) break;
        for (const int d : {-1, 0, 1})
            for (const int s : {-1, 0, 1})
                if (d != 0 || s != 0)
                    try_it(std::clamp(around.share + 0.3 * s / finer, 0.05, 0.95),
                           around.delay_bins * std::exp2(d / finer));
    }
    return best.gain > least_gain ? best : ForwardScatter{};
}

}  // namespace firstlight
