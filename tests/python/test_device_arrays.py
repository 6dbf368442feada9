"""Arrays in a GPU's memory, on the emulated GPU: it refuses every pointer that is not into its own memory, so a run that
passes has looked at the counts where they lie. On a real GPU nothing else happens, but that was not tried."""
import os
import pathlib
import warnings

import firstlight
import numpy as np
import pytest
from device_array import DeviceArray

LIBRARY = pathlib.Path(os.environ["FIRSTLIGHT_BUILD"]) / "lib/libfirstlight_cuda_emulated.so"
KNOWN = {"bin_width_ps": 16, "pulses": 1e6, "irf": np.exp(-0.5 * (np.arange(-15, 16) / 3) ** 2),
         "irf_time_ps": 16.0 * np.arange(-15, 16), "progress": False}
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="the emulated CUDA library is not built")


@pytest.fixture(autouse=True)
def emulated(monkeypatch):
    monkeypatch.setenv("FIRSTLIGHT_CUDA_LIBRARY", str(LIBRARY))


@pytest.fixture
def counts():
    light = 40 * np.exp(-0.5 * ((np.arange(128) - 50) / 3) ** 2)
    return np.random.default_rng(5).poisson(0.2 + light, (6, 9, 128)).astype("u2")


def on_device(values, **more):
    return DeviceArray(str(LIBRARY), values, **more)


def assert_same_bits(a, b):
    assert list(a) == list(b)
    for name in a:
        assert np.array_equal(a[name].view("u1"), b[name].view("u1")), name


@pytest.mark.parametrize("element", ["u1", "u2", "u4", "f4"])
def test_same_bits_as_the_same_counts_of_the_host(counts, element):
    values = np.minimum(counts, 255).astype(element)
    host = firstlight.reconstruct(values, "arrival", backend="cuda", **KNOWN)
    device = firstlight.reconstruct(on_device(values), "arrival", **KNOWN)
    assert device.provenance["backend"] == "cuda-emulated"
    assert_same_bits(host, device)


def test_views_and_a_reference_on_the_device(counts):
    views = np.stack([counts, counts[::-1]])
    more = {**KNOWN, "reference_pulses": 1e6, "dark_rate_hz": np.full((6, 9), 1e3), "t0_map_ps": np.zeros((6, 9))}
    host = firstlight.reconstruct(views, "transmission", reference=counts, backend="cuda", **more)
    device = firstlight.reconstruct(on_device(views), "transmission", reference=on_device(counts), **more)
    assert device["ballistic"].shape == (2, 6, 9)
    assert_same_bits(host, device)
    with pytest.raises(firstlight.DeviceError, match="different memories"):
        firstlight.reconstruct(on_device(views), "transmission", reference=counts, **more)


def test_counts_that_are_none_are_taken_as_0_and_never_written(counts):
    values = counts.astype("f4")
    values[2, 3, 40] = np.nan
    values[4, 1, 7] = -1
    array = on_device(values)
    with pytest.warns(UserWarning, match=r"2 counts are NaN, infinite or negative, the first at view 0, y 2, x 3, bin 40"):
        device = firstlight.reconstruct(array, "arrival", **KNOWN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_same_bits(firstlight.reconstruct(values, "arrival", backend="cuda", **KNOWN), device)
    with pytest.raises(firstlight.BadInputError, match="2 counts are NaN"):
        firstlight.reconstruct(array, "arrival", strict=True, **KNOWN)


def test_what_cannot_be_done_there_is_refused(counts, tmp_path, monkeypatch):
    array = on_device(counts)
    with pytest.raises(firstlight.DeviceError, match="the CPU cannot see them"):
        firstlight.reconstruct(array, "arrival", backend="cpu", **KNOWN)
    with pytest.raises(firstlight.BadInputError, match="of type int64"):
        firstlight.reconstruct(on_device(counts.astype("i8")), "arrival", **KNOWN)
    with pytest.raises(firstlight.BadInputError, match="the order is y, x, t"):
        firstlight.reconstruct(array, "arrival", dims=("t", "y", "x"), **KNOWN)
    with pytest.raises(firstlight.BadInputError, match="2 axes"):
        firstlight.reconstruct(on_device(counts[0]), "arrival", **KNOWN)
    with pytest.raises(firstlight.BadInputError, match="not one after another"):
        firstlight.reconstruct(on_device(counts, strides=(9, 1, 54)), "arrival", **KNOWN)
    scan = firstlight.from_array(array, bin_width_ps=16, pulses=1e6)
    with pytest.raises(firstlight.DeviceError, match="lie in a GPU's memory"):
        scan.save(tmp_path / "scan.h5")
    assert not (tmp_path / "scan.h5").exists()

    class OldStyle:  # such as Numba's
        __cuda_array_interface__ = {"shape": counts.shape, "typestr": "<u2", "data": (1, True), "version": 3}

    with pytest.raises(firstlight.DeviceError, match=r"cupy\.asarray"):
        firstlight.reconstruct(OldStyle(), "arrival", **KNOWN)
    monkeypatch.setenv("FIRSTLIGHT_CUDA_LIBRARY", "/nowhere/libfirstlight_cuda.so")
    with pytest.raises(firstlight.DeviceError, match="CUDA device 0, which cannot be used"):
        firstlight.reconstruct(array, "arrival", **KNOWN)
