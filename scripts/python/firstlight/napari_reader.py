"""Scans and results in napari, true to scale. napari.yaml names this; nothing of napari is imported."""
from __future__ import annotations

import importlib.metadata
import os
import pathlib
from typing import Any, Callable

import numpy as np

from firstlight import _native
from firstlight.opening import open as open_file
from firstlight.results import Result
from firstlight.scans import Scan

_LayerData = tuple[Any, dict[str, Any], str]
_IN_MEMORY = 2**30  # larger cubes are shown as their sum alone
_BAND = 2**26       # bytes of counts that are summed at a time
_HEAD = 2**16
_SHOWN_AS = {"m": ("mm", 1e3), "s": ("ps", 1e12)}


def get_reader(path: str | list[str]) -> Callable[[Any], list[_LayerData]] | None:
    """A reader of this file, or None where it is no scan and no result."""
    paths = [path] if isinstance(path, (str, os.PathLike)) else path
    if all(_is_ours(p) for p in paths):
        return read
    return None


def _is_ours(path: str) -> bool:
    try:
        with pathlib.Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if not head.startswith(b"\x89HDF\r\n\x1a\n"):
        return False
    if b"firstlight_format" in head:  # damaged ones too: reading them says what is wrong
        return True
    try:
        return _native.kind_of(os.fspath(path)) != "calibration"
    except _native.Error:
        return False


def read(path: str | list[str]) -> list[_LayerData]:
    layers: list[_LayerData] = []
    for one in [path] if isinstance(path, (str, os.PathLike)) else path:
        opened = open_file(one)
        name = pathlib.Path(one).name.split(".")[0]
        layers += _layers_of_scan(opened, name) if isinstance(opened, Scan) else _layers_of_result(opened, name)
    return layers


def _place(axes: list[tuple[str, np.ndarray, str]]) -> dict[str, Any]:
    """scale, translate and units of axes (name, positions, unit); axes without even steps are counted in pixels."""
    scale, translate, units = [], [], []
    for _, at, unit in axes:
        steps = np.diff(at)
        shown, factor = _SHOWN_AS.get(unit, ("pixel", 0.0))
        if factor and len(steps) and steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-3, atol=0):
            scale.append(float(steps[0] * factor))
            translate.append(float(at[0] * factor))
        else:
            shown = "pixel"
            scale.append(1.0)
            translate.append(0.0)
        units.append(shown)
    place: dict[str, Any] = {"scale": scale, "translate": translate}
    if _knows_units():
        place.update(units=units, axis_labels=[name for name, _, _ in axes])
    return place


def _knows_units() -> bool:
    """Whether this napari takes units and names of axes with a layer (from 0.5.1); where there is none, it would."""
    try:
        version = importlib.metadata.version("napari").split(".")
        return tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in version[:3]) >= (0, 5, 1)
    except importlib.metadata.PackageNotFoundError:
        return True


def _window(values: np.ndarray) -> list[float]:
    """From black to white: all but the outermost half percent of what is finite."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if finite.size == 0:
        return [0.0, 1.0]
    low, high = (float(p) for p in np.percentile(finite.ravel()[::max(1, finite.size // 1_000_000)], (0.5, 99.5)))
    return [low, high if high > low else low + 1.0]


def _sum_over_time(scan: Scan) -> np.ndarray:
    counts = scan.counts
    out = np.empty(counts.shape[:-1], np.float64)
    per_row = int(np.prod(counts.shape[:-3] + counts.shape[-2:], dtype=np.int64)) * counts.dtype.itemsize
    rows = max(1, _BAND // max(1, per_row))
    for y in range(0, out.shape[-2], rows):
        out[..., y:y + rows, :] = counts[..., y:y + rows, :, :].sum(axis=-1, dtype=np.float64)
    return out.astype(np.float32)


def _layers_of_scan(scan: Scan, name: str) -> list[_LayerData]:
    attrs = scan.attrs
    unit = {"t": "s", "x": "m" if "x_m" in attrs else "1", "y": "m" if "y_m" in attrs else "1"}
    axes = [(d, getattr(scan, d) if d in unit else np.arange(n), unit.get(d, "1")) for d, n in zip(scan.dims, scan.shape)]
    metadata = {"firstlight": {"unit": "counts", "long_name": scan.name}}
    total = _sum_over_time(scan)
    layers: list[_LayerData] = [(total, {"name": f"{name}: all light", "colormap": "gray", "metadata": metadata,
                                         "contrast_limits": _window(total), **_place(axes[:-1])}, "image")]
    if np.prod(scan.shape, dtype=np.int64) * scan.counts.dtype.itemsize <= _IN_MEMORY:
        cube = np.moveaxis(scan.counts[...], -1, -3)  # (view,) t, y, x: a slider goes through time
        axes = axes[:-3] + [axes[-1], *axes[-3:-1]]
        layers.append((cube, {"name": f"{name}: light over time", "colormap": "gray", "visible": False, "metadata": metadata,
                              "contrast_limits": [0.0, max(1.0, float(cube.max(initial=0)))], **_place(axes)}, "image"))
    return layers


def _layers_of_result(result: Result, name: str) -> list[_LayerData]:
    def about(layer: Any) -> dict[str, Any]:
        return {"firstlight": {"unit": layer.unit, "long_name": layer.long_name, "recipe": result.recipe}}

    place = _place([(n, at, unit) for n, (at, unit, _) in result.axes.items()])
    layers: list[_LayerData] = []
    volume = result.volume
    for which, layer in result.layers.items():
        more = {"name": f"{name}: {which}", "metadata": about(layer), **place}
        if which == "mask":
            layers.append((result[which].astype(np.uint8), {**more, "visible": False}, "labels"))
            continue
        is_signal = which == result.signal
        layers.append((result[which], {**more, "colormap": "gray" if is_signal else "viridis",
                                       "visible": is_signal and volume is None,
                                       "contrast_limits": _window(result[which])}, "image"))
    layers.sort(key=lambda layer: layer[1]["visible"])  # what is to be seen lies on top
    if volume is not None:
        axes = [(n, at, unit) for n, (at, unit, _) in volume.axes.items()]
        layers.append((volume.values, {"name": f"{name}: {volume.name}", "metadata": about(volume), "colormap": "gray",
                                       "contrast_limits": _window(volume.values), "rendering": "mip", **_place(axes)},
                       "image"))
    return layers
