// f-k migration (Stolt): from the echoes on a plane to what reflected them.
//
// Physics: confocal echoes of a point at depth z lie on a hyperbola ct/2 = sqrt(z^2 + x^2 + y^2), as if the point had
// shone at time 0 in a medium with half the speed of light (the exploding reflector). Such a wave is known everywhere
// once it is known on the plane: its frequency and its wave number are tied, f = sqrt(kx^2 + ky^2 + kz^2), with f and
// kz in cycles per metre of half the optical path. So the spectrum S(f, kx, ky) of the echoes' amplitude (the root of
// their intensity) gives the volume's by moving values along f,
//     V(kz, kx, ky) = kz / f  S(f(kz), kx, ky),    kz > 0,
// and its squared magnitude is the albedo. On a grid of pitch p and slices dz this is
// kz' = sqrt((dz / p)^2 (kx^2 + ky^2) + kz^2) for all in units of their highest frequency; rows and columns may have
// pitches of their own. A scan of one row is taken as not changing along y.
// S is interpolated between its frequencies by a windowed sinc of 8 points. Data fill half the time window, and are
// centred in it (a factor i^n) first, so that this loses less than 1e-3 anywhere; linear interpolation would dim what
// is far away. Sources: R. H. Stolt, Geophysics 43, 23 (1978); D. B. Lindell, G. Wetzstein and M. O'Toole, ACM Trans.
// Graph. 38, 116 (2019).
#pragma once

#include <cmath>
#include <vector>

#include "kernels/reconstruction/confocal_shape.hpp"

namespace firstlight {

constexpr int stolt_taps = 8, stolt_places = 512;

// Weights of the 8 points around a place between two, for `stolt_places` + 1 places: [place][tap].
[[nodiscard]] std::vector<float> stolt_table();

// The volume's spectrum at one (ky, kx) and kz; rows of spectra in the order of a discrete Fourier transform.
struct StoltMove {
    ConfocalShape s;
    const float* table = nullptr;
    const float* from = nullptr;  // [y][x][half][re im]
    float* to = nullptr;

    FL_HD void operator()(std::int64_t row, std::int64_t k) const {
        const std::int64_t half = s.migrate_half(), at = (row * half + k) * 2;
        float re = 0, im = 0;
        const double place = frequency(row, k);
        const auto base = static_cast<std::int64_t>(place);
        if (k > 0 && k + 1 < half && base + 1 < half) {
            const double between = place - static_cast<double>(base);
            const float* weight =
                table + static_cast<std::int64_t>(floor(between * stolt_places + 0.5)) * stolt_taps;  // nearest of 513
            for (int tap = 0; tap < stolt_taps; ++tap) {
                const std::int64_t n = base + tap - (stolt_taps / 2 - 1);
                if (n < 0 || n >= half) continue;
                const float a = from[(row * half + n) * 2], b = from[(row * half + n) * 2 + 1];
                const float w = weight[tap];
                switch (n & 3) {  // times i^n
                    case 0: re += w * a, im += w * b; break;
                    case 1: re -= w * b, im += w * a; break;
                    case 2: re -= w * a, im -= w * b; break;
                    default: re += w * b, im -= w * a; break;
                }
            }
            const double turns =
                -(place / 4 + (place - static_cast<double>(k)) * s.first_z_bins / static_cast<double>(s.migrate[2]));
            const auto angle = static_cast<float>(6.283185307179586 * (turns - floor(turns)));
            const float scale = static_cast<float>(static_cast<double>(k) / place);
            const float c = cosf(angle) * scale, d = sinf(angle) * scale, real = re;
            re = real * c - im * d;
            im = real * d + im * c;
        }
        to[at] = re;
        to[at + 1] = im;
    }

  private:
    // Where on the axis of f, in steps of it.
    [[nodiscard]] FL_HD double frequency(std::int64_t row, std::int64_t k) const {
        const double length = static_cast<double>(s.migrate[2]) * s.slice_m;
        const double y = lateral(row / s.migrate[1], 0) * length, x = lateral(row % s.migrate[1], 1) * length;
        const auto z = static_cast<double>(k);
        return sqrt(z * z + y * y + x * x);
    }
    [[nodiscard]] FL_HD double lateral(std::int64_t i, int axis) const {  // cycles per metre
        const std::int64_t n = s.migrate[axis];
        return static_cast<double>(i <= n / 2 ? i : i - n) / (static_cast<double>(n) * s.pitch_m[axis]);
    }
};

}  // namespace firstlight
