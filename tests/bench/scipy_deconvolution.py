"""Deconvolution along time as one would write it with scipy.fft: scipy_deconvolution.py wiener|richardson_lucy FILE TRACES BINS WORKERS

FILE holds counts of 16 bits, then the taps as float32. Prints the median seconds of three runs for all traces; reading is
not counted. Single precision, transforms of a good length, all traces at once. The same work as deconvolution_rows.cpp.
"""
import statistics
import sys
import time

import numpy as np
import scipy.fft

SNR, ITERATIONS = 40, 20


def main():
    what, path, (traces, bins, workers) = sys.argv[1], sys.argv[2], map(int, sys.argv[3:6])
    raw = np.fromfile(path, np.uint8)
    counts = raw[: traces * bins * 2].view(np.uint16).reshape(traces, bins)
    taps = raw[traces * bins * 2 :].view(np.float32)
    n = scipy.fft.next_fast_len(bins + len(taps), real=True)
    response = scipy.fft.rfft(np.roll(np.pad(taps, (0, n - len(taps))), -(len(taps) // 2)))

    def convolved(x, spectrum):
        return scipy.fft.irfft(scipy.fft.rfft(x, n, workers=workers) * spectrum, n, workers=workers)[:, :bins]

    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        y = counts.astype(np.float32)
        if what == "wiener":
            convolved(y, np.conj(response) / (np.abs(response) ** 2 + np.float32(1 / SNR)))
        else:
            seen = convolved(np.ones((1, bins), np.float32), np.conj(response))
            x = np.broadcast_to(y.mean(axis=1, keepdims=True), y.shape).astype(np.float32)
            for _ in range(ITERATIONS):
                mean = np.maximum(convolved(x, response), np.float32(1e-6))
                x = x * convolved(y / mean, np.conj(response)) / seen
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
