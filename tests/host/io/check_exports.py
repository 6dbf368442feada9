"""Reads exported files with other people's libraries.

check_exports.py whole STEM | zip FILE MEMBERS | photons SCAN EXPORTED
"""
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np

OME = {"o": "http://www.openmicroscopy.org/Schemas/OME/2016-06"}


def layer():
    values = (np.arange(30, dtype=np.float32) ** 2 / np.float32(7)).reshape(2, 3, 5)
    values[1, 0, 2] = np.nan
    return values


MASK = (np.arange(30) * 8).astype(np.uint8).reshape(2, 3, 5)
MU = (np.float32(1000) - np.arange(24, dtype=np.float32) / np.float32(3)).reshape(2, 3, 4)


def same(found, wanted):
    assert found.dtype == wanted.dtype and found.shape == wanted.shape, (found.dtype, found.shape)
    assert np.array_equal(found, wanted, equal_nan=found.dtype.kind == "f"), found


def check_npz(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    with np.load(path, allow_pickle=False) as found:
        same(found["ballistic"], layer())
        same(found["depth"], layer())
        same(found["mask"], MASK)
        same(found["mu"], MU)
        assert np.allclose(found["x"], [-1e-3, 0, 1e-3, 2e-3, 3e-3]) and np.allclose(found["y"], [0, 2e-3, 4e-3])
        assert np.allclose(found["view"], [0, 0.5]) and np.allclose(found["volume_z"], [0, 4e-3])
        assert np.allclose(found["volume_y"], [0, 2e-3, 4e-3]) and len(found["volume_x"]) == 4
        units = dict(zip(found["names"].tolist(), found["units"].tolist()))
        assert units == {"ballistic": "counts", "depth": "m", "mask": "1", "view": "rad", "y": "m", "x": "m",
                         "mu": "1/m", "volume_z": "m", "volume_y": "m", "volume_x": "m"}, units
        assert set(units) | {"names", "units"} == set(found.files)


def notes(root, reference):
    found = root.find(f".//o:MapAnnotation[@ID='{reference.get('ID')}']/o:Value", OME)
    return {m.get("K"): m.text or "" for m in found}


def check_ome_tiff(path):
    try:
        import tifffile
    except ImportError:
        print("tifffile is missing: OME-TIFF not checked")
        return
    with tifffile.TiffFile(path) as tiff:
        assert tiff.is_ome and not tiff.is_bigtiff
        images, volume = tiff.series
        assert images.axes == "TCYX" and volume.axes == "ZYX", (images.axes, volume.axes)
        stack = images.asarray()
        same(stack[:, 0], layer())
        same(stack[:, 1], layer())
        same(stack[:, 2], MASK.astype(np.float32))
        same(volume.asarray(), MU)
        root = ElementTree.fromstring(tiff.ome_metadata)
    pixels = root.findall("o:Image/o:Pixels", OME)
    sizes = [{k: p.get(k) for k in ("PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ")} for p in pixels]
    assert [float(sizes[0]["PhysicalSizeX"]), float(sizes[0]["PhysicalSizeY"])] == [1000, 2000], sizes
    assert sizes[0]["PhysicalSizeZ"] is None and float(sizes[1]["PhysicalSizeZ"]) == 4000, sizes
    assert pixels[1].get("PhysicalSizeZUnit") == "\u00b5m"
    channels = pixels[0].findall("o:Channel", OME)
    assert [c.get("Name") for c in channels] == ["ballistic", "depth", "mask"]
    assert notes(root, channels[0][0]) == {"unit": "counts", "long_name": "light <first> & \"last\""}
    assert notes(root, channels[1][0])["unit"] == "m"
    image = root.find("o:Image/o:AnnotationRef", OME)
    assert notes(root, image) == {"T": "rotation angle", "T unit": "rad", "T positions": "0 0.5"}, notes(root, image)


def check_photons(scan_path, path):
    import h5py
    with h5py.File(scan_path) as scan, h5py.File(path) as found:
        data, photons = scan["entry/data"], found["photon_data"]
        for name in ("timestamps", "nanotimes", "detectors"):
            same(photons[name][...], data[name][...])
            assert photons[name].chunks == (65536,)
        rows, columns = (int(n) for n in data["detectors"].attrs["shape"])
        unit = float(data["timestamps"].attrs["unit_s"])
        assert photons["timestamps_specs/timestamps_unit"][()] == unit
        assert photons["nanotimes_specs/tcspc_unit"][()] == float(data["nanotimes"].attrs["tcspc_unit_s"])
        assert photons["nanotimes_specs/tcspc_num_bins"][()] == int(data["nanotimes"].attrs["tcspc_num_bins"])
        times = data["timestamps"][...]
        assert np.isclose(found["acquisition_duration"][()], (times.max() - times.min()) * unit)
        detectors = found["setup/detectors"]
        assert np.array_equal(detectors["counts"][...], np.bincount(data["detectors"][...], minlength=rows * columns))
        x, y = detectors["position"][...].T
        assert np.array_equal(detectors["id"][...], y * columns + x) and x.max() + 1 == columns and y.max() + 1 == rows
        rate = scan["entry/instrument/source/repetition_rate"][()]
        assert photons["measurement_specs/laser_repetition_rate"][()] == rate
        assert found["setup/laser_repetition_rates"][...].tolist() == [rate]
        assert found["setup/excitation_wavelengths"][...].tolist() == [8e-7]
        assert found["identity/format_version"][()] == b"0.5"
        titles = []
        found.visititems(lambda name, node: titles.append("TITLE" in node.attrs))
        assert all(titles) and len(titles) > 40, len(titles)
    try:
        import phconvert
    except ImportError:
        print("phconvert is missing: not validated by it")
        return
    phconvert.hdf5.assert_valid_photon_hdf5(path, require_rootformat=True)


if sys.argv[1] == "photons":
    check_photons(*sys.argv[2:])
elif sys.argv[1] == "whole":
    check_npz(sys.argv[2] + ".npz")
    check_ome_tiff(sys.argv[2] + ".ome.tif")
else:
    with zipfile.ZipFile(sys.argv[2]) as archive:
        assert len(archive.namelist()) == int(sys.argv[3]) and archive.read("65539") == b"1"
