"""Opens a result as users do, with h5py and with xarray (engine h5netcdf): python_result.py FILE AXIS...

Every layer has the named axes, a unit and a description; positions are in metres; both libraries see the same numbers.
"""
import sys

import h5py
import numpy as np
import xarray

UNITS = {"counts": "count", "ballistic": "count", "arrival": "s", "optical_depth": "1", "purity": "1", "snr": "1"}


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


path, axes = sys.argv[1], tuple(sys.argv[2:])
layers = {}
with h5py.File(path) as f:
    image = f[text(f.attrs["default"])]["image"]
    assert text(image.attrs["signal"]) in image
    for name, dataset in image.items():
        if name in axes:
            assert dataset.is_scale, name
            assert text(dataset.attrs["units"]) == {"view": "rad"}.get(name, "m"), name
            continue
        assert tuple(d[0].name.split("/")[-1] for d in dataset.dims) == axes, name
        assert text(dataset.attrs["units"]) and text(dataset.attrs["long_name"]), name
        layers[name] = dataset[...]
    for name, unit in UNITS.items():
        assert text(image[name].attrs["units"]) in (unit, unit + "s"), (name, image[name].attrs["units"])

with xarray.open_dataset(path, group="entry/image", engine="h5netcdf", mask_and_scale=False) as d:
    assert set(layers) == set(d.data_vars), sorted(d.data_vars)
    for name, values in layers.items():
        assert d[name].dims == axes, (name, d[name].dims)
        assert "units" in d[name].attrs, name
        assert np.array_equal(d[name].values, values, equal_nan=values.dtype.kind == "f"), name
    assert np.allclose(d["x"], 0.002 * np.arange(24)) and np.allclose(d["y"], -0.01 + 0.001 * np.arange(16))
    # 300 counts where the target is open; selecting by position, not by index, is what axes are for.
    at_position = d["counts"].sel(y=-0.002, x=0.004, method="nearest")
    flat = layers["counts"].reshape(-1, 16, 24)[:, 8, 2]
    assert np.array_equal(np.atleast_1d(at_position.values), flat), (at_position.values, flat)

print(len(layers), "layers checked")
