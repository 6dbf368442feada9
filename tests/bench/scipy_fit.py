"""Fits the amplitudes of traces one by one with scipy.optimize.curve_fit: scipy_fit.py FOLDER TRACES BINS

Prints the median seconds per trace of three runs; reading is not counted. FOLDER holds counts.u2 [traces][bins] and
curves.f8 [traces][bins][4]. Weighted least squares with the errors of Poisson counts, which is less than maximum
likelihood but what curve_fit does.
"""
import pathlib
import statistics
import sys
import time

import numpy as np
from scipy.optimize import curve_fit


def main():
    folder, traces, bins = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    counts = np.fromfile(folder / "counts.u2", np.uint16).reshape(traces, bins).astype(float)
    curves = np.fromfile(folder / "curves.f8", np.float64).reshape(traces, bins, 4)
    position = np.arange(bins)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        for y, parts in zip(counts, curves):
            curve_fit(lambda _, a, s, d, b: parts @ (a, s, d, b), position, y, p0=(100, 100, 300, 1),
                      sigma=np.sqrt(np.maximum(y, 1)), absolute_sigma=True)
        seconds.append((time.perf_counter() - start) / traces)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
