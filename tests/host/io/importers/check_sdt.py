"""What was imported from SDT files equals what sdtfile reads from them. Exits with 77 without sdtfile."""
import glob
import os
import sys

import h5py
import numpy as np

try:
    import sdtfile
except ImportError:
    sys.exit(77)

checked = 0
for path in glob.glob(sys.argv[1] + "/*.sdt"):
    with sdtfile.SdtFile(path) as sdt:
        channel = 0
        for block, data in enumerate(sdt.data):
            about = sdt.block_measure_info(block)
            image = data.ndim > 2
            for counts in data if data.ndim == 4 else [data]:
                with h5py.File(path.replace(".sdt", f".{channel}.h5")) as f:
                    ours = f["entry/data/counts"][...]
                    t = f["entry/data/t"][...]
                expected = counts if image else counts[np.newaxis]
                assert expected.shape == ours.shape, (path, expected.shape, ours.shape)
                assert np.array_equal(expected, ours), path
                width = float(about.tac_r) / (float(about.tac_g) * int(about.adc_re))
                assert np.allclose(t - t[0], np.arange(t.size) * width, rtol=1e-14, atol=0), path
                # sdtfile's own axis is rounded to single precision by some versions of NumPy
                assert np.allclose(t - t[0], sdt.times[block], rtol=1e-7, atol=0), path
                channel += 1
                checked += 1
        assert not os.path.exists(path.replace(".sdt", f".{channel}.h5"))
assert checked > 28, checked
