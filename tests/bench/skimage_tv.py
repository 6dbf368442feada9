"""Fifty iterations of scikit-image's total variation denoising: skimage_tv.py FILE ROWS COLUMNS (float32, row by row)

Prints the median seconds of five runs.
"""
import statistics
import sys
import time

import numpy as np
from skimage.restoration import denoise_tv_chambolle


def main():
    image = np.fromfile(sys.argv[1], np.float32).reshape(int(sys.argv[2]), int(sys.argv[3]))
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        denoise_tv_chambolle(image, weight=4.0, eps=0, max_num_iter=50)
        seconds.append(time.perf_counter() - start)
    print(statistics.median(seconds))


if __name__ == "__main__":
    main()
