"""Reads what result_export_test.cpp wrote with other people's libraries: check_exports.py whole STEM | zip FILE MEMBERS"""
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


if sys.argv[1] == "whole":
    check_npz(sys.argv[2] + ".npz")
    check_ome_tiff(sys.argv[2] + ".ome.tif")
else:
    with zipfile.ZipFile(sys.argv[2]) as archive:
        assert len(archive.namelist()) == int(sys.argv[3]) and archive.read("65539") == b"1"
