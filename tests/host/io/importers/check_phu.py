"""What was imported from a PHU file equals what ptufile reads from it. Exits with 77 without ptufile."""
import sys

import h5py
import numpy as np

try:
    import ptufile
except ImportError:
    sys.exit(77)

with ptufile.PhuFile(sys.argv[1]) as phu, h5py.File(sys.argv[2]) as f:
    curves = np.array(phu.histograms())
    assert curves.shape == (5, 300)
    assert np.array_equal(f["entry/data/counts"][...], curves[np.newaxis])
    width = phu.tags["HistResDscr_MDescResolution"][0]
    assert np.allclose(f["entry/data/t"][...], (np.arange(300) + 0.5) * width, rtol=1e-14, atol=0)
