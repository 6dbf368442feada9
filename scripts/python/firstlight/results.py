"""Results: layers, volume, and how they were made."""
from __future__ import annotations

import os
import pathlib
from typing import Any, Iterator, NamedTuple

import numpy as np

from firstlight import _native


class Layer(NamedTuple):
    """What is known of a layer apart from its values."""
    name: str
    unit: str
    long_name: str


class Volume(NamedTuple):
    """A volume, [z, y, x]; `axes` has for each axis its positions, their unit and what they are."""
    name: str
    unit: str
    long_name: str
    values: np.ndarray
    axes: dict[str, tuple[np.ndarray, str, str]]


class Result:
    """Images that a run made, or that a result file holds: result["ballistic"] is a NumPy array, [y, x] or
    [view, y, x]. Arrays are read-only views of the result's memory; .copy() makes one that can be written.
    """

    def __init__(self, data: Any, path: str | None = None) -> None:
        self._data = data
        self.path = path

    @classmethod
    def _of_file(cls, path: str | os.PathLike[str]) -> Result:
        return cls(None, os.fspath(path))

    @property
    def data(self) -> Any:
        """The native result; a file's is read when it is first asked for."""
        if self._data is None:
            self._data = _native.read_result(self.path)
        return self._data

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.data.layer(name)
        except KeyError:
            raise KeyError(f"there is no layer \"{name}\"; there are {', '.join(self)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter([layer[0] for layer in self.data.layers])

    def __len__(self) -> int:
        return len(self.data.layers)

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def keys(self) -> list[str]:
        return list(self)

    @property
    def layers(self) -> dict[str, Layer]:
        """Name, unit and meaning of every layer, the mask last."""
        return {layer[0]: Layer(*layer) for layer in self.data.layers}

    @property
    def units(self) -> dict[str, str]:
        return {layer[0]: layer[1] for layer in self.data.layers}

    @property
    def signal(self) -> str:
        """The layer that shows the object best."""
        return self.data.signal

    @property
    def axes(self) -> dict[str, tuple[np.ndarray, str, str]]:
        """Positions, unit and meaning of the images' axes: (view,) y, x."""
        return self.data.axes

    @property
    def volume(self) -> Volume | None:
        volume = self.data.volume
        return None if volume is None else Volume(**volume)

    @property
    def recipe(self) -> str:
        """The recipe as TOML, every parameter written out."""
        return self.data.recipe

    @property
    def provenance(self) -> dict[str, Any]:
        """Program, version, device, command; "inputs" with their SHA-256; "stages" with their times."""
        return {**self.data.facts, "inputs": self.data.inputs, "stages": self.data.stages}

    @property
    def quality(self) -> dict[str, float]:
        return self.data.quality

    @property
    def warnings(self) -> list[str]:
        return self.data.warnings

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes a result file, whole or not at all; an existing file is replaced only with force=True."""
        self.data.save(os.fspath(path), force)

    def export(self, path: str | os.PathLike[str], *, format: str = "tiff", layer: str | None = None,
               **options: Any) -> list[pathlib.Path]:
        """Writes layers and the volume for other programs, as firstlight.export(result, path, ...) does."""
        from firstlight.exports import export
        return export(self, path, format=format, layer=layer, **options)

    def to_xarray(self) -> Any:
        """An xarray.Dataset of the layers, the volume beside them, with axes and units."""
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray() needs xarray: pip install xarray") from None

        def coordinates(axes: dict[str, Any], prefix: str = "") -> dict[str, Any]:
            return {prefix + n: (prefix + n, v, {"units": unit, "long_name": what}) for n, (v, unit, what) in axes.items()}

        dims = list(self.axes)
        variables = {n: (dims, self[n], {"units": layer.unit, "long_name": layer.long_name})
                     for n, layer in self.layers.items()}
        coords = coordinates(self.axes)
        volume = self.volume
        if volume is not None:  # its axes have other positions than the images'
            coords.update(coordinates(volume.axes, "volume_"))
            variables[volume.name] = (["volume_" + n for n in volume.axes], volume.values,
                                      {"units": volume.unit, "long_name": volume.long_name})
        return xarray.Dataset(variables, coords, {"signal": self.signal, "recipe": self.recipe})

    def plot(self, layer: str | None = None, *, view: int = 0, axes: Any = None, **imshow: Any) -> Any:
        """Shows a layer by matplotlib, the signal where none is named; returns the axes it is drawn on."""
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            raise ImportError("plot() needs matplotlib: pip install matplotlib") from None
        name = layer or self.signal
        values = self[name]
        if values.ndim == 3:
            values = values[view]
        if axes is None:
            axes = plt.subplots()[1]
        picture = axes.imshow(values, **{"cmap": "gray", "interpolation": "nearest", **imshow})
        unit = self.units[name]
        axes.figure.colorbar(picture, ax=axes, label=name if unit in ("", "1") else f"{name} ({unit})")
        axes.set(xlabel="x (pixel)", ylabel="y (pixel)")
        return axes

    def __repr__(self) -> str:
        size = " x ".join(str(n) for n in self[self.signal].shape)
        return f"<firstlight.Result {size}: {', '.join(self)}>"
