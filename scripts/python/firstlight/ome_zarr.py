"""Results as OME-Zarr: NGFF 0.4 in Zarr format 2, which napari, Fiji and the browsers' viewers read.

The root is one image [c, y, x], or [t, c, y, x] with views as t: a channel for each layer, the mask last, all float32.
The volume [z, y, x] is an image in a group of its own name; it is the root where it alone is written. Positions are
scale and translation in micrometers. Units of values are in the attribute "firstlight" of each image.
"""
from __future__ import annotations

import os
import pathlib
import shutil
from typing import Any, Iterator

import numpy as np

from firstlight import _native

MICROMETERS = 1e6  # per m
LONGEST = 512  # pixels of a chunk along y and x


class _Image:
    """One image: its planes by channel, its axes and their scale."""

    def __init__(self, name: str, axes: dict[str, tuple[np.ndarray, str, str]], channels: list[tuple[str, str, Any]],
                 with_channels: bool) -> None:
        self.name, self.channels, self.with_channels = name, channels, with_channels
        dims = {("t" if d == "view" else d): axis for d, axis in axes.items()}
        self.dims = list(dims)
        self.shape = [len(at) for at, _, _ in dims.values()]
        self.axes, self.scale, self.translation = [], [], []
        for dim, (at, unit, _) in dims.items():
            metres = unit == "m"
            kind = {"name": dim, "type": "time" if dim == "t" else "space"}
            if dim != "t" and metres:
                kind["unit"] = "micrometer"
            factor = MICROMETERS if metres else 1.0
            step = abs(float(at[-1] - at[0])) / (len(at) - 1) * factor if len(at) > 1 and dim != "t" else 1.0
            self.axes.append(kind)
            self.scale.append(step or 1.0)
            self.translation.append(float(min(at[0], at[-1])) * factor if dim != "t" else 0.0)
        if with_channels:
            place = 1 if "t" in self.dims else 0
            self.shape.insert(place, len(channels))
            self.axes.insert(place, {"name": "c", "type": "channel"})
            self.scale.insert(place, 1.0)
            self.translation.insert(place, 0.0)
        self.views = axes.get("view")

    def planes(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Where the values of each channel go, and they."""
        for c, (_, _, values) in enumerate(self.channels):
            yield (Ellipsis, c, slice(None), slice(None)) if self.with_channels else Ellipsis, values

    def attributes(self) -> dict[str, Any]:
        multiscales = {"version": "0.4", "name": self.name, "axes": self.axes, "datasets": [{
            "path": "0", "coordinateTransformations": [{"type": "scale", "scale": self.scale},
                                                       {"type": "translation", "translation": self.translation}]}]}
        own: dict[str, Any] = {"units": {name: unit for name, unit, _ in self.channels}}
        if self.views is not None:
            own["view"] = {"positions": [float(v) for v in self.views[0]], "unit": self.views[1]}
        attributes = {"multiscales": [multiscales], "firstlight": own}
        if self.with_channels:
            attributes["omero"] = {"channels": [{"label": name, "color": "FFFFFF", "active": c == 0,
                                                 "window": _window(values)}
                                                for c, (name, _, values) in enumerate(self.channels)]}
        return attributes


def _window(values: np.ndarray) -> dict[str, float]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return {"min": low, "start": low, "max": high, "end": high}


def _images(result: Any, layer: str | None) -> dict[str, _Image]:
    """Images by their group: "" is the root."""
    volume = result.volume
    names = [n for n in result if layer in (None, n)]
    of_volume = volume is not None and (layer is None or (not names and layer == volume.name))
    if not names and not of_volume:
        known = ", ".join([*result] + ([volume.name] if volume is not None else []))
        raise _native.UsageError(f"there is no layer \"{layer}\": choose from {known}")
    images = {}
    if names:
        stem = pathlib.Path(result.path or "result").stem
        images[""] = _Image(stem, result.axes, [(n, result.units[n], result[n]) for n in names], True)
    if of_volume:
        images[volume.name if names else ""] = _Image(volume.name, volume.axes, [(volume.name, volume.unit, volume.values)],
                                                      False)
    return images


def _create(group: Any, image: _Image) -> None:
    chunks = tuple(min(n, LONGEST) if i >= len(image.shape) - 2 else 1 for i, n in enumerate(image.shape))
    options = {"shape": tuple(image.shape), "chunks": chunks, "dtype": "<f4"}
    if hasattr(group, "create_array"):
        array = group.create_array("0", chunk_key_encoding={"name": "v2", "separator": "/"}, **options)
    else:  # zarr 2
        array = group.create_dataset("0", dimension_separator="/", **options)
    for where, values in image.planes():
        array[where] = values.astype("<f4", copy=False)
    group.attrs.update(image.attributes())


def _check(group: Any, image: _Image, path: pathlib.Path) -> None:
    array = group["0"]
    good = dict(group.attrs) == image.attributes() and array.shape == tuple(image.shape)
    for where, values in image.planes():
        good = good and np.array_equal(array[where], values.astype("<f4", copy=False), equal_nan=True)
    if not good:
        raise _native.OutputError(f"{path}: holds other numbers than were written: check the disk")


def _is_zarr(path: pathlib.Path) -> bool:
    return any((path / name).is_file() for name in (".zgroup", ".zarray", "zarr.json"))


def _target(path: pathlib.Path, result: Any, force: bool) -> pathlib.Path:
    if path.suffix != ".zarr":
        if path.suffix and not path.is_dir():
            raise _native.UsageError(f"{path}: its name does not end in .zarr (format is ome-zarr): name it so, or name a "
                                     "folder")
        path = path / (pathlib.Path(result.path or "result").stem + ".ome.zarr")
    if os.path.lexists(path) and not force:
        raise _native.OutputError(f"{path}: exists already (it is not overwritten): give another name, or force=True to "
                                  "replace it")
    if os.path.lexists(path) and (path.is_symlink() or not _is_zarr(path)):
        raise _native.OutputError(f"{path}: is no Zarr store (a folder is only replaced where it is one): give another "
                                  "name")
    return path


def _write_beside(zarr: Any, target: pathlib.Path, part: pathlib.Path, images: dict[str, _Image]) -> None:
    """Writes the store beside its name, reads it back, and puts it in its place."""
    options = {"zarr_format": 2} if int(zarr.__version__.split(".")[0]) >= 3 else {}
    root = zarr.open_group(str(part), mode="w", **options)
    for name, image in images.items():
        _create(root.create_group(name) if name else root, image)
    back = zarr.open_group(str(part), mode="r", **options)
    for name, image in images.items():
        _check(back[name] if name else back, image, target)
    if target.exists():
        old = part.with_name(part.name + ".old")
        os.rename(target, old)
        os.rename(part, target)
        shutil.rmtree(old)
    else:
        os.rename(part, target)


def write(result: Any, path: pathlib.Path, layer: str | None, force: bool) -> pathlib.Path:
    """Writes a store whole or not at all, reads it back, and returns its path."""
    try:
        import zarr
    except ImportError:
        raise ImportError("format \"ome-zarr\" needs zarr: pip install zarr") from None
    images = _images(result, layer)
    target = _target(path, result, force)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_beside(zarr, target, part, images)
    except _native.Error:
        raise
    except OSError as error:
        raise _native.OutputError(f"{target}: writing failed ({error.strerror or error})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target
