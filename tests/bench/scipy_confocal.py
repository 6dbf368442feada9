"""confocal_diffuse's Poisson deconvolution and f-k migration in SciPy: scipy_confocal.py FILE ROWS COLUMNS BINS

FILE: light as float32 [rows][columns][bins] (2 cm pitch, bins of 16 ps, four put together). Same iterations and paddings, same kernel made
the same way; two workers. Prints the median seconds of three runs.
"""
import statistics
import sys
import time

import numpy as np
import scipy.fft as fft

C, STEPS, WORKERS = 299792458.0, 30, 2


def kernel(shape, pitch, width):
    d, n, mu_a, mu_s, ze, sub = 0.0254, 1.12, 0.53, 262.0, 0.0036, 8
    t = (np.arange(shape[0] * sub) + 0.5) * width / sub
    spread = 4 * C / n / (3 * mu_s) * t
    light = np.zeros_like(t)
    for m in range(-20, 21):
        z1, z2 = d * (1 - 2 * m) - 4 * m * ze - 1 / mu_s, d * (1 - 2 * m) - (4 * m - 2) * ze + 1 / mu_s
        light += z1 * np.exp(-z1**2 / spread) - z2 * np.exp(-z2**2 / spread)
    light = np.maximum(light * np.exp(-mu_a * C / n * t) * t**-1.5, 0)
    ky, kx = 2 * np.pi * np.fft.fftfreq(shape[1], pitch), 2 * np.pi * np.fft.rfftfreq(shape[2], pitch)
    decay = (ky[:, None] ** 2 + kx**2) / 16  # of the midpoint of the ways in and out
    one = sum((light[i::sub, None, None] * np.exp(-decay * spread[i::sub, None, None]) for i in range(sub)))
    one = fft.fft(one / one[:, 0, 0].sum(), axis=0)
    return (one * one).astype(np.complex64)


def deconvolved(y, shape, h):
    forward = lambda a: fft.rfftn(a, shape, workers=WORKERS)
    back = lambda a: fft.irfftn(a, shape, workers=WORKERS)
    mean = float((y * y).sum() / y.sum())
    power = np.abs(h) ** 2
    lam, mu, tau, tau2 = 0.1 * np.sqrt(2 * power.sum() / np.prod(shape) / mean), 1 / mean, 1e-3, 1e-4
    k = [2 - 2 * np.cos(2 * np.pi * np.arange(m) / n) for n, m in zip(shape, h.shape)]
    below = (power + tau * (k[0][:, None, None] + k[1][:, None] + k[2]) + tau2).astype(np.float32)
    x_hat = np.conj(h) * forward(y) / (power + 1e-3)
    x, seen = back(x_hat), back(h * x_hat)
    seen_dual, light_dual = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    slope_dual = [np.zeros(shape, np.float32) for _ in range(3)]
    nt, ny, nx = y.shape
    for _ in range(STEPS):
        shifted = seen + seen_dual
        u = shifted.copy()
        q = shifted[:nt, :ny, :nx] - mean
        u[:nt, :ny, :nx] = 0.5 * (q + np.sqrt(q * q + 4 * y * mean))
        seen_dual = shifted - u
        slope = [np.roll(x, -1, a) - x + slope_dual[a] for a in range(3)]
        kept = np.maximum(1 - lam / (mu * tau) / np.maximum(np.sqrt(sum(s * s for s in slope)), 1e-20), 0)
        slope_dual = [s * (1 - kept) for s in slope]
        term = [s * kept - dual for s, dual in zip(slope, slope_dual)]
        shifted = x + light_dual
        light = np.maximum(shifted, 0)
        light_dual = shifted - light
        prior = tau * sum(np.roll(s, 1, a) - s for a, s in enumerate(term)) + tau2 * (light - light_dual)
        x_hat = (np.conj(h) * forward(u - seen_dual) + forward(prior)) / below
        x, seen = back(x_hat), back(h * x_hat)
    return np.maximum(x + light_dual, 0)[:nt, :ny, :nx]


def migrated(light, pitch, width):
    nt, ny, nx = light.shape
    dz = C * width / 2
    echo = fft.fftn(np.sqrt(light), (2 * nt, 2 * ny, 2 * nx), workers=WORKERS)
    kz = np.fft.fftfreq(2 * nt, dz)[:, None, None]
    lateral = np.fft.fftfreq(2 * ny, pitch)[:, None] ** 2 + np.fft.fftfreq(2 * nx, pitch) ** 2
    frequency = np.sqrt(kz**2 + lateral)
    place = frequency * dz * 2 * nt
    base = place.astype(int)
    inside = (base + 1 <= nt) & (kz > 0)
    base = np.where(inside, base, 0)
    part = place - base
    moved = np.take_along_axis(echo, base, 0) * (1 - part) + np.take_along_axis(echo, base + 1, 0) * part
    moved = np.where(inside, moved * kz / np.maximum(frequency, 1e-12), 0)
    return np.abs(fft.ifftn(moved, workers=WORKERS)[:nt, :ny, :nx]) ** 2


def main():
    rows, columns, bins = (int(word) for word in sys.argv[2:5])
    counts = np.fromfile(sys.argv[1], np.float32).reshape(rows, columns, bins).transpose(2, 0, 1)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        together = 4 if bins >= 512 else 1
        y = counts[: bins // together * together].reshape(-1, together, rows, columns).sum(1)
        width = 16e-12 * together
        shape = (fft.next_fast_len(y.shape[0] + 62, True), fft.next_fast_len(rows + 10), fft.next_fast_len(columns + 10))
        volume = migrated(deconvolved(y, shape, kernel(shape, 0.02, width)), 0.02, width)
        seconds.append(time.perf_counter() - start)
        assert np.isfinite(volume).all()
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
