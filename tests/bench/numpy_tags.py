"""What NumPy takes to count time tags: numpy_tags.py FOLDER PIXELS BINS prints the median seconds of several runs."""
import sys
import time
from pathlib import Path

import numpy as np

folder, pixels, bins = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
pixel = np.fromfile(folder / "pixels.u4", "<u4")
bin_ = np.fromfile(folder / "bins.u2", "<u2")
seconds = []
for _ in range(3):
    start = time.perf_counter()
    counts = np.bincount(pixel.astype(np.int64) * bins + bin_, minlength=pixels * bins)
    seconds.append(time.perf_counter() - start)
assert counts.sum() == len(pixel)
print(sorted(seconds)[1])
