"""Results as files of other programs, read by those programs' libraries."""
import os
import sys
import zipfile

import numpy as np
import pytest

firstlight = pytest.importorskip("firstlight")


@pytest.fixture(scope="module")
def turning(tmp_path_factory):
    """A result of many views with a volume, as a file."""
    from conftest import SOURCE
    result = firstlight.reconstruct(SOURCE / "sample_data/tomography.h5", progress=False)
    path = tmp_path_factory.mktemp("turning") / "turning.result.h5"
    result.save(path)
    return firstlight.open(path)


def same(found, wanted):
    assert found.dtype == wanted.dtype
    assert np.array_equal(found, wanted, equal_nan=wanted.dtype.kind == "f")


def test_npz_holds_all(turning, tmp_path):
    path, = turning.export(tmp_path, format="npz", progress=False)
    assert path == tmp_path / "turning.result.npz"
    assert zipfile.ZipFile(path).testzip() is None
    with np.load(path, allow_pickle=False) as found:
        units = dict(zip(found["names"].tolist(), found["units"].tolist()))
        for name, layer in turning.layers.items():
            same(found[name], turning[name])
            assert units[name] == layer.unit
        for name, (at, unit, _) in turning.axes.items():
            assert np.array_equal(found[name], at) and units[name] == unit
        same(found["mu"], turning.volume.values)
        assert np.array_equal(found["volume_z"], turning.volume.axes["z"][0]) and units["mu"] == "1/m"
    assert "mask" in units


def test_ome_tiff_is_read_by_tifffile(turning, tmp_path):
    tifffile = pytest.importorskip("tifffile")
    path, = firstlight.export(turning.path, tmp_path / "all.ome.tif", format="ome-tiff", progress=False)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome
        images, volume = tiff.series
        assert images.axes == "TCYX" and volume.axes == "ZYX"
        stack = images.asarray()
        assert stack.shape[:2] == (30, len(turning))
        for c, name in enumerate(turning):
            same(stack[:, c], turning[name].astype(np.float32))
        same(volume.asarray(), turning.volume.values)
        channels = tifffile.xml2dict(tiff.ome_metadata)["OME"]["Image"][0]["Pixels"]["Channel"]
        assert [c["Name"] for c in channels] == list(turning)


def test_files_of_layers_are_those_of_the_program(turning, tmp_path, program):
    paths = turning.export(tmp_path / "python", layer="purity", progress=False)
    program("export", turning.path, "-o", tmp_path / "program", "--layer", "purity")
    assert sorted(p.name for p in paths) == sorted(os.listdir(tmp_path / "program")) and len(paths) == 30
    for path in paths:
        assert path.read_bytes() == (tmp_path / "program" / path.name).read_bytes()


def test_slices_and_what_is_left_out(turning, tmp_path):
    path, = turning.export(tmp_path, format="npy", slices="z=7", progress=False)
    same(np.load(path), turning.volume.values[7])
    with pytest.warns(UserWarning, match="mu is a volume and was left out"):
        turning.export(tmp_path / "csv", format="csv", progress=False)


def test_progress_and_interruption(turning, tmp_path):
    seen = []
    turning.export(tmp_path / "a", format="png", layer="counts",
                   progress=lambda what, done, total: seen.append((what, done, total)))
    assert all(what == "export" and total == 30 for what, _, total in seen)

    def interrupt(what, done, total):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        turning.export(tmp_path / "b", format="png", progress=interrupt)
    assert len(os.listdir(tmp_path / "b")) < 30 * len(turning)


def test_mistakes_have_the_program_s_texts(turning, tmp_path):
    with pytest.raises(firstlight.UsageError, match="no format \"npzz\": did you mean npz"):
        turning.export(tmp_path, format="npzz", progress=False)
    with pytest.raises(firstlight.UsageError, match="there is no layer \"purty\": did you mean purity"):
        turning.export(tmp_path, format="npz", layer="purty", progress=False)
    (tmp_path / "here.npz").write_bytes(b"precious")
    with pytest.raises(firstlight.OutputError, match="exists already"):
        turning.export(tmp_path / "here.npz", format="npz", progress=False)
    assert (tmp_path / "here.npz").read_bytes() == b"precious"
    turning.export(tmp_path / "here.npz", format="npz", force=True, progress=False)
    assert len(np.load(tmp_path / "here.npz").files) > 10


def test_results_in_memory_are_exported(sample, tmp_path):
    result = firstlight.reconstruct(sample("bars"), progress=False)
    path, = result.export(tmp_path, format="npz", layer="ballistic", progress=False)
    with np.load(path) as found:
        same(found["ballistic"], result["ballistic"])
        assert "mask" not in found.files and "view" not in found.files


def test_ome_zarr_is_read_by_zarr(turning, tmp_path):
    zarr = pytest.importorskip("zarr")
    path, = turning.export(tmp_path, format="ome-zarr")
    assert path == tmp_path / "turning.result.ome.zarr" and os.listdir(tmp_path) == [path.name]
    root = zarr.open_group(str(path), mode="r")
    for c, name in enumerate(turning):
        same(root["0"][:, c], turning[name].astype(np.float32))
    same(root["mu/0"][:], turning.volume.values)
    multiscale, = root.attrs["multiscales"]
    assert multiscale["version"] == "0.4"
    assert [a["name"] for a in multiscale["axes"]] == ["t", "c", "y", "x"]
    assert [a["type"] for a in multiscale["axes"]] == ["time", "channel", "space", "space"]
    assert [a.get("unit") for a in multiscale["axes"]] == [None, None, "micrometer", "micrometer"]
    scale, translation = multiscale["datasets"][0]["coordinateTransformations"]
    x = turning.axes["x"][0] * 1e6
    assert np.isclose(scale["scale"][3], x[1] - x[0]) and np.isclose(translation["translation"][3], x[0])
    assert [c["label"] for c in root.attrs["omero"]["channels"]] == list(turning)
    assert root.attrs["firstlight"]["units"] == turning.units
    assert root.attrs["firstlight"]["view"]["unit"] == "rad"
    volume, = root["mu"].attrs["multiscales"]
    assert [a["name"] for a in volume["axes"]] == ["z", "y", "x"]
    assert root["mu"].attrs["firstlight"]["units"] == {"mu": "1/m"}


def test_ome_zarr_of_one_layer_or_the_volume(turning, tmp_path):
    zarr = pytest.importorskip("zarr")
    one, = turning.export(tmp_path / "one.ome.zarr", format="ome-zarr", layer="purity")
    same(zarr.open_group(str(one), mode="r")["0"][:, 0], turning["purity"])
    mu, = turning.export(tmp_path / "mu.zarr", format="ome-zarr", layer="mu")
    same(zarr.open_group(str(mu), mode="r")["0"][:], turning.volume.values)
    with pytest.raises(firstlight.UsageError, match="there is no layer \"nu\": choose from .*mu"):
        turning.export(tmp_path / "nu.zarr", format="ome-zarr", layer="nu")
    with pytest.raises(firstlight.UsageError, match="gzip has no effect"):
        turning.export(tmp_path / "nu.zarr", format="ome-zarr", gzip=True)
    with pytest.raises(firstlight.UsageError, match="does not end in .zarr"):
        turning.export(tmp_path / "nu.npz", format="ome-zarr")


def test_ome_zarr_replaces_nothing_but_a_store(turning, tmp_path):
    zarr = pytest.importorskip("zarr")
    target = tmp_path / "a.zarr"
    turning.export(target, format="ome-zarr", layer="purity")
    with pytest.raises(firstlight.OutputError, match="exists already"):
        turning.export(target, format="ome-zarr", layer="counts")
    turning.export(target, format="ome-zarr", layer="counts", force=True)
    same(zarr.open_group(str(target), mode="r")["0"][:, 0], turning["counts"])
    folder = tmp_path / "mine.zarr"
    folder.mkdir()
    (folder / "notes.txt").write_text("precious")
    with pytest.raises(firstlight.OutputError, match="is no Zarr store"):
        turning.export(folder, format="ome-zarr", force=True)
    assert (folder / "notes.txt").read_text() == "precious"
    assert sorted(os.listdir(tmp_path)) == ["a.zarr", "mine.zarr"]


def test_without_zarr_it_says_what_is_missing(turning, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError, match="pip install zarr"):
        turning.export(tmp_path, format="ome-zarr")
    assert os.listdir(tmp_path) == []


def test_ome_zarr_finds_damage(turning, tmp_path, monkeypatch):
    pytest.importorskip("zarr")
    from firstlight import ome_zarr
    create = ome_zarr._create

    def damaged(group, image):
        create(group, image)
        group["0"][..., 0, 0] = -1
    monkeypatch.setattr(ome_zarr, "_create", damaged)
    with pytest.raises(firstlight.OutputError, match="other numbers than were written"):
        turning.export(tmp_path, format="ome-zarr")
    assert os.listdir(tmp_path) == []


def test_photons_are_those_of_the_acquisition(tmp_path, program, sample):
    h5py = pytest.importorskip("h5py")
    scan = tmp_path / "tags.h5"
    program("simulate", sample("bars").with_suffix(".toml"), "-o", scan, "--as", "events", "--quiet")
    with pytest.warns(UserWarning, match="has no place for the truth"):
        path, = firstlight.export(firstlight.open(scan), tmp_path / "out", format="photon-hdf5", progress=False)
    assert path == tmp_path / "out/tags.hdf5"
    with h5py.File(scan) as wanted, h5py.File(path) as found:
        for name in ("timestamps", "nanotimes", "detectors"):
            same(found["photon_data"][name][...], wanted["entry/data"][name][...])
    with pytest.raises(firstlight.UsageError, match="no photon events"):
        firstlight.export(firstlight.from_array(np.ones((2, 2, 8), np.uint16), bin_width_ps=16), tmp_path,
                          format="photon-hdf5")
