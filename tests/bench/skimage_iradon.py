"""Backprojection of one slice by scikit-image: skimage_iradon.py COLUMNS VIEWS

Prints the median seconds of five runs; no filter, linear interpolation.
"""
import statistics
import sys
import time

import numpy as np
from skimage.transform import iradon


def main():
    columns, views = int(sys.argv[1]), int(sys.argv[2])
    rays = np.random.default_rng(1).random((columns, views)).astype(np.float32)
    angles = np.linspace(0, 180, views, endpoint=False)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        iradon(rays, theta=angles, filter_name=None, interpolation="linear", circle=True)
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
