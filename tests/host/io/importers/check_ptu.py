"""What was imported from PTU files equals what ptufile reads from them: counts, times and pixels."""
import glob
import os
import sys

import h5py
import numpy as np
import ptufile


def padded(histogram, bins):
    assert not histogram[..., bins:].any()
    return np.pad(histogram, [(0, 0)] * (histogram.ndim - 1) + [(0, max(0, bins - histogram.shape[-1]))])[..., :bins]


def check(path):
    name = os.path.basename(path)
    with h5py.File(path.replace(".ptu", ".events.h5")) as f:
        times = f["entry/data/timestamps"][...]
        bins = f["entry/data/nanotimes"][...]
        pixels = f["entry/data/detectors"][...]
        shape = [int(n) for n in f["entry/data/detectors"].attrs["shape"]]
        number = int(f["entry/data/nanotimes"].attrs["tcspc_num_bins"])
    with h5py.File(path.replace(".ptu", ".histogram.h5")) as f:
        counts = f["entry/data/counts"][...]
    counted = np.zeros((*shape, number), "u4")
    np.add.at(counted.reshape(-1, number), (pixels, bins), 1)
    assert np.array_equal(counts, counted), name

    with ptufile.PtuFile(path, trimdims="CH") as f:
        records = f.decode_records()
        photons = records[records["channel"] >= 0]
        if name.startswith("image"):
            image = f.decode_image().sum(axis=(0, 3), dtype="u4")
            assert image.sum() > 400, name
            assert np.array_equal(padded(image, number), counts), name
            written = path.replace(".ptu", ".npy")
            if os.path.exists(written):
                data = np.load(written).sum(axis=(0, 3), dtype="u4")
                assert np.array_equal(padded(data, number), counts), name
            assert set(times) <= set(photons["time"]), name
            return
        if name.startswith("point"):
            assert np.array_equal(times, photons["time"]), name
            assert np.array_equal(bins, photons["dtime"]), name
            seen = np.unique(photons["channel"])
            assert np.array_equal(seen[pixels], photons["channel"]), name
            return
        words = f.read_records()  # ptufile takes syncs for photons of channel 0
        pico = f.record_type == ptufile.PtuRecordType.PicoHarpT2
        sync = (words >> 28 == 0) if pico else (words >> 25 == 64)
        photon = (records["channel"] >= 0) & ~sync
        last = np.maximum.accumulate(np.where(sync, records["time"], 0))
        assert np.array_equal(times, records["time"][photon]), name
        assert np.array_equal(bins, (records["time"] - last)[photon]), name
        seen = np.unique(records["channel"][photon])
        assert np.array_equal(seen[pixels], records["channel"][photon]), name


files = sorted(glob.glob(sys.argv[1] + "/*.ptu"))
for path in files:
    if os.path.exists(path.replace(".ptu", ".events.h5")):
        check(path)
assert len(files) > 16
