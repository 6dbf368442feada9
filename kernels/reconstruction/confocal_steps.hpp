// The order of work of confocal_diffuse, the same for CPU and CUDA. `Device` is where it happens:
//     floats(n), doubles(n)              memory, kept until the device goes
//     each(rows, length, functor)        functor(row, i) for all of them
//     slab_forward / slab_inverse        3-D transforms of the deconvolution's grid
//     echo_forward                       of the migration's grid
//     echo_planes, echo_rows             back: along y and x; along t
//     fetched(doubles, n)                to the host
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/reconstruction/confocal_diffuse.hpp"
#include "kernels/reconstruction/fk_migration.hpp"
#include "kernels/reconstruction/slab_deconvolution.hpp"

namespace firstlight {

// sqrt(phi) into the migration's window, z = 0 (nearly) at its start.
struct EchoAmplitude {
    ConfocalShape s;
    const float* light = nullptr;
    std::int64_t row_stride = 0, line_stride = 0;  // of `light` along y and x
    float* echo = nullptr;

    FL_HD void operator()(std::int64_t row, std::int64_t i) const {
        const std::int64_t y = row / s.migrate[1], x = row % s.migrate[1], t = i - s.delay_bins;
        float value = 0;
        if (y < s.rows && x < s.columns && t >= 0 && t < s.bins) value = light[y * row_stride + x * line_stride + t];
        echo[row * s.migrate[2] + i] = value > 0 ? sqrtf(value) : 0.0F;  // NaN: no data
    }
};

// Spectra V and -iV of the scan's pixels: twice the real and the imaginary part along z come from real transforms.
struct TwoSpectra {
    ConfocalShape s;
    const float* volume = nullptr;
    float* pair = nullptr;  // [2][pixel][half][re im]

    FL_HD void operator()(std::int64_t pixel, std::int64_t k) const {
        const std::int64_t half = s.migrate_half();
        const std::int64_t from = ((pixel / s.columns * s.migrate[1] + pixel % s.columns) * half + k) * 2;
        const std::int64_t to = (pixel * half + k) * 2, second = s.pixels() * half * 2;
        pair[to] = volume[from];
        pair[to + 1] = volume[from + 1];
        pair[second + to] = volume[from + 1];
        pair[second + to + 1] = -volume[from];
    }
};

struct AlbedoVoxel {
    ConfocalShape s;
    const float* pair = nullptr;  // [2][pixel][t]
    float* volume = nullptr;      // [z][y][x]
    float scale = 1;

    FL_HD void operator()(std::int64_t pixel, std::int64_t z) const {
        const std::int64_t i = pixel * s.migrate[2] + s.first_slice + z;
        const float a = pair[i] * scale, b = pair[s.pixels() * s.migrate[2] + i] * scale;
        volume[z * s.pixels() + pixel] = a * a + b * b;
    }
};

struct BrightestSlice {
    ConfocalShape s;
    const float* volume = nullptr;
    double* brightest = nullptr;  // [pixel][2]: slice, albedo

    FL_HD void operator()(std::int64_t pixel, std::int64_t) const {
        std::int64_t best = 0;
        for (std::int64_t z = 1; z < s.slices; ++z)
            if (volume[z * s.pixels() + pixel] > volume[best * s.pixels() + pixel]) best = z;
        const auto at = [&](std::int64_t z) { return static_cast<double>(volume[z * s.pixels() + pixel]); };
        double place = static_cast<double>(best);
        if (best > 0 && best + 1 < s.slices) {
            const double bend = at(best - 1) - 2 * at(best) + at(best + 1);
            if (bend < 0) place += 0.5 * (at(best - 1) - at(best + 1)) / bend;
        }
        brightest[2 * pixel] = place;
        brightest[2 * pixel + 1] = at(best);
    }
};

struct DepthOfPixel {
    ConfocalShape s;
    const double* brightest = nullptr;
    double least = 0;
    float* depth = nullptr;

    FL_HD void operator()(std::int64_t pixel, std::int64_t) const {
        const double place = brightest[2 * pixel] + static_cast<double>(s.first_slice) + s.first_z_bins;
        const bool bright = brightest[2 * pixel + 1] > 0 && brightest[2 * pixel + 1] >= least;
        depth[pixel] = bright ? static_cast<float>(place * s.slice_m) : nanf("");
    }
};

struct EmptyVoxel {
    ConfocalShape s;
    float *volume = nullptr, *depth = nullptr;

    FL_HD void operator()(std::int64_t pixel, std::int64_t z) const {
        volume[z * s.pixels() + pixel] = 0;
        if (depth != nullptr && z == 0) depth[pixel] = nanf("");
    }
};

inline double sum_of(const std::vector<double>& pairs, int which) {
    double sum = 0;
    for (std::size_t i = static_cast<std::size_t>(which); i < pairs.size(); i += 2) sum += pairs[i];
    return sum;
}

// Below which |H|^2 the light's power is less than the noise's: 1 / snr.
inline double noise_level(const std::vector<double>& rows, double noise) {
    constexpr int levels = PowerByLevel::levels;
    double power[levels] = {}, number[levels] = {};
    for (std::size_t i = 0; i < rows.size(); i += 2) {
        power[i / 2 % levels] += rows[i];
        number[i / 2 % levels] += rows[i + 1];
    }
    double level = 1;
    for (int l = 0; l < levels; ++l, level *= 0.5)
        if (number[l] > 0 && power[l] < noise * number[l]) return level;
    return level;
}

inline void tell(const ConfocalDiffuse::Coefficients& c, const char* name, double value) {
    if (c.found != nullptr) (*c.found)[name] = value;
}
inline void tell_share(const ConfocalDiffuse::Coefficients& c, double share) {
    if (c.proceed) c.proceed(share);
}

constexpr double start_snr = 1e3;           // where the iterations start: too smooth rather than noisy
constexpr double least_inverse_snr = 1e-4;  // the kernel is not known to better than a percent

// phi by the filter, padded: the answer, or where the iterations start. `padded` is overwritten by it.
template <class Device>
void filter_light(Device& d, const ConfocalDiffuse::Coefficients& c, const float* counts, double photons, float* padded,
                  float* spectrum) {
    const ConfocalShape& s = c.shape;
    d.each(s.pad_rows(), s.pad[2], PlaceInPadding{s, counts, padded});
    d.slab_forward(padded, spectrum);
    double inverse_snr = 1 / (c.inversion == ConfocalDiffuse::Inversion::wiener ? c.snr : start_snr);
    if (inverse_snr < 0) {
        const std::int64_t size = s.pad_rows() * PowerByLevel::levels * 2;
        double* sums = d.doubles(size);
        d.each(s.pad_rows(), 1, PowerByLevel{s, spectrum, c.transfer, photons, sums});
        inverse_snr = std::max(least_inverse_snr, noise_level(d.fetched(sums, size), photons));
        tell(c, "snr", 1 / inverse_snr);
    }
    const auto scale = static_cast<float>(1 / static_cast<double>(s.pad_rows() * s.pad[2]));
    d.each(s.pad_rows(), s.pad_half(), WienerFilter{s, c.transfer, spectrum, static_cast<float>(inverse_snr), scale});
}

template <class Device>
const float* poisson_light(Device& d, const ConfocalDiffuse::Coefficients& c, const float* counts, const float* dark,
                           double photons, double mean_count) {
    const ConfocalShape& s = c.shape;
    const std::int64_t n = s.pad_rows() * s.pad[2], spectrum_size = s.pad_rows() * s.pad_half() * 2;
    PoissonVolumes v;
    v.counts = counts;
    v.dark = dark;
    for (float** volume : {&v.x, &v.seen, &v.seen_dual, &v.light_dual, &v.light, &v.data_term, &v.prior_term})
        *volume = d.floats(n);
    for (int a = 0; a < 3; ++a) {
        v.slope_dual[a] = d.floats(n);
        v.slope[a] = d.floats(n);
    }
    float *data = d.floats(spectrum_size), *prior = d.floats(spectrum_size);
    const double lambda = c.strength * std::sqrt(c.kernel_power / mean_count);
    PoissonWeights w;
    w.data = static_cast<float>(1 / mean_count);
    w.shrink = static_cast<float>(lambda * mean_count / static_cast<double>(w.slope));
    const auto scale = static_cast<float>(1 / static_cast<double>(n));

    filter_light(d, c, counts, photons, v.x, prior);
    d.each(s.pad_rows(), s.pad_half(), SeenBehind{s, c.transfer, prior, data});
    for (std::int64_t k = 0;; ++k) {
        d.slab_inverse(prior, v.x);
        d.slab_inverse(data, v.seen);
        tell_share(c, 0.9 * static_cast<double>(k) / static_cast<double>(c.iterations));
        d.each(s.pad_rows(), s.pad[2], SplitStep{s, v, w});
        if (k == c.iterations) break;
        d.each(s.pad_rows(), s.pad[2], PriorStep{s, v, w});
        d.slab_forward(v.data_term, data);
        d.slab_forward(v.prior_term, prior);
        d.each(s.pad_rows(), s.pad_half(), SolveStep{s, w, c.transfer, data, prior, scale});
    }
    double* sums = d.doubles(2 * s.pixels());
    d.each(s.pixels(), 1, DevianceOfPixel{s, v, sums});
    const std::vector<double> deviance = d.fetched(sums, 2 * s.pixels());
    tell(c, "deviance", sum_of(deviance, 0) / std::max(1.0, sum_of(deviance, 1)));
    tell(c, "lambda", lambda);
    return v.light;
}

template <class Device>
void migrate_echoes(Device& d, const ConfocalDiffuse::Coefficients& c, const VolumeTask& task, const float* light,
                    bool padded) {
    const ConfocalShape& s = c.shape;
    const std::int64_t spectrum_size = s.migrate_rows() * s.migrate_half() * 2;
    float *from = d.floats(spectrum_size), *to = d.floats(spectrum_size);
    {
        float* echo = d.floats(s.migrate_rows() * s.migrate[2]);
        const std::int64_t line = padded ? s.pad[2] : s.bins;
        d.each(s.migrate_rows(), s.migrate[2],
               EchoAmplitude{s, light, line * (padded ? s.pad[1] : s.columns), line, echo});
        d.echo_forward(echo, from);
    }
    d.each(s.migrate_rows(), s.migrate_half(), StoltMove{s, c.stolt, from, to});
    d.echo_planes(to);
    float* pair = d.floats(2 * s.pixels() * s.migrate_half() * 2);
    float* values = d.floats(2 * s.pixels() * s.migrate[2]);
    d.each(s.pixels(), s.migrate_half(), TwoSpectra{s, to, pair});
    d.echo_rows(pair, values, 2 * s.pixels());
    const auto scale = static_cast<float>(1 / static_cast<double>(s.migrate_rows() * s.migrate[2]));
    d.each(s.pixels(), s.slices, AlbedoVoxel{s, values, task.volume, scale});
    if (float* depth = task.image(Layer::depth)) {
        double* brightest = d.doubles(2 * s.pixels());
        d.each(s.pixels(), 1, BrightestSlice{s, task.volume, brightest});
        double most = 0;
        const std::vector<double> found = d.fetched(brightest, 2 * s.pixels());
        for (std::size_t i = 1; i < found.size(); i += 2) most = std::max(most, found[i]);
        d.each(s.pixels(), 1, DepthOfPixel{s, brightest, most * static_cast<double>(c.least_albedo), depth});
    }
}

template <class Device>
void confocal_volume(Device& d, const VolumeTask& task, const ConfocalDiffuse::Coefficients& c) {
    using Inversion = ConfocalDiffuse::Inversion;
    const ConfocalShape& s = c.shape;
    float* counts = d.floats(s.pixels() * s.bins);
    d.each(s.pixels(), s.bins, GatherBins{s, task.light, c.scan_bins, counts});
    double* sums = d.doubles(2 * s.pixels());
    d.each(s.pixels(), 1, SumCounts{s, counts, task.dark, sums});
    const std::vector<double> of_pixel = d.fetched(sums, 2 * s.pixels());
    const double photons = sum_of(of_pixel, 0);
    if (!(photons > 0)) {
        if (c.warn) c.warn("confocal_diffuse: there is no light at all; the volume is empty");
        d.each(s.pixels(), s.slices, EmptyVoxel{s, task.volume, task.image(Layer::depth)});
        return;
    }
    const float* light = counts;
    if (c.inversion == Inversion::poisson_tv) {
        light = poisson_light(d, c, counts, task.dark, photons, sum_of(of_pixel, 1) / photons);
    } else if (c.inversion == Inversion::wiener) {
        float *padded = d.floats(s.pad_rows() * s.pad[2]), *spectrum = d.floats(s.pad_rows() * s.pad_half() * 2);
        filter_light(d, c, counts, photons, padded, spectrum);
        d.slab_inverse(spectrum, padded);
        light = padded;
    }
    tell_share(c, 0.9);
    migrate_echoes(d, c, task, light, c.inversion != Inversion::none);
    tell_share(c, 1);
}

}  // namespace firstlight
