"""Photon events as other programs store them: every filter, contiguous, other types and byte orders.

write_events.py FOLDER writes FOLDER/NAME.h5 and, for all of them alike, FOLDER/counts.bin: u4 counts[5, 7, 100].
"""
import sys
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

folder = Path(sys.argv[1])
rng = np.random.default_rng(3)
n = 20_000
pixel = rng.integers(0, 35, n)
bin_ = rng.integers(0, 100, n)
stamp = np.sort(rng.integers(0, 1 << 40, n))
counts = np.zeros((35, 100), "<u4")
np.add.at(counts, (pixel, bin_), 1)
counts.tofile(folder / "counts.bin")


def write(name, detectors="<u4", nanotimes="<u2", timestamps="<i8", order=slice(None), **how):
    with h5py.File(folder / f"{name}.h5", "w") as f:
        f.attrs["firstlight_format"], f.attrs["firstlight_version"] = "acquisition", "1.0.0"
        entry = f.create_group("entry")
        entry.attrs["kind"], entry.attrs["path"] = "events", "transmission"
        data = entry.create_group("data")
        d = data.create_dataset("detectors", data=pixel[order].astype(detectors), **how)
        d.attrs["shape"] = [5, 7]
        t = data.create_dataset("nanotimes", data=bin_[order].astype(nanotimes), **how)
        t.attrs["tcspc_unit_s"], t.attrs["tcspc_num_bins"] = 1e-11, 100
        data.create_dataset("timestamps", data=stamp.astype(timestamps), **how).attrs["unit_s"] = 1e-9


write("contiguous")
write("chunked", chunks=(1000,))
write("raster", order=np.argsort(pixel, kind="stable"), chunks=(777,), compression="gzip")
write("gzip", chunks=(4096,), compression="gzip", shuffle=True, fletcher32=True)
write("lzf", chunks=(4096,), compression="lzf")
write("one_chunk", chunks=(n,), compression="gzip")
write("blosc", chunks=(3000,), **hdf5plugin.Blosc())
write("lz4", chunks=(3000,), **hdf5plugin.LZ4())
write("zstd", chunks=(3000,), **hdf5plugin.Zstd())
write("bitshuffle", chunks=(3000,), **hdf5plugin.Bitshuffle())
write("big_endian", ">u4", ">u2", ">i8")
write("other_types", "<i8", "u1", "<u8", chunks=(500,))
write("wide", "<u2", "<u4", "<i8", chunks=(2000,), compression="gzip")
