"""Scans that are simulated or imported, and the schema, are those of the program."""
import json
import re

import firstlight
import h5py
import numpy as np
import pytest

@pytest.mark.filterwarnings("ignore::UserWarning")
def test_simulated_counts_and_truth_are_the_programs(tmp_path, program, sample):
    scene = tmp_path / "scene.toml"
    scene.write_text(re.sub(r"(?m)^photons = .*", "photons = 50000", sample("bars").with_suffix(".toml").read_text()))
    program("simulate", scene, "-o", tmp_path / "scan.h5", "--seed", 7, "--quiet")
    scan = firstlight.simulate(scene, seed=7, progress=False)
    with h5py.File(tmp_path / "scan.h5") as f:
        assert np.array_equal(scan.counts, f["entry/data/counts"][...])
        if "entry/reference/counts" in f:
            assert np.array_equal(scan.reference, f["entry/reference/counts"][...])
        for truth in set(f["entry/truth"]) & set(scan.truth) - {"seed", "scene"}:
            assert np.array_equal(f["entry/truth"][truth][...].astype(float), scan.truth[truth], equal_nan=True), truth
        assert scan.truth["scene"] == f["entry/truth/scene"][()].decode()
    assert scan.truth["seed"] == 7
    written = firstlight.reconstruct(tmp_path / "scan.h5", backend="cpu", progress=False)
    made = firstlight.reconstruct(scan, backend="cpu", progress=False)
    assert list(made) == list(written) and all(np.array_equal(made[n], written[n], equal_nan=True) for n in made)
    text = scene.read_text()
    assert np.array_equal(firstlight.simulate(text, seed=7, progress=False, threads=1).counts, scan.counts)
    assert not np.array_equal(firstlight.simulate(text, seed=8, progress=False).counts, scan.counts)


def test_a_scene_that_cannot_be_taken(tmp_path):
    with pytest.raises(firstlight.Error, match="nowhere"):
        firstlight.simulate(tmp_path / "nowhere.toml", progress=False)
    with pytest.raises(firstlight.UsageError, match="seed: cannot take -1"):
        firstlight.simulate(tmp_path / "nowhere.toml", seed=-1, progress=False)


def capture(path):
    """A MATLAB v7.3 capture of 4 x 5 positions and 64 bins, as the importer of confocal captures reads it."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(3, (4, 5, 64)).astype("f8")
    with h5py.File(path, "w", userblock_size=512) as f:
        f["meas"] = counts
    return counts


def test_import_is_the_programs(tmp_path, program):
    with pytest.raises(firstlight.BadInputError):
        (tmp_path / "noise.bin").write_bytes(b"nothing that is known" * 20)
        firstlight.import_file(tmp_path / "noise.bin", tmp_path / "out.h5", progress=False)
    with pytest.raises(firstlight.UsageError, match="did you mean bin_width_ps"):
        firstlight.import_file(tmp_path / "noise.bin", tmp_path / "out.h5", bin_with_ps=16, progress=False)
    counts = capture(tmp_path / "scene.mat")
    with pytest.raises(firstlight.UsageError, match="bin.width"):
        firstlight.import_file(tmp_path / "scene.mat", tmp_path / "a.h5", format="confocal-capture", progress=False)
    report = firstlight.import_file(tmp_path / "scene.mat", tmp_path / "a.h5", bin_width_ps=16, scan_size_m=0.35,
                                    format="confocal-capture", progress=False)
    program("import", tmp_path / "scene.mat", "-o", tmp_path / "b.h5", "--bin-width-ps", 16, "--scan-size-m", "0.35",
            "--format", "confocal-capture")
    assert report["format"] == "confocal-capture" and report["assumptions"] and report["counts"] == counts.sum()
    a, b = firstlight.open(tmp_path / "a.h5"), firstlight.open(tmp_path / "b.h5")
    assert a.shape[-1] == 64 and a.counts[...].sum() > 0 and np.array_equal(a.counts, b.counts)
    assert a.attrs["bin_width_s"] == b.attrs["bin_width_s"] == 16e-12
    with pytest.raises(firstlight.OutputError, match="a.h5"):
        firstlight.import_file(tmp_path / "scene.mat", tmp_path / "a.h5", bin_width_ps=16, scan_size_m="0.35",
                               format="confocal-capture", progress=False)
    listed = json.loads(program("import", "--list", "--json"))
    assert [i["name"] for i in firstlight.importers()] == [i["name"] for i in listed]


def test_the_schema_is_the_programs(program):
    assert firstlight.schema() == json.loads(program("schema"))
