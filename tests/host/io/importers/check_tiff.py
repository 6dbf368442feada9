"""check_tiff.py write FOLDER; check_tiff.py check FOLDER ACQUISITIONS N: stacks written by tifffile, whose counts are
those of the arrays that they were written from, and those that tifffile reads. Exits with 77 without tifffile."""
import glob
import os
import sys

import h5py
import numpy as np

try:
    import tifffile
except ImportError:
    sys.exit(77)

folder = sys.argv[2]
if sys.argv[1] == "write":
    random = np.random.default_rng(3)

    def counts(dtype, shape=(7, 45, 38)):
        largest = {"u1": 255, "u2": 65535, "u4": 4294967295, "f4": 1e6}[np.dtype(dtype).str[1:]]
        return (random.random(shape) ** 4 * largest).astype(dtype)

    def write(name, frames, **how):
        tifffile.imwrite(f"{folder}/{name}.tif", frames, **({"photometric": "minisblack"} | how))
        np.save(f"{folder}/{name}.tif.npy", frames)

    for dtype in ("u1", "u2", "u4", "f4"):
        write(f"plain_{dtype}", counts(dtype))
        write(f"big_{dtype}", counts(dtype), bigtiff=True, byteorder=">")
        write(f"tiles_{dtype}", counts(dtype), tile=(16, 32))
    write("strips", counts("u2"), rowsperstrip=6)
    write("imagej", counts("u2"), imagej=True)
    write("imagej_said", counts("u2"), imagej=True, metadata={"spacing": 40.0, "unit": "ps", "axes": "ZYX"})
    write("ome", counts("u2"), ome=True, metadata={"axes": "TYX", "PhysicalSizeX": 20, "PhysicalSizeY": 20})
    write("ome_said", counts("f4"), ome=True,
          metadata={"axes": "TYX", "TimeIncrement": 40.0, "TimeIncrementUnit": "ps"})
    try:
        import imagecodecs  # noqa: F401
        packings = [("zlib", True), ("lzw", True), ("packbits", False), ("zstd", False), ("lzma", False)]
    except ImportError:
        packings = [("zlib", False)]
    for packing, predictor in packings:
        write(f"packed_{packing}", counts("u2"), compression=packing, rowsperstrip=7)
        write(f"packed_{packing}_whole", counts("u4"), compression=packing, rowsperstrip=45)
        write(f"packed_{packing}_tiles", counts("f4"), compression=packing, tile=(32, 16), predictor=predictor)
    frames = counts("u2", (11, 45, 38))
    os.mkdir(f"{folder}/frames.tif")
    for i, frame in enumerate(frames):
        tifffile.imwrite(f"{folder}/frames.tif/frame{i}.tif", frame)
    np.save(f"{folder}/frames.tif.npy", frames)
else:
    checked = 0
    for path in glob.glob(folder + "/*.tif"):
        with h5py.File(os.path.join(sys.argv[3], os.path.basename(path) + ".h5")) as f:
            ours, delay = f["entry/data/frames"][...], f["entry/data/gate_delay"][...]
        written = np.load(path + ".npy")
        if os.path.isdir(path):
            names = tifffile.natural_sorted(glob.glob(path + "/*.tif"))
            theirs = tifffile.imread(names)
        else:
            theirs = tifffile.imread(path)
        assert ours.dtype == written.dtype.newbyteorder("="), (path, ours.dtype)
        assert np.array_equal(ours, written) and np.array_equal(ours, theirs), path
        assert np.allclose(delay, np.arange(len(written)) * 40e-12, rtol=1e-12, atol=0), (path, delay)
        checked += 1
    assert checked == int(sys.argv[4]), checked
