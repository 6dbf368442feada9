"""The napari plugin: its manifest, and layers with values, places in mm and ps, and units. npe2 reads as napari would."""
import pathlib
import shutil

import firstlight
import numpy as np
import pytest

npe2 = pytest.importorskip("npe2", reason="npe2 is missing")
MANIFEST = pathlib.Path(firstlight.__file__).parent / "napari.yaml"


@pytest.fixture
def read():
    """Reads a file by the plugin of the manifest alone."""
    manifest = npe2.PluginManifest.from_file(MANIFEST)
    manifest.validate_imports()
    manager = npe2.PluginManager.instance()
    if "firstlight" not in manager:
        manager.register(manifest)

    def read(path):
        layers, _ = npe2.read_get_reader([str(path)], stack=False, plugin_name="firstlight")
        return {more["name"]: (data, more, kind) for data, more, kind in layers}
    return read


def test_the_entry_point_names_the_manifest():
    text = (pathlib.Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert '[project.entry-points."napari.manifest"]\nfirstlight = "firstlight:napari.yaml"\n' in text
    assert MANIFEST.exists()


def test_a_scan(read, sample):
    scan = firstlight.open(sample("star"))
    counts = scan.counts[...]
    layers = read(sample("star"))
    assert list(layers) == ["star: all light", "star: light over time"]
    total, more, kind = layers["star: all light"]
    assert kind == "image" and np.array_equal(total, counts.sum(axis=-1).astype("f4"))
    step = (scan.x[1] - scan.x[0]) * 1e3
    assert more["units"] == ["mm", "mm"] and more["axis_labels"] == ["y", "x"]
    assert np.allclose(more["scale"], step) and np.isclose(more["translate"][1], scan.x[0] * 1e3)
    low, high = more["contrast_limits"]
    assert total.min() <= low < high <= total.max()
    cube, more, _ = layers["star: light over time"]
    assert np.array_equal(cube, counts.transpose(2, 0, 1)) and not more["visible"]
    assert more["units"] == ["ps", "mm", "mm"]
    assert np.isclose(more["scale"][0], scan.attrs["bin_width_s"] * 1e12)
    assert np.isclose(more["translate"][0], scan.t[0] * 1e12)


def test_large_scans_are_summed_in_bands(read, sample, monkeypatch):
    from firstlight import napari_reader
    counts = firstlight.open(sample("star")).counts[...]
    monkeypatch.setattr(napari_reader, "_IN_MEMORY", counts.nbytes - 1)
    monkeypatch.setattr(napari_reader, "_BAND", counts[0].nbytes * 5)
    asked, real = [], firstlight.Counts.__getitem__
    monkeypatch.setattr(firstlight.Counts, "__getitem__", lambda self, key: asked.append(key) or real(self, key))
    layers = read(sample("star"))
    assert list(layers) == ["star: all light"]
    assert np.array_equal(layers["star: all light"][0], counts.sum(axis=-1).astype("f4"))
    assert len(asked) == -(-len(counts) // 5)


def test_scans_of_views_and_gates(read, sample):
    layers = read(sample("tomography"))
    total, more, _ = layers["tomography: all light"]
    assert total.ndim == 3 and more["axis_labels"] == ["view", "y", "x"] and more["units"] == ["pixel", "mm", "mm"]
    assert layers["tomography: light over time"][1]["axis_labels"] == ["view", "t", "y", "x"]
    more = read(sample("kerr"))["kerr: light over time"][1]  # delays of a gated camera are not even
    delays = firstlight.open(sample("kerr")).t
    even = np.allclose(np.diff(delays), delays[1] - delays[0], rtol=1e-3, atol=0)
    assert more["units"][0] == ("ps" if even else "pixel")


def test_a_result(read, sample, tmp_path):
    path = tmp_path / "star.result.h5"
    result = firstlight.reconstruct(sample("star"), "transmission", backend="cpu", progress=False)
    result.save(path)
    layers = read(path)
    assert {n.split(": ")[1] for n in layers} == set(result)
    assert [n for n, (_, more, _) in layers.items() if more["visible"]] == [f"star: {result.signal}"] == list(layers)[-1:]
    for name in result:
        data, more, kind = layers[f"star: {name}"]
        assert kind == ("labels" if name == "mask" else "image")
        assert np.array_equal(data, result[name], equal_nan=name != "mask")
        assert more["metadata"]["firstlight"]["unit"] == result.units[name]
        assert more["units"] == ["mm", "mm"] and more["scale"][0] > 0
        if kind == "image":
            assert np.isfinite(more["contrast_limits"]).all() and more["contrast_limits"][0] < more["contrast_limits"][1]
    assert layers["star: mask"][0].dtype.kind in "iu"


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_volume(read, sample, tmp_path):
    path = tmp_path / "turning.h5"
    firstlight.reconstruct(sample("tomography"), backend="cpu", progress=False).save(path)
    volume = firstlight.open(path).volume
    layers = read(path)
    data, more, kind = layers[f"turning: {volume.name}"]
    assert kind == "image" and np.array_equal(data, volume.values) and more["axis_labels"] == ["z", "y", "x"]
    x = volume.axes["x"][0]
    assert np.isclose(more["scale"][2], (x[1] - x[0]) * 1e3) and np.isclose(more["translate"][2], x[0] * 1e3)


def test_other_files_are_left_to_others(tmp_path, sample):
    from firstlight.napari_reader import get_reader
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as f:
        f["counts"] = np.ones(3)
    (tmp_path / "text.h5").write_text("no HDF5")
    for name in ("other.h5", "text.h5", "gone.h5"):
        assert get_reader(str(tmp_path / name)) is None
    assert get_reader([str(sample("star")), str(tmp_path / "other.h5")]) is None
    torn = tmp_path / "torn.h5"
    shutil.copy(sample("star"), torn)
    with torn.open("r+b") as f:
        f.truncate(20000)
    with pytest.raises(firstlight.BadInputError, match="is truncated"):
        get_reader(str(torn))(str(torn))
