"""Opens a result with h5py and xarray (h5netcdf) and checks axes, units and that nothing forbidden was written."""
import sys

import h5py
import numpy as np
import xarray


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


with h5py.File(sys.argv[1]) as f:
    assert text(f.attrs["default"]) == "entry"
    image = f["entry/image"]
    assert text(image.attrs["signal"]) == "ballistic"
    layer = image["ballistic"]
    assert [d[0].name.split("/")[-1] for d in layer.dims] == ["view", "y", "x"]
    assert layer.attrs["element_size_um"].shape == (3,)
    assert list(image["mask"].attrs["flag_masks"]) == [1, 2, 4, 8, 16, 32]

    def check(name, obj):
        if isinstance(obj, h5py.Dataset):
            assert obj.dtype.kind in "uifS", (name, obj.dtype)
            if obj.dtype.kind != "S":
                assert "units" in obj.attrs, name

    f.visititems(check)

with xarray.open_dataset(sys.argv[1], group="entry/image", engine="h5netcdf", mask_and_scale=False) as d:
    assert d["ballistic"].dims == ("view", "y", "x"), d["ballistic"].dims
    assert text(d["y"].attrs["units"]) == "m" and text(d["arrival"].attrs["units"]) == "s", d["y"].attrs
    assert text(d["optical_depth"].attrs["long_name"]) == "optical depth"
    assert np.allclose(d["y"], -0.01 + 0.002 * np.arange(5))
    assert d["ballistic"].sel(view=0.5, x=0.004).shape == (5,)
