"""Arrays from outside: each kind is taken with the same outcome, or refused with words that say what to do."""
import firstlight
import numpy as np
import pytest

QUIET = {"progress": False, "backend": "cpu"}


def cube(dtype="u2"):
    """8 x 6 pixels whose light comes in bins 20 to 23, more of it to the right."""
    rng = np.random.default_rng(7)
    counts = rng.poisson(0.5, (8, 6, 64))
    counts[..., 20:24] += 10 + 5 * np.arange(6)[:, np.newaxis]
    return counts.astype(dtype)


def run(counts, **more):
    return firstlight.reconstruct(counts, "arrival", matched_arrival={"response": "gaussian"},
                                  **{"bin_width_ps": 16, "pulses": 1e5, **QUIET, **more})


@pytest.fixture(scope="module")
def plain():
    return run(cube())["arrival"].copy()


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "f4"])
def test_types_of_counts_are_used_where_they_lie(plain, recwarn, dtype):
    counts = cube(dtype)
    scan = firstlight.from_array(counts, bin_width_ps=16)
    assert np.shares_memory(scan.counts, counts)
    assert np.allclose(run(counts)["arrival"], plain, rtol=1e-6)
    assert not [w for w in recwarn if "copied" in str(w.message)]


@pytest.mark.parametrize("dtype, target", [("i8", "uint32"), ("f8", "float32"), (">u2", "uint16"), ("i1", "uint8")])
def test_other_types_are_copied_and_that_is_said(plain, dtype, target):
    with pytest.warns(UserWarning, match=f"they are copied as {target}"):
        result = run(cube(dtype))
    assert np.allclose(result["arrival"], plain, rtol=1e-6)


def test_not_contiguous_is_copied_and_that_is_said(plain):
    with pytest.warns(UserWarning, match="not one after another in memory: they are copied"):
        result = run(np.asfortranarray(cube()))
    assert np.array_equal(result["arrival"], plain)


def test_read_only_is_taken(plain):
    counts = cube()
    counts.flags.writeable = False
    assert np.array_equal(run(counts)["arrival"], plain)


def test_named_axes_are_put_in_order(plain):
    with pytest.warns(UserWarning, match="copied"):
        scan = firstlight.from_array(np.ascontiguousarray(cube().transpose(2, 0, 1)), dims=("t", "y", "x"),
                                     bin_width_ps=16, pulses=1e5)
    result = firstlight.reconstruct(scan, "arrival", matched_arrival={"response": "gaussian"}, **QUIET)
    assert np.array_equal(result["arrival"], plain)


def test_xarray_brings_axes_and_times(plain):
    xarray = pytest.importorskip("xarray")
    t = xarray.Variable("t", 8.0 + 16.0 * np.arange(64), {"units": "ps"})
    counts = xarray.DataArray(cube(), dims=("y", "x", "t"), coords={"t": t})
    scan = firstlight.from_array(counts, pulses=1e5)
    assert scan.attrs["bin_width_s"] == pytest.approx(16e-12) and scan.t[0] == pytest.approx(8e-12)
    turned = firstlight.from_array(counts.transpose("t", "x", "y"), pulses=1e5)
    assert turned.shape == (8, 6, 64) and np.shares_memory(turned.counts, counts.values)  # turned back: not copied
    with pytest.raises(firstlight.BadInputError, match="axes called y, x, time.*rename them"):
        firstlight.from_array(counts.rename(t="time"), bin_width_ps=16)


@pytest.mark.parametrize("counts, words", [
    (np.zeros((8, 64), "u2"), r"counts have 2 axes \(a scan is counts\[y, x, t\]"),
    (np.full((2, 2, 8), -1, "i8"), r"int64 reach from -1 to -1 \(counts are 0 to 4294967295\)"),
    (np.full((2, 2, 8), 2**40, "i8"), r"reach from 1099511627776"),
    (np.zeros((2, 2, 8), "c8"), r"type complex64 \(counts are whole or real numbers\): convert them"),
    (np.full((2, 2, 8), 1e300), r"float64 reach 1e\+300"),
    (np.zeros((0, 2, 8), "u2"), r"the counts have an empty axis"),
    (np.array([["a"]]), r"counts have 2 axes"),
])
def test_what_holds_no_counts_is_refused(counts, words):
    with pytest.raises(firstlight.BadInputError, match=words) as caught:
        run(counts)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, firstlight.Error)


@pytest.mark.parametrize("description, error, words", [
    ({}, firstlight.UsageError, "bin_width is missing"),
    ({"bin_width_ps": 0}, firstlight.BadInputError, "width of a bin.* is 0"),
    ({"bin_width_ps": float("nan")}, firstlight.BadInputError, "width of a bin.* is nan"),
    ({"bin_width_ps": 16, "bin_width_s": 1}, firstlight.UsageError, "given twice"),
    ({"bin_width_ps": 16, "pulses": [1, 2, 3]}, firstlight.BadInputError, "pulses has 3 values.*give one number"),
    ({"bin_width_ps": 16, "pulses": -1}, firstlight.BadInputError, r"pulses\[0\] is -1"),
    ({"bin_width_ps": 16, "pulse": 5}, firstlight.UsageError, "did you mean \"pulses\""),
    ({"bin_width_ps": 16, "irf": [0, 0]}, firstlight.BadInputError, "response is 0 everywhere"),
    ({"bin_width_ps": 16, "irf": np.ones((3, 3, 9))}, firstlight.BadInputError, "8 x 6 pixels"),
    ({"bin_width_ps": 16, "irf": [1, 2], "irf_time_ps": [1]}, firstlight.BadInputError, "one per value of the response"),
    ({"bin_width_ps": 16, "flat": np.ones(5)}, firstlight.BadInputError, "flat has 5 values"),
    ({"bin_width_ps": 16, "path": "sideways"}, firstlight.UsageError, "transmission, reflection, confocal"),
    ({"bin_width_ps": 16, "reference": np.ones((8, 6, 63), "u2")}, firstlight.BadInputError, "reference's counts are"),
    ({"gate_delay_ps": [1, 2, 3]}, firstlight.BadInputError, "gate_delay_s has 3 values"),
])
def test_a_description_that_does_not_fit_is_refused(description, error, words):
    with pytest.raises(error, match=words):
        firstlight.from_array(cube(), **description)


def test_wrong_words_are_refused_as_by_the_program(sample):
    with pytest.raises(firstlight.UsageError, match="time_gate has no parameter \"opn_ps\": did you mean \"open_ps\""):
        firstlight.reconstruct(sample("star"), "transmission", time_gate={"opn_ps": 1}, **QUIET)
    with pytest.raises(firstlight.UsageError, match="time_gate.open_ps"):
        firstlight.reconstruct(sample("star"), "transmission", time_gate={"open_ps": "wide"}, **QUIET)
    with pytest.raises(firstlight.UsageError, match="time_gate: cannot take 60"):
        firstlight.reconstruct(sample("star"), "transmission", time_gate=60, **QUIET)
    with pytest.raises(firstlight.UsageError, match="did you mean \"time_gate\""):
        firstlight.reconstruct(sample("star"), "transmission", time_gat={"open_ps": 1}, **QUIET)
    with pytest.raises(firstlight.UsageError, match="has no stage \"wiener\""):
        firstlight.reconstruct(sample("star"), "transmission", wiener={}, **QUIET)
    with pytest.raises(firstlight.UsageError, match="memory: cannot take '3 apples'"):
        firstlight.reconstruct(sample("star"), memory="3 apples", **QUIET)


def test_files_that_cannot_be_used(tmp_path, sample):
    (tmp_path / "text.h5").write_text("no HDF5")
    for name in ("text.h5", "missing.h5"):
        with pytest.raises(firstlight.BadInputError, match=name):
            firstlight.open(tmp_path / name)
    result = firstlight.reconstruct(sample("star"), **QUIET)
    result.save(tmp_path / "out.h5")
    with pytest.raises(firstlight.OutputError, match="out.h5") as caught:
        result.save(tmp_path / "out.h5")
    assert isinstance(caught.value, OSError)
    result.save(tmp_path / "out.h5", force=True)
    with pytest.raises(KeyError, match="ballistic"):
        result["balistic"]


class Foreign:
    """An array of a library that speaks DLPack alone."""

    def __init__(self, values, device=(1, 0)):
        self.values, self.device = values, device

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **how):
        assert self.device[0] == 1, "memory of a device was asked for"
        return self.values.__dlpack__(**how)


def test_dlpack_arrays_are_used_where_they_lie(plain, recwarn):
    counts = cube()
    scan = firstlight.from_array(Foreign(counts), bin_width_ps=16)
    assert np.shares_memory(scan.counts, counts)
    result = run(Foreign(counts))
    assert np.array_equal(result["arrival"], plain) and not [w for w in recwarn if "copied" in str(w.message)]
    layers = firstlight.stages.inpainting({"arrival": Foreign(plain.copy())}, **QUIET)
    assert np.array_equal(layers["arrival"], plain)
    assert np.shares_memory(np.from_dlpack(result["arrival"]), result["arrival"])


@pytest.mark.parametrize("device", [2, 4, 8, 10, 13])  # CUDA, OpenCL, Metal, ROCm, CUDA's managed memory
def test_arrays_of_a_device_are_refused(device):
    far = Foreign(cube(), (device, 0))
    if device not in (2, 13):  # counts of CUDA's are used where they lie: test_device_arrays.py
        with pytest.raises(firstlight.DeviceError, match="counts: lies in the memory of a device .*cupy.asnumpy"):
            firstlight.from_array(far, bin_width_ps=16)
    with pytest.raises(firstlight.DeviceError, match="inpainting: arrival: lies in the memory of a device"):
        firstlight.stages.inpainting({"arrival": far}, **QUIET)


@pytest.mark.parametrize("value", [np.array(1.0), np.array([1, 2]), np.array([]), np.array([16])])
def test_an_array_is_no_parameter(sample, value):
    with pytest.raises(firstlight.UsageError, match="time_gate.open_ps: cannot take|expected a number"):
        firstlight.reconstruct(sample("star"), "transmission", time_gate={"open_ps": value}, **QUIET)


@pytest.mark.parametrize("name", ["flat", "dark_rate_hz", "t0_map_ps", "pixel_mask"])
def test_a_map_of_another_shape_is_refused(name):
    counts = np.ones((8, 9, 60), "u2")
    firstlight.from_array(counts, bin_width_ps=16, **{name: np.ones((8, 9), "u1")})
    with pytest.raises(firstlight.BadInputError, match=rf"{name} is \[9, 8\].*8 x 9 pixels"):
        firstlight.from_array(counts, bin_width_ps=16, **{name: np.ones((9, 8), "u1")})


def test_masks_that_are_none_are_refused():
    counts = np.ones((8, 9, 60), "u2")
    for mask in (np.full((8, 9), 0.5), np.full((8, 9), 256)):
        with pytest.raises(firstlight.BadInputError, match="pixel_mask holds values that are no flags"):
            firstlight.from_array(counts, bin_width_ps=16, pixel_mask=mask)
    with pytest.raises(firstlight.BadInputError, match="masked array"):
        firstlight.from_array(np.ma.masked_less(counts, 2), bin_width_ps=16)
