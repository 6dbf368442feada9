"""Region statistics of a result with NumPy: python_regions.py FILE LINES

Each line: layer shape x0 y0 x1 y1 pixels masked no_value mean sd median min max sum expected_sigma snr excess
"""
import sys

import h5py
import numpy as np

MASKED = 1 | 2 | 4 | 8


def selected(shape, x0, y0, x1, y1, rows, columns):
    y, x = np.mgrid[:rows, :columns] + 0.5
    if shape == "rectangle":
        return (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    return ((x - (x0 + x1) / 2) / ((x1 - x0) / 2)) ** 2 + ((y - (y0 + y1) / 2) / ((y1 - y0) / 2)) ** 2 <= 1


checked = 0
with h5py.File(sys.argv[1]) as f:
    image = f["entry/image"]
    mask = image["mask"][...]
    for line in open(sys.argv[2]):
        layer, shape, *numbers = line.split()
        numbers = [float(n) for n in numbers]
        values = image[layer][...].astype(float)
        inside = selected(shape, *numbers[:4], *values.shape)
        bad = (mask & MASKED) != 0
        used = inside & ~bad & np.isfinite(values)
        v = values[used]
        if layer + "_sigma" in image:
            variance = image[layer + "_sigma"][...].astype(float)[used] ** 2
        elif image[layer].attrs["units"] in ("counts", b"counts"):
            variance = v
        else:
            variance = np.array([np.nan])
        variance = np.mean(variance[np.isfinite(variance)]) if np.isfinite(variance).any() else np.nan
        wanted = [used.sum(), (inside & bad).sum(), (inside & ~bad & ~np.isfinite(values)).sum(), v.mean(), v.std(ddof=1),
                  np.median(v), v.min(), v.max(), v.sum(), np.sqrt(variance), v.mean() / np.sqrt(variance / v.size),
                  v.var(ddof=1) / variance]
        assert len(wanted) == len(numbers) - 4
        assert np.allclose(numbers[4:], wanted, rtol=1e-9, atol=0, equal_nan=True), (line, wanted)
        checked += int(used.sum()) > 1
print(checked, "regions checked")
