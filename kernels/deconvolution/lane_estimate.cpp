#include "kernels/deconvolution/lane_estimate.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/deconvolution/count_ratio.hpp"
#include "kernels/deconvolution/even_bins.hpp"

namespace firstlight {
namespace {

constexpr std::int64_t lanes = LaneEstimate::lanes;
constexpr std::int64_t run = 128;   // rows whose sum single precision may hold
constexpr float fft_error = 1e-6F;  // of the largest count, below which a mean found by FFT is not known

// Z -> Z of the row times the spectrum (or its conjugate), real and imaginary parts exchanged: what the inverse takes.
FL_SIMD void times_spectrum(const FftPlan& plan, const float* spectrum, float sign, float* values) {
    for (std::int64_t k = 0; k <= plan.m / 2; ++k) {
        const ComplexValue turn{plan.turn[2 * k], plan.turn[2 * k + 1]};
        const ComplexValue a{spectrum[2 * k], sign * spectrum[2 * k + 1]};
        const ComplexValue b{spectrum[2 * (plan.m - k)], sign * spectrum[2 * (plan.m - k) + 1]};
        float* at = values + k * 2 * lanes;
        float* mirror = values + (k == 0 ? 0 : plan.m - k) * 2 * lanes;
        for (std::int64_t l = 0; l < lanes; ++l) {
            ComplexPair x, z;
            real_pair({{at[l], at[lanes + l]}, {mirror[l], mirror[lanes + l]}}, turn, x);
            const ComplexPair y{{x.at.re * a.re - x.at.im * a.im, x.at.re * a.im + x.at.im * a.re},
                                {x.mirror.re * b.re - x.mirror.im * b.im, x.mirror.re * b.im + x.mirror.im * b.re}};
            complex_pair(y, turn, z);
            mirror[l] = z.mirror.im;
            mirror[lanes + l] = z.mirror.re;
            at[l] = z.at.im;
            at[lanes + l] = z.at.re;
        }
    }
}

// mean -> counts / mean; light *= back * inverse.
FL_SIMD void ratios(const float* counts, const float* dark, const float* least, float* mean) {
    for (std::int64_t l = 0; l < lanes; ++l) mean[l] = count_ratio(counts[l], mean[l] + dark[l], least[l]);
}
FL_SIMD void improve(const float* back, const float* inverse, std::int64_t n, float* light) {
    for (std::int64_t i = 0; i < n; ++i) {
        const float better = light[i] * (back[i] * inverse[i]);
        light[i] = better > RichardsonLucy::vanished ? better : 0.0F;
    }
}

// inverse = 1 / (weight gain) where enough is seen, else 0; `all` is the sum of what was inverted.
FL_SIMD void invert_seen(const float* weight, const float* seen, const float* gain, std::int64_t rows, float* inverse,
                         double* all) {
    for (std::int64_t i = 0; i < rows; i += run) {
        float part[lanes] = {};
        for (std::int64_t k = i; k < std::min(i + run, rows); ++k)
            for (std::int64_t l = 0; l < lanes; ++l) {
                const float value = weight[k * lanes + l] * gain[l];
                const float enough = seen[k * lanes + l] >= RichardsonLucy::least_seen ? value : 0.0F;
                const float divisor = enough > 0 ? enough : 1.0F;
                inverse[k * lanes + l] = enough > 0 ? 1 / divisor : 0.0F;
                part[l] += enough;
            }
        for (std::int64_t l = 0; l < lanes; ++l) all[l] += static_cast<double>(part[l]);
    }
}

FL_SIMD void largest_of(const float* values, std::int64_t rows, float* largest) {
    for (std::int64_t l = 0; l < lanes; ++l) largest[l] = 0;
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t l = 0; l < lanes; ++l)
            largest[l] = values[i * lanes + l] > largest[l] ? values[i * lanes + l] : largest[l];
}

FL_SIMD void set_where_seen(const float* inverse, const float* level, std::int64_t rows, float* light) {
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t l = 0; l < lanes; ++l) light[i * lanes + l] = inverse[i * lanes + l] > 0 ? level[l] : 0.0F;
}

// sum += part * from
FL_SIMD void add_part(float part, const float* from, float* sum) {
    for (std::int64_t l = 0; l < lanes; ++l) sum[l] = __builtin_fmaf(part, from[l], sum[l]);
}

}  // namespace

void LaneEstimate::use(const RichardsonLucy::Coefficients& c) {
    c_ = &c;
    seen_is_known_ = false;
    if (c.per_pixel || c.fft.n > 0) return;
    taps_ = LaneTaps(c.taps, c.count, c.first);
    transposed_ = taps_.transposed();
}

void LaneEstimate::load(const TraceTile& tile, const std::vector<std::int64_t>& traces) {
    tile_ = tile;
    traces_ = traces;
    if (c_->per_pixel) {
        const float* sets[lanes];
        for (std::size_t l = 0; l < lanes; ++l)
            sets[l] = c_->taps + tile_.window.pixel(traces_[std::min(l, traces_.size() - 1)]) * c_->count;
        taps_ = LaneTaps(sets, c_->count, c_->first);
        transposed_ = taps_.transposed();
    }
    if (bins_ != tile.counts.bins) seen_is_known_ = false;
    bins_ = tile.counts.bins;
    const auto size = static_cast<std::size_t>(bins_ + 2 * convolution_margin);
    for (LaneRows* rows : {&light_, &counts_, &inverse_, &sums_, &back_, &seen_})
        if (rows->size() != size) rows->assign(size, LaneRow{});
    if (c_->fft.n > 0) {
        spectra_.resize(static_cast<std::size_t>(c_->fft.n));
        work_.resize(spectra_.size());
    }
    const DetectorModel& m = tile.model;
    std::fill_n(gain_, lanes, 1.0F);
    std::fill_n(dark_, lanes, 0.0F);
    for (std::size_t l = 0; l < traces.size(); ++l) {
        if (m.gain != nullptr) gain_[l] = m.gain[traces[l]];
        if (m.dark != nullptr) dark_[l] = m.dark[traces[l]] / gain_[l];
    }
    counts_to_lanes(tile.counts, traces, row(counts_, 0));
    find_seen();
    start();
}

// inverse_ = 1 / A'1 where the window sees enough of a bin's light, else 0; sums_ = live where that is known.
void LaneEstimate::find_seen() {
    if (!seen_is_known_) {
        for (std::int64_t i = 0; i < bins_; ++i) std::fill_n(row(sums_, i), lanes, 1.0F);
        unfold();
        seen_ = back_;
        seen_is_known_ = !c_->per_pixel && tile_.model.edges == nullptr;
    }
    if (tile_.model.live != nullptr) {
        values_to_lanes(tile_.model.live, bins_, traces_, row(sums_, 0));
        unfold();
    }
    const LaneRows& weight = tile_.model.live != nullptr ? back_ : seen_;
    std::fill_n(all_seen_, lanes, 0.0);
    invert_seen(row(weight, 0), row(seen_, 0), gain_, bins_, row(inverse_, 0), all_seen_);
}

void LaneEstimate::start() {
    const DetectorModel& m = tile_.model;
    double counted[lanes] = {};
    double alive[lanes] = {};  // sum of live * width
    float largest[lanes];
    float level[lanes];
    add_lanes(row(counts_, 0), bins_, counted);
    largest_of(row(counts_, 0), bins_, largest);
    for (std::size_t l = 0; l < traces_.size(); ++l) {
        if (m.live == nullptr) {
            alive[l] =
                m.edges == nullptr ? static_cast<double>(bins_) : static_cast<double>(m.edges[bins_] - m.edges[0]);
            continue;
        }
        for (std::int64_t i = 0; dark_[l] != 0 && i < bins_; ++i)
            alive[l] += static_cast<double>(m.live[traces_[l] * bins_ + i] * bin_width(m.edges, i));
    }
    for (std::int64_t l = 0; l < lanes; ++l) {
        const double net = counted[l] - static_cast<double>(dark_[l] * gain_[l]) * alive[l];
        const double light = std::max(net, 1e-3 * counted[l]);
        level[l] = all_seen_[l] > 0 ? static_cast<float>(light / all_seen_[l]) : 0.0F;
        least_[l] = RichardsonLucy::no_light;
        if (c_->fft.n > 0) least_[l] = std::max(least_[l], fft_error * largest[l]);
    }
    set_where_seen(row(inverse_, 0), level, bins_, row(light_, 0));
}

void LaneEstimate::transform(const float* from, bool transposed, float* to) {
    float* values = spectra_[0].lane;
    std::copy_n(from, bins_ * lanes, values);
    std::fill(values + bins_ * lanes, values + c_->fft.n * lanes, 0.0F);
    float* found = lane_fft(c_->fft, values, work_[0].lane);
    times_spectrum(c_->fft, c_->spectrum, transposed ? -1.0F : 1.0F, found);
    found = lane_fft(c_->fft, found, found == values ? work_[0].lane : values);
    exchange_rows(found, bins_, to);
}

void LaneEstimate::fold() {
    LaneRows& even = tile_.model.edges == nullptr ? sums_ : back_;
    if (c_->fft.n > 0) transform(row(light_, 0), false, row(even, 0));
    else taps_.apply(row(light_, 0), bins_, {}, row(even, 0));
    if (tile_.model.edges == nullptr) return;
    const float* edges = tile_.model.edges;
    for (std::int64_t i = 0; i < bins_; ++i) {
        std::fill_n(row(sums_, i), lanes, 0.0F);
        const BinRange range = even_bins_of(edges, bins_, i);
        for (std::int64_t j = range.first; j < range.last; ++j)
            add_part(overlap(edges, i, j), row(even, j), row(sums_, i));
    }
}

void LaneEstimate::unfold() {
    if (tile_.model.edges != nullptr) {
        const float* edges = tile_.model.edges;
        for (std::int64_t j = 0; j < bins_; ++j) {
            std::fill_n(row(back_, j), lanes, 0.0F);
            const BinRange range = true_bins_of(edges, bins_, j);
            for (std::int64_t i = range.first; i < range.last; ++i)
                add_part(overlap(edges, i, j), row(sums_, i), row(back_, j));
        }
        sums_.swap(back_);
    }
    if (c_->fft.n > 0) transform(row(sums_, 0), true, row(back_, 0));
    else transposed_.apply(row(sums_, 0), bins_, {}, row(back_, 0));
}

void LaneEstimate::iterate(std::int64_t times) {
    Finish ratio;
    ratio.how = Finish::How::ratio;
    ratio.counts = row(counts_, 0);
    ratio.dark = dark_;
    ratio.least = least_;
    Finish better;
    better.how = Finish::How::improve;
    better.inverse = row(inverse_, 0);
    better.vanished = RichardsonLucy::vanished;
    for (std::int64_t n = 0; n < times; ++n) {
        if (c_->fft.n == 0 && tile_.model.edges == nullptr) {
            taps_.apply(row(light_, 0), bins_, ratio, row(sums_, 0));
            transposed_.apply(row(sums_, 0), bins_, better, row(light_, 0));
            continue;
        }
        fold();
        for (std::int64_t i = 0; i < bins_; ++i) {
            float dark[lanes];
            for (std::int64_t l = 0; l < lanes; ++l) dark[l] = dark_[l] * bin_width(tile_.model.edges, i);
            ratios(row(counts_, i), dark, least_, row(sums_, i));
        }
        unfold();
        improve(row(back_, 0), row(inverse_, 0), bins_ * lanes, row(light_, 0));
    }
}

double LaneEstimate::deviance() {
    fold();
    const DetectorModel& m = tile_.model;
    double sum = 0;
    for (std::size_t t = 0; t < traces_.size(); ++t)
        for (std::int64_t i = 0; i < bins_; ++i) {
            const double live = m.live == nullptr ? 1 : static_cast<double>(m.live[traces_[t] * bins_ + i]);
            const float light = row(sums_, i)[t] + dark_[t] * bin_width(m.edges, i);
            const double mean = live * static_cast<double>(gain_[t]) * static_cast<double>(std::max(light, least_[t]));
            const auto y = static_cast<double>(row(counts_, i)[t]);
            sum += 2 * ((y > 0 ? y * std::log(y / mean) : 0) - (y - mean));
        }
    return sum;
}

void LaneEstimate::store(const TraceTile& tile) const {
    lanes_to_values(row(light_, 0), bins_, false, traces_, tile.signal);
}

}  // namespace firstlight
