"""What firstlight.open() shows of files is what h5py reads from them."""
import firstlight
import h5py
import numpy as np
import pytest


@pytest.mark.parametrize("name", ["star", "tomography"])
def test_slices_are_those_of_the_file(sample, name):
    scan = firstlight.open(sample(name))
    with h5py.File(sample(name)) as f:
        stored = f["entry/data/counts"][...]
    assert scan.shape == stored.shape and scan.counts.dtype == stored.dtype
    assert scan.dims == (("view",) if stored.ndim == 4 else ()) + ("y", "x", "t")
    for key in [np.s_[...], np.s_[3], np.s_[-1], np.s_[2:5], np.s_[..., 7], np.s_[1, ..., 3:9], np.s_[::2, 1::3],
                np.s_[::-1], np.s_[5:1:-2, 4], np.s_[4:4], np.s_[..., ::-1]]:
        assert np.array_equal(scan.counts[key], stored[key]), key
    for key in (stored.shape[0], "x", (0,) * 5):
        with pytest.raises(IndexError):
            scan.counts[key]


def test_axes_and_attributes(sample):
    scan = firstlight.open(sample("star"))
    with h5py.File(sample("star")) as f:
        assert np.allclose(scan.t, f["entry/data/t"][...], rtol=1e-9)
        assert np.allclose(scan.x, f["entry/data/x"][...]) and np.allclose(scan.y, f["entry/data/y"][...])
    assert scan.attrs["kind"] == "histogram" and scan.pulses is not None


def test_to_xarray(sample, tmp_path):
    pytest.importorskip("xarray")
    scan = firstlight.open(sample("star"))
    cube = scan.to_xarray()
    assert cube.dims == ("y", "x", "t") and cube.t.attrs["units"] == "s"
    result = firstlight.reconstruct(scan, progress=False, backend="cpu")
    images = result.to_xarray()
    assert np.array_equal(images["ballistic"].values, result["ballistic"])
    assert images["ballistic"].attrs["units"] == result.units["ballistic"]
    volume = firstlight.reconstruct(sample("tomography"), progress=False, backend="cpu").to_xarray()
    assert volume["mu"].dims == ("volume_z", "volume_y", "volume_x") and volume["mu"].attrs["units"] == "1/m"


def test_every_stage_and_recipe_is_listed(sample):
    assert "transmission" in firstlight.recipes()
    gate = next(s for s in firstlight.stage_list() if s["name"] == "time_gate")
    assert {p["name"]: p["unit"] for p in gate["parameters"]}["open_ps"] == "ps"


def test_diff_names_the_parameter_behind_a_change(tmp_path, sample):
    a = firstlight.reconstruct(sample("star"), progress=False)
    b = firstlight.reconstruct(sample("star"), time_gate={"open_ps": -40}, progress=False)
    b.save(tmp_path / "b.h5")
    found = firstlight.diff(a, tmp_path / "b.h5")
    assert not found["identical"]
    assert [(c["kind"], c["name"], c["unit"], c["b"]) for c in found["causes"]] == [
        ("parameter", "time_gate.open_ps", "ps", "-40")]
    ballistic = next(layer for layer in found["layers"] if layer["layer"] == "ballistic")
    gaps = np.abs(a["ballistic"].astype(float) - b["ballistic"].astype(float))
    assert ballistic["largest"] == np.nanmax(gaps)
    assert ballistic["differing"] == np.count_nonzero(gaps)
    assert firstlight.diff(a, a)["identical"]


def test_results_of_arrays_say_that_they_cannot_be_made_again(tmp_path, program):
    counts = np.random.default_rng(3).poisson(2, (3, 4, 64)).astype("u2")
    one = firstlight.reconstruct(counts, "arrival", bin_width_ps=16, matched_arrival={"response": "gaussian",
                                 "gaussian_fwhm_ps": 60}, progress=False)
    assert [i["path"] for i in one.provenance["inputs"]] == ["memory:array"]
    one.save(tmp_path / "one.h5")
    with pytest.raises(AssertionError, match="made of an array in memory.*Scan.save"):
        program("rerun", tmp_path / "one.h5")
