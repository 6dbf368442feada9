"""The package yields what the program yields, to the last bit, from files and from arrays of the same counts."""
import warnings

import firstlight
import h5py
import numpy as np
import pytest

RUNS = [("star", "transmission"), ("star", "transmission-fit"), ("star", "arrival"), ("bars", None), ("fog", None),
        ("kerr", None), ("confocal", None), ("tomography", None)]


def layers_of(file):
    """Layers, mask and volume of a result file as h5py sees them."""
    with h5py.File(file) as f:
        layers = {n: d[...] for n, d in f["entry/image"].items() if not d.is_scale}
        if "entry/volume" in f:
            layers.update({"volume": f["entry/volume"][f["entry/volume"].attrs["signal"]][...]})
        return layers


def expect_same(result, expected):
    found = {name: result[name] for name in result}
    if result.volume is not None:
        found["volume"] = result.volume.values
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name].view("u1"), values.view("u1")), name  # NaN and signs of zero too


@pytest.mark.parametrize("name, recipe", RUNS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_file_and_array_give_the_programs_numbers(tmp_path, program, sample, name, recipe):
    output = tmp_path / "by_program.h5"
    chosen = [] if recipe is None else ["--recipe", recipe]
    program("reconstruct", sample(name), "-o", output, "--backend", "cpu", "--quiet", *chosen)
    expected = layers_of(output)
    scan = firstlight.open(sample(name))
    by_file = firstlight.reconstruct(scan, recipe, backend="cpu", progress=False)
    expect_same(by_file, expected)
    reference = None if scan.reference is None else scan.reference[...]
    array = firstlight.from_array(scan.counts[...], reference=reference, **scan.attrs)
    expect_same(firstlight.reconstruct(array, recipe, backend="cpu", progress=False, threads=1), expected)
    by_file.save(tmp_path / "by_python.h5")
    for again in (layers_of(tmp_path / "by_python.h5"), expected):
        expect_same(firstlight.open(tmp_path / "by_python.h5"), again)


def test_parameters_reach_the_stages(tmp_path, program, sample):
    output = tmp_path / "narrow.h5"
    program("reconstruct", sample("star"), "-o", output, "--backend", "cpu", "--quiet", "--time_gate.open_ps", "-40",
            "--time_gate.close_ps", "10")
    narrow = firstlight.reconstruct(sample("star"), "transmission", backend="cpu", progress=False,
                                    time_gate={"open_ps": np.int64(-40), "close_ps": 10.0})
    expect_same(narrow, layers_of(output))
    plain = firstlight.reconstruct(sample("star"), "transmission", backend="cpu", progress=False)
    assert not np.array_equal(plain["ballistic"], narrow["ballistic"])


def test_warnings_are_said_and_kept(sample):
    counts = np.zeros((4, 4, 64), "f4")
    counts[..., 20] = 50
    counts[1, 2, 3] = np.nan
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        result = firstlight.reconstruct(counts, "arrival", bin_width_ps=16, pulses=1000, progress=False, backend="cpu",
                                        matched_arrival={"response": "gaussian"})
    assert any("1 counts are NaN, infinite or negative, the first at view 0, y 1, x 2, bin 3" in w
               for w in result.warnings)
    assert [str(w.message) for w in said if w.category is UserWarning] == result.warnings
    assert np.isnan(counts[1, 2, 3])  # the caller's array is never written
    with pytest.raises(firstlight.BadInputError, match="strict refuses such counts"):
        firstlight.reconstruct(counts, "arrival", bin_width_ps=16, pulses=1000, progress=False, backend="cpu", strict=True,
                               matched_arrival={"response": "gaussian"})
