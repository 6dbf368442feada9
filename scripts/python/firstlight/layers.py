"""Layers from outside, brought into the form that image and volume stages take: float32 [view, y, x], with a mask."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from firstlight import _native
from firstlight.arrays import described, in_host_memory
from firstlight.results import Result
from firstlight.scans import Scan

# Of a scan's description, what is about counts along time and says nothing of images.
_OF_TRACES = ("kind", "irf", "gate_", "bin_width", "first_bin", "t0_map", "dark_rate", "flat", "pixel_mask", "dims")


def _refuse(stage: str, problem: str, why: str, suggestion: str) -> _native.BadInputError:
    return _native.BadInputError(f"{stage}: {problem} ({why}): {suggestion}")


def _image(stage: str, name: str, values: Any) -> np.ndarray:
    array = in_host_memory(values, f"{stage}: {name}")
    if array.dtype.kind not in "biuf":
        raise _refuse(stage, f"{name} is of type {array.dtype}", "layers are real numbers",
                      "convert it, e.g. layer.astype(\"float32\")")
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise _refuse(stage, f"{name} is {list(array.shape)}", "a layer is [y, x] or [view, y, x]",
                      "reshape it, e.g. layer[np.newaxis] for a single row")
    return array


class LayerSet:
    """Layers of one shape, the mask or None, and whether views are an axis."""

    def __init__(self, stage: str, data: Any, mask: Any = None) -> None:
        images = {str(n): _image(stage, str(n), data[n]) for n in data.keys()}
        own_mask = images.pop("mask", None)
        if not images:
            raise _refuse(stage, "there are no layers", "it works on images", "give a dict such as {\"ballistic\": array}")
        first, shape = next((n, a.shape) for n, a in images.items())
        given = own_mask if mask is None else _image(stage, "mask", mask)
        for name, array in [*images.items(), *([] if given is None else [("mask", given)])]:
            if array.shape != shape:
                raise _refuse(stage, f"{name} is {list(array.shape)}, {first} {list(shape)}", "layers lie on each other",
                              "give all of one shape")
        if given is not None and given.dtype.kind == "f":
            raise _refuse(stage, f"mask is of type {given.dtype}", "a mask holds flags: 1 hot, 2 dead, 4 noisy, "
                          "8 saturated", "give whole numbers, or booleans")
        self.with_views = len(shape) == 3
        self.shape = shape if self.with_views else (1, *shape)
        self.layers = {n: self._flat(a, "f4") for n, a in images.items()}
        # True is bad: as dead as a pixel can be.
        flags = None if given is None else np.where(given, 2, 0) if given.dtype.kind == "b" else given
        self.mask = None if flags is None else self._flat(flags, "u1")

    def _flat(self, array: np.ndarray, dtype: str) -> np.ndarray:
        return np.ascontiguousarray(array, dtype).reshape(self.shape)


def is_layers(data: Any) -> bool:
    return isinstance(data, (Result, Mapping))


def _described_by_result(data: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(data, Result):
        for axis, name, unit in (("x", "x_m", "m"), ("y", "y_m", "m"), ("view", "view_angle_rad", "rad")):
            if axis in data.axes and data.axes[axis][1] == unit:
                found[name] = data.axes[axis][0]
    return found


def run_on_layers(stage: str, data: Any, parameters: dict[str, Any], description: dict[str, Any],
                  told: dict[str, Any], show: Any) -> tuple[Any, dict[str, np.ndarray], list[str]]:
    """A stage on layers: its volume or None, all layers with the mask, and warnings."""
    description = dict(description)
    scan, mask = description.pop("scan", None), description.pop("mask", None)
    reference, reference_mask = description.pop("reference_layers", None), None
    if scan is not None and not isinstance(scan, Scan):
        raise _native.UsageError(f"scan: cannot take {type(scan).__name__} (expected a Scan, whose description is taken)")
    layers = LayerSet(stage, data, mask)
    of_scan = {} if scan is None else {k: v for k, v in scan.attrs.items() if not k.startswith(_OF_TRACES)}
    fields = described({**_described_by_result(data), **of_scan, **description}, (*layers.shape, 1), with_times=False)
    of_reference: dict[str, np.ndarray] = {}
    if reference is not None:
        of_reference = LayerSet(f"{stage}, reference_layers", reference, reference_mask).layers
    request = {"stage": stage, "parameters": parameters, "has_views_axis": layers.with_views,
               **{k: told[k] for k in ("backend", "threads", "memory_bytes")}}
    made = _native.run_on_layers(request, layers.layers, layers.mask, of_reference, fields, show)
    return made["volume"], made["layers"], made["warnings"]


def colours(data: Any, parameters: dict[str, Any], layer: str, mask: Any, filled: bool) -> np.ndarray:
    """tone_map: [y, x, 3] or [view, y, x, 3]; each view has its own window where percentiles make it."""
    if layer not in list(data.keys()):
        raise _refuse("tone_map", f"there is no layer {layer}", f"got {', '.join(data.keys())}",
                      f"choose one, tone_map(..., layer=\"{next(iter(data.keys()), 'ballistic')}\")")
    layers = LayerSet("tone_map", {n: data[n] for n in data.keys() if n in (layer, "mask")}, mask)
    views = [_native.colours(parameters, layers.layers[layer][v:v + 1],
                             None if layers.mask is None else layers.mask[v:v + 1], filled)
             for v in range(layers.shape[0])]
    return np.stack(views) if layers.with_views else views[0]
