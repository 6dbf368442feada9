"""check_npy.py write FOLDER DOCS; check_npy.py check FOLDER DOCS N: arrays that NumPy writes, with the example of the
docs, come out of the import as they went in."""
import glob
import itertools
import os
import re
import sys

import h5py
import numpy as np

folder, docs = sys.argv[2:4]
if sys.argv[1] == "write":
    random = np.random.default_rng(4)
    size = {"view": 2, "y": 20, "x": 17, "t": 11}
    number = 0
    for axes, types in (("yxt", ("|u1", "<u2", ">u2", ">u4", "<i4", "<i8", "<f4", ">f8")), ("vyxt", ("<u2",))):
        for names, dtype in itertools.product(itertools.permutations(axes), types):
            if len(types) > 1 and number % 3 and dtype != "<u2":
                number += 1
                continue
            names = ["view" if n == "v" else n for n in names]
            counts = (random.random([size[n] for n in names]) ** 3 * 120).astype(dtype)
            counts = np.asfortranarray(counts) if number % 2 else counts
            with open(f"{folder}/{number}.npy", "wb") as f:
                np.lib.format.write_array(f, counts, version=(1 + number % 3, 0))
            with open(f"{folder}/{number}.toml", "w") as f:
                f.write(f"axes = {names}\nbin_width_ps = 16\n".replace("'", '"'))
            number += 1
    with open(docs) as f:
        example = re.search(r"## NumPy arrays.*?```python\n(.*?)```", f.read(), re.DOTALL).group(1)
    os.chdir(folder)
    exec(example, {})
else:
    checked = 0
    for path in glob.glob(folder + "/*.toml"):
        with open(path) as f:
            words = f.read()
        names = re.search(r'axes = \[(.*?)\]', words).group(1).replace('"', "").split(", ")
        counts = np.load(path.replace(".toml", ".npy"))
        wanted = counts.transpose([names.index(n) for n in ("view", "y", "x", "t") if n in names])
        wanted = wanted.astype("f4") if wanted.dtype.kind == "f" else wanted
        with h5py.File(path.replace(".toml", ".h5")) as f:
            ours = f["entry/data/counts"][...]
            assert np.array_equal(ours, wanted), path
            t = f["entry/data/t"][...]
            assert np.allclose(t, (np.arange(t.size) + 0.5) * 16e-12, rtol=1e-12, atol=0), path
            if path.endswith("/scan.toml"):  # the docs' example
                assert f["entry"].attrs["path"] in (b"transmission", "transmission")
                assert f["entry/exposure/pulses"][()] == 2e6
                irf, irf_t = f["entry/calibration/irf"][...], f["entry/calibration/irf_t"][...]
                assert abs(np.sum(irf * irf_t) / np.sum(irf)) < 1e-12, "the response is at 0"
                assert np.array_equal(irf, np.load(folder + "/irf.npy"))
        checked += 1
    assert checked == int(sys.argv[4]), checked
