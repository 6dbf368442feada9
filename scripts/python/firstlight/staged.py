"""A scan with stages that run over it: what firstlight.stages returns."""
from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Iterator

import numpy as np

from firstlight import _native
from firstlight.reconstruction import request, run
from firstlight.progress import shown
from firstlight.results import Layer, Result
from firstlight.scans import Scan, from_array

_PARTS: dict[str, dict[str, Any]] = {part["name"]: part for part in _native.list_model_parts()}
_OPTIONS = ("calibration", "backend", "threads", "memory", "strict", "progress")
_PER_BIN = ("live", "signal")  # as large as the counts, so each is made only when it is asked for


class Model(Mapping):
    """What the stages of a chain know of the detector: model["dark"] is an array, read-only, [y, x] or [view, y, x],
    with [t] behind it for live and signal, [t + 1] for edges. Times are in s.
    """

    def __init__(self, staged: Staged) -> None:
        self._staged = staged
        self._known: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._known:
            if name not in self:
                raise KeyError(self._why_not(name))
            parts = [name] if name in _PER_BIN else [p for p in self if p not in _PER_BIN]
            for part, values in self._staged._model(parts).items():
                values.flags.writeable = False
                self._known[part] = values
        return self._known[name]

    def _why_not(self, name: str) -> str:
        if name in _PARTS:
            return (f"no stage here fills in \"{name}\" ({_PARTS[name]['meaning']}): put one of "
                    f"{', '.join(_PARTS[name]['filled_by'])} before")
        near = _native.nearest_name(str(name), list(_PARTS))
        return f"the model has no part \"{name}\"" + (f": did you mean \"{near}\"?" if near else
                                                      f"; there are {', '.join(_PARTS)}")

    def __iter__(self) -> Iterator[str]:
        stages = {stage for stage, _ in self._staged.chain}
        return (name for name, part in _PARTS.items() if stages & set(part["filled_by"]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    @property
    def units(self) -> dict[str, str]:
        return {name: _PARTS[name]["unit"] for name in self}

    @property
    def meanings(self) -> dict[str, str]:
        return {name: _PARTS[name]["meaning"] for name in self}

    def __repr__(self) -> str:
        return f"<firstlight.Model: {', '.join(self)}>"


class Staged:
    """A scan and the stages that run over it, in order; it never changes. Nothing is computed before something is asked
    for: staged["ballistic"] is a layer, staged.model["dark"] a part of the detector's model, staged.result() all that a
    reconstruction yields. Each is computed once.
    """

    def __init__(self, scan: Scan, chain: tuple[tuple[str, dict[str, Any]], ...], options: dict[str, Any]) -> None:
        self.scan = scan
        self.chain = chain
        self._options = options
        self._result: Result | None = None
        self._detector = Model(self)
        self._text = _native.chain_recipe(list(chain))

    def _then(self, stage: str, parameters: dict[str, Any], options: dict[str, Any]) -> Staged:
        return Staged(self.scan, (*self.chain, (stage, parameters)), {**self._options, **options})

    @property
    def recipe(self) -> str:
        """The stages as a recipe in TOML, every parameter written out: `firstlight reconstruct --recipe` takes it."""
        return self._text

    def result(self) -> Result:
        """The images and the volume of these stages. Errors: UsageError where no gate and no arrival is among them."""
        if self._result is None:
            words = "".join(f".{name}({', '.join(f'{k}={v!r}' for k, v in given.items())})" for name, given in self.chain)
            self._result = run(self.scan, {"chain": list(self.chain)}, f"firstlight.stages: {self.scan.name}{words}",
                               **self._options)
        return self._result

    def _model(self, parts: list[str]) -> dict[str, np.ndarray]:
        of = _native.model_of_array if isinstance(self.scan._held, _native.ArrayScan) else _native.model_of_file
        told, progress = request({"chain": list(self.chain)}, "", **{**self._options, "backend": "cpu"})
        with shown(progress) as show:
            return of(self.scan._held, told, parts, show)

    @property
    def model(self) -> Model:
        """What these stages know of the detector, as they hand it to the next one."""
        return self._detector

    @property
    def signal(self) -> np.ndarray:
        """The light that a deconvolution estimated, [y, x, t] or [view, y, x, t], counts in even bins; NaN: masked."""
        return self.model["signal"]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.result()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.result())

    def __len__(self) -> int:
        return len(self.result())

    def __contains__(self, name: object) -> bool:
        return name in self.result()

    def keys(self) -> list[str]:
        return list(self)

    @property
    def layers(self) -> dict[str, Layer]:
        return self.result().layers

    @property
    def units(self) -> dict[str, str]:
        return self.result().units

    def __repr__(self) -> str:
        return f"<firstlight.Staged {self.scan.name}: {', '.join(name for name, _ in self.chain)}>"


def options_of(keywords: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """How to run, and the other keywords. Wrong options are refused here rather than later."""
    options = {k: keywords[k] for k in _OPTIONS if k in keywords}
    request({}, "", **options)
    return options, {k: v for k, v in keywords.items() if k not in options}


def staged(data: Any, stage: str, parameters: list[str], keywords: dict[str, Any]) -> Staged:
    """The chain with one stage more, whose parameters are called so; other keywords say how to run, or what an array is."""
    options, given = options_of(keywords)
    if isinstance(data, Staged):
        return data._then(stage, given, options)  # what is no parameter the engine refuses
    if isinstance(data, (str, os.PathLike)):
        data = Scan._of_file(data)
    if not isinstance(data, Scan):
        data = from_array(data, **{k: v for k, v in given.items() if k not in parameters})
        given = {k: v for k, v in given.items() if k in parameters}
    return Staged(data, ((stage, given),), options)
