"""Fits the amplitudes of traces with SciPy and compares them with those in the file; 77: there is no SciPy.

A line is one trace: ballistic, its sigma, snake and diffuse as fitted, then counts and three curves for each bin.
"""

import sys

import numpy as np

try:
    from scipy.optimize import minimize
except ImportError:
    sys.exit(77)

worst = 0.0
lines = np.loadtxt(sys.argv[1])
for line in lines:
    fitted = line[[0, 2, 3]]
    sigma = line[1]
    table = line[4:].reshape(-1, 4)
    y = table[:, 0]
    parts = np.column_stack([table[:, 1:], np.ones(len(y))])
    scale = np.array([200.0, 200.0, 800.0, 0.5])

    def loss(x):
        mean = parts @ (x * scale)
        if np.any(mean <= 0):
            return np.inf, np.zeros(4)
        return np.sum(mean - y * np.log(mean)), scale * (parts.T @ (1 - y / mean))

    def curvature(x):
        mean = parts @ (x * scale)
        weighted = parts * scale * (np.sqrt(y) / mean)[:, None]
        return weighted.T @ weighted

    best = minimize(loss, np.ones(4), jac=True, hess=curvature, method="trust-exact", options={"gtol": 1e-7})
    found = best.x * scale
    # Snake amplitudes near 0 have no relative error to speak of: there 1e-3 of ballistic's sigma counts.
    error = np.abs(fitted - found[:3]) / np.maximum(np.abs(found[:3]), sigma)
    worst = max(worst, error.max())
print(f"{len(lines)} traces, largest difference {worst:.2e}")
sys.exit(0 if worst < 1e-3 and len(lines) == 200 else 1)
