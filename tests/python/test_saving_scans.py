"""Scans in memory go to a file and come back as they were; xarray reads a file's counts only when they are asked for."""
import re

import firstlight
import h5py
import numpy as np
import pytest

QUIET = {"progress": False, "backend": "cpu"}
COMMON = {"x_mm": [0.1, 0.3, 0.5, 0.71], "y_mm": [-1, 0.3, 2], "repetition_rate_mhz": 19.7, "wavelength_nm": 532.3,
          "pulse_fwhm_ps": 7.1, "dead_time_ns": 33.3, "jitter_fwhm_ps": 41.7, "pde": 0.31, "numerical_aperture": 0.11,
          "standoff_m": 0.3, "medium_thickness_mm": 25.4, "medium_refractive_index": 1.33, "medium_mu_s_per_m": 101.7,
          "medium_mu_s_prime_per_m": 11.3, "medium_mu_a_per_m": 0.7, "medium_g": 0.91, "arrival_ps": 43.4,
          "irf": [0.1, 3, 1, 0.2], "irf_time_ps": [-3.3, 0, 3.3, 6.6],
          "t0_map_ps": np.linspace(-9, 9, 12).reshape(3, 4), "dark_rate_hz": np.arange(12.0).reshape(3, 4) / 7,
          "flat": np.linspace(0.7, 1.3, 12).reshape(3, 4), "pixel_mask": np.eye(3, 4, dtype="u1") * 5}
REFERENCE = {"reference_pulses": [7e5], "filter_transmission": 0.013}


def counts(*shape, dtype="u2"):
    return np.random.default_rng(sum(shape)).poisson(3, shape).astype(dtype)


def histograms():
    return firstlight.from_array(counts(3, 4, 37), name="one", **COMMON, **REFERENCE, bin_width_ps=7.3, first_bin_centre_ps=-31.7,
                                 pulses=counts(3, 4) + 1e5, exposure_s=[0.017], reference=counts(3, 4, 37, dtype="u4"),
                                 bin_width_correction=np.linspace(0.9, 1.1, 37))


def late():
    """The times of a window far from 0 are rounded so much that steps between them do not tell the width."""
    return firstlight.from_array(counts(3, 4, 37, dtype="f4"), bin_width_ps=7.3, first_bin_centre_ns=1000 / 7,
                                 path="confocal", irf=np.random.default_rng(1).random((3, 4, 37)))


def one_bin():
    return firstlight.from_array(counts(3, 4, 1, dtype="u1"), bin_width_ps=7.3, path="reflection")


def views(references):
    shape = (3, 4, 9) if references == 1 else (2, 3, 4, 9)
    return firstlight.from_array(counts(2, 3, 4, 9, dtype="u4"), bin_width_ps=16, view_angle_deg=[3, 100], **COMMON, **REFERENCE,
                                 pulses=[1e5, 2e5], reference=counts(*shape, dtype="u4"))


def gated():
    return firstlight.from_array(counts(3, 4, 5), **COMMON, **REFERENCE, gate_delay_ps=[0, 18, 36.5, 54, 71.9], pulses=[1e6],
                                 gate_width_ps=[300, 301, 302, 303, 304.4], gate_exposure_s=[0.1, 0.2, 0.1, 0.1, 0.3],
                                 gate_saturation_count=255, reference=counts(3, 4, 5))


SCANS = [histograms, late, one_bin, lambda: views(1), lambda: views(2), gated]


def expect_same(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert type(found[name]) is type(value), name
        if isinstance(value, np.ndarray):
            assert found[name].dtype == value.dtype and found[name].shape == value.shape, name
        assert np.array_equal(found[name], value), name


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("make", SCANS, ids=["histograms", "late", "one_bin", "views", "views_both", "gated"])
def test_a_saved_scan_is_the_same_scan(tmp_path, make):
    scan = make()
    scan.save(tmp_path / "scan.h5", progress=False)
    again = firstlight.open(tmp_path / "scan.h5")
    assert again.dims == scan.dims and again.counts.dtype == scan.counts.dtype
    assert np.array_equal(again.counts, scan.counts)
    assert (again.reference is None) == (scan.reference is None)
    if scan.reference is not None:
        assert again.reference.dtype == scan.reference.dtype
        assert np.array_equal(again.reference, scan.reference)
    expect_same(again.attrs, scan.attrs)
    assert again.truth == {}
    if scan.reference is not None:
        result, expected = (firstlight.reconstruct(s, "kerr" if make is gated else "transmission", **QUIET) for s in (again, scan))
        assert list(result) == list(expected) and "optical_depth" in result
        for name in result:
            assert np.array_equal(result[name].view("u1"), expected[name].view("u1")), name


def test_every_field_was_saved_by_some_scan():
    """The list of fields is the native module's own, told where a wrong name is given."""
    with pytest.raises(firstlight.UsageError) as told:
        firstlight.from_array(counts(3, 4, 9), bin_width_ps=16, zzzzzzzzzzzzzzzzzzzz=1)
    listed = set(re.search(r"described by (.*)", str(told.value)).group(1).split(", "))
    assert len(listed) > 30 and listed == {name for make in SCANS for name in make().attrs}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("scene", ["bars", "kerr", "tomography"])
def test_a_simulated_scan_is_saved_as_the_program_writes_it(tmp_path, program, sample, scene):
    text = sample(scene).with_suffix(".toml").read_text()
    for name, value in [("photons", 20000), ("number", 4), ("rows", 12), ("columns", 24)]:
        text = re.sub(rf"(?m)^{name} = .*", f"{name} = {value}", text)
    (tmp_path / "scene.toml").write_text(text)
    program("simulate", tmp_path / "scene.toml", "-o", tmp_path / "program.h5", "--quiet")
    scan = firstlight.simulate(tmp_path / "scene.toml", progress=False)
    scan.save(tmp_path / "python.h5", progress=False)
    with h5py.File(tmp_path / "program.h5") as a, h5py.File(tmp_path / "python.h5") as b:
        names = {}
        for file in (a, b):
            names[file] = []
            file.visit(names[file].append)
        assert names[a] == names[b]
        for name in names[a]:
            if isinstance(a[name], h5py.Dataset) and name != "entry/provenance/command":
                assert a[name].dtype == b[name].dtype and a[name].chunks == b[name].chunks
                assert np.array_equal(a[name][...], b[name][...], equal_nan=a[name].dtype.kind == "f"), name
    again = firstlight.open(tmp_path / "python.h5")
    assert again.truth.keys() == scan.truth.keys() and {"seed", "scene"} <= again.truth.keys()
    for name in set(scan.truth) - {"seed", "scene", "mu_per_m"}:  # mu is stored in single precision
        assert np.array_equal(again.truth[name], scan.truth[name], equal_nan=True), name
    made = firstlight.reconstruct(scan, **QUIET)
    read = firstlight.reconstruct(tmp_path / "python.h5", **QUIET)
    assert list(made) == list(read)
    for name in made:
        assert np.array_equal(made[name].view("u1"), read[name].view("u1")), name


def test_whole_or_not_at_all(tmp_path, sample):
    scan = histograms()
    scan.save(tmp_path / "scan.h5", progress=False)
    before = (tmp_path / "scan.h5").read_bytes()
    with pytest.raises(firstlight.OutputError, match="scan.h5"):
        scan.save(tmp_path / "scan.h5", progress=False)
    assert (tmp_path / "scan.h5").read_bytes() == before
    scan.save(tmp_path / "scan.h5", force=True, progress=False)
    with pytest.raises(firstlight.OutputError):
        scan.save(tmp_path / "nowhere" / "scan.h5", progress=False)

    def stop(what, done, total):
        raise LookupError("enough")

    large = firstlight.from_array(np.random.default_rng(2).integers(0, 60000, (256, 256, 512), "u2"), bin_width_ps=16)
    with pytest.raises(LookupError, match="enough"):
        large.save(tmp_path / "stopped.h5", progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["scan.h5"]
    with pytest.raises(firstlight.UsageError, match="is a file already"):
        firstlight.open(sample("star")).save(tmp_path / "copy.h5")


@pytest.mark.parametrize("more, words", [
    ({"irf": [1, 2, 1]}, "response has 3 samples, the counts have 9 bins.*irf_time_s"),
    ({"irf": [1, 2], "irf_time_ps": [1, 1]}, "times do not increase at value 1"),
    ({"pde": 1.5}, "pde is 1.5"),
    ({"medium_g": -2}, "medium_g is -2"),
    ({"filter_transmission": 2}, "filter_transmission is 2"),
    ({"bin_width_correction": np.zeros(9)}, "bin_width_correction is 0"),
    ({"gate_delay_ps": np.arange(9.0), "gate_width_ps": np.ones(9)}, "gate_exposure_s is missing"),
    ({"gate_delay_ps": np.zeros(9) + 1, "gate_width_ps": np.ones(9), "gate_exposure_s": np.ones(9)}, "increase"),
])
def test_what_a_file_cannot_hold_is_refused(tmp_path, more, words):
    with pytest.raises(firstlight.BadInputError, match=words):
        firstlight.from_array(counts(3, 4, 9), **{"bin_width_ps": 16, **more}).save(tmp_path / "scan.h5", progress=False)
    assert not list(tmp_path.iterdir())


def test_truth_of_ones_own(tmp_path):
    scan = histograms()
    scan.truth = {"ballistic": np.arange(12).reshape(3, 4), "seed": 5}
    scan.save(tmp_path / "scan.h5", progress=False)
    again = firstlight.open(tmp_path / "scan.h5").truth
    assert np.array_equal(again["ballistic"], np.arange(12.0).reshape(3, 4)) and again["seed"] == 5
    for truth, words in [({"balistic": [1]}, "truth has no \"balistic\""), ({"seed": -1}, "truth\\[\"seed\"\\]"),
                         ({"depth_m": [1.0, 2]}, "depth_m has 2 values.*one per pixel")]:
        scan.truth = truth
        with pytest.raises(firstlight.Error, match=words):
            scan.save(tmp_path / "bad.h5", progress=False)


class Watched:
    """A native scan that counts the traces which are read of it."""

    def __init__(self, held):
        self.held, self.traces = held, 0

    def __getattr__(self, name):
        return getattr(self.held, name)

    def read(self, view, y0, rows, x0, columns, of_reference):
        self.traces += rows * columns
        return self.held.read(view, y0, rows, x0, columns, of_reference)


def watched(path):
    scan = firstlight.open(path)
    scan.counts._held = Watched(scan._held)
    return scan, scan.counts._held


def test_xarray_reads_when_asked(sample):
    xarray = pytest.importorskip("xarray")
    scan, read = watched(sample("tomography"))
    all_counts = scan.counts[...]
    n_views, rows, columns, _ = scan.shape
    read.traces = 0
    cube = scan.to_xarray()
    assert isinstance(cube, xarray.DataArray) and repr(cube) and cube.dims == scan.dims and cube.dtype == all_counts.dtype
    part = cube.isel(view=1, y=slice(2, 5))[:, 3:9, ::2]
    assert read.traces == 0 and part.shape == (3, 6, (scan.shape[3] + 1) // 2)
    assert np.array_equal(part.values, all_counts[1, 2:5, 3:9, ::2]) and read.traces == 18
    assert part.values.sum() == part.sum() and read.traces == 18  # what was read is kept
    read.traces = 0
    assert int(cube.isel(view=0).sum("t")[4, 5]) == all_counts[0, 4, 5].sum() and read.traces == rows * columns
    read.traces = 0
    assert np.array_equal(cube.isel(view=0, y=[5, 1], x=0).values, all_counts[0, [5, 1], 0]) and read.traces == 5
    assert np.array_equal(cube.sel(t=cube.t[3], method="nearest").isel(view=0), all_counts[0, ..., 3])
    masked = cube[0, 1, np.arange(columns) % 3 == 0]
    assert np.array_equal(masked, all_counts[0, 1, ::3])
    assert np.array_equal((cube[0] + 1).values, all_counts[0] + 1)
    read.traces = 0
    loaded = cube.load()
    assert loaded is cube and np.array_equal(cube.values, all_counts) and read.traces == n_views * rows * columns
    cube[0, 0, 0, 0] += 1  # a copy, never the file
    assert np.array_equal(firstlight.open(sample("tomography")).counts[0, 0, 0], all_counts[0, 0, 0])


def test_dask_reads_chunk_by_chunk(sample):
    pytest.importorskip("xarray")
    pytest.importorskip("dask.array", reason="dask is not installed")
    scan, read = watched(sample("star"))
    cube = scan.to_xarray().chunk({"y": 16, "x": -1, "t": -1})
    assert read.traces == 0
    sums = cube.sum("t").isel(y=slice(0, 16)).compute()
    assert read.traces == 16 * scan.shape[1] and np.array_equal(sums, scan.counts[:16].sum(-1))


def test_the_exact_width_of_bins_is_one_that_the_centres_allow(tmp_path):
    late().save(tmp_path / "scan.h5", progress=False)
    with h5py.File(tmp_path / "scan.h5", "a") as f:
        t = f["entry/data/t"]
        assert t.attrs["bin_width"] == 7.3 / 1e12 != (t[-1] - t[0]) / (len(t) - 1)
        t.attrs["bin_width"] = 7.4e-12
    with pytest.raises(firstlight.BadInputError, match="data/t@bin_width is 7.4e-12 s.*repair it, or leave it out"):
        firstlight.open(tmp_path / "scan.h5")
