"""Opens the volume files of volume_files_test.cpp with tifffile, pynrrd and h5py: values, order of axes, steps, units."""
import sys

import h5py
import nrrd
import numpy as np
import tifffile

folder = sys.argv[1]
truth = np.fromfile(f"{folder}/v.f4", "<f4").reshape(7, 5, 9)
z, y, x = 0.4 * np.arange(7), 2 * np.arange(5) - 4.0, 1.5 * np.arange(9) - 6.0  # mm


def same(values):
    assert values.dtype == np.float32 and values.shape == truth.shape, (values.dtype, values.shape)
    assert np.array_equal(values, truth, equal_nan=True)


with tifffile.TiffFile(f"{folder}/v.tif") as tiff:
    assert tiff.is_imagej and not tiff.is_bigtiff
    series = tiff.series[0]
    assert series.axes == "ZYX", series.axes
    same(series.asarray())
    about = tiff.imagej_metadata
    assert about["slices"] == 7 and about["images"] == 7 and about["unit"] == "mm", about
    assert np.isclose(about["spacing"], 0.4)
    assert np.allclose([about["xorigin"] * -1.5, about["yorigin"] * -2, about["zorigin"] * -0.4], [x[0], y[0], z[0]])
    assert np.isclose(about["min"], np.nanmin(truth)) and np.isclose(about["max"], np.nanmax(truth))
    top, bottom = tiff.pages[0].tags["XResolution"].value
    assert np.isclose(bottom / top, 1.5)
    top, bottom = tiff.pages[0].tags["YResolution"].value
    assert np.isclose(bottom / top, 2)

for name in ("v.nrrd", "packed.nrrd"):
    values, header = nrrd.read(f"{folder}/{name}", index_order="C")
    same(values)
    fortran, _ = nrrd.read(f"{folder}/{name}")
    assert fortran.shape == (9, 5, 7)
    assert header["encoding"] == ("raw" if name == "v.nrrd" else "gzip")
    assert np.allclose(header["space directions"], np.diag([1.5, 2, 0.4])), header
    assert np.allclose(header["space origin"], [x[0], y[0], z[0]])
    assert header["space units"] == ["mm", "mm", "mm"] and header["labels"] == ["x", "y", "z"]
    assert header["name"] == "mu" and header["unit"] == "1/m"

with h5py.File(f"{folder}/v.h5") as f:
    mu = f["mu"]
    same(mu[:])
    assert mu.attrs["units"] == b"1/m" or mu.attrs["units"] == "1/m"
    assert [d[0].name for d in mu.dims] == ["/z", "/y", "/x"]
    for name, positions in (("z", z), ("y", y), ("x", x)):
        assert np.allclose(f[name][:] * 1e3, positions)
        assert f[name].attrs["units"] in (b"m", "m")
