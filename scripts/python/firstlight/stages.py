"""Every stage on arrays: firstlight.stages.time_gate(...), and so on for all of firstlight.stage_list().

    d = firstlight.stages.dark_counts(counts, bin_width_ps=16, pulses=1e6, dark_rate_hz=200)
    a = firstlight.stages.expected_arrival(d, source="given", given_ps=512)
    g = firstlight.stages.time_gate(a, open_ps=-40, close_ps=40)
    g["ballistic"], d.model["dark"]

Functions, signatures and docstrings are made from the program's parameter table.
"""
from __future__ import annotations

import warnings
from functools import partial
from typing import Any, Callable

from firstlight import _native
from firstlight.layers import colours, is_layers, run_on_layers
from firstlight.progress import shown
from firstlight.reconstruction import request
from firstlight.results import Result, Volume
from firstlight.stage_text import docstring, python_name, signature
from firstlight.staged import Model, Staged, options_of, staged


def _options_of_layers(name: str, keywords: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    options, others = options_of(keywords)
    for word in ("calibration", "strict"):
        if word in options:
            raise _native.UsageError(f"{name}: {word} has no effect (layers were made of counts before): leave it out")
    return options, others


def _on_layers(stage: dict[str, Any], names: list[str], data: Any, keywords: dict[str, Any]) -> Any:
    name = stage["name"]
    if stage["kind"] == "traces":
        raise _native.BadInputError(f"{name}: got layers (it works on counts): give a path, a Scan, an array of counts, or "
                                    "what another stage returned")
    options, keywords = _options_of_layers(name, keywords)
    told, progress = request({}, "", **options)
    with shown(progress) as show:
        volume, layers, said = run_on_layers(name, data, {k: v for k, v in keywords.items() if k in names},
                                             {k: v for k, v in keywords.items() if k not in names}, told, show)
    for one in said:
        warnings.warn(one, UserWarning, stacklevel=3)
    return layers if volume is None else Volume(**volume)


def _coloured(stage: dict[str, Any], data: Any, keywords: dict[str, Any]) -> Any:
    options, keywords = (options_of if isinstance(data, Staged) else partial(_options_of_layers, "tone_map"))(keywords)
    mask, filled = keywords.pop("mask", None), False
    if isinstance(data, Staged):  # the engine says what cannot be
        filled = any(one == "inpainting" for one, _ in data.chain)
        data = data._then(stage["name"], keywords, options).result()
    elif isinstance(data, Result):
        filled = "\n[inpainting]" in data.recipe
    elif not is_layers(data):
        raise _native.BadInputError("tone_map: got no layers (it gives images colours): give a Result, a dict such as "
                                    "{\"ballistic\": array}, or what another stage returned")
    default = next(p["default"] for p in stage["parameters"] if p["name"] == "layer")
    return colours(data, keywords, keywords.get("layer", default), mask, filled)


def _function_of(stage: dict[str, Any]) -> Callable[..., Any]:
    name = stage["name"]
    names = [parameter["name"] for parameter in stage["parameters"]]
    in_table = {python_name(n): n for n in names}

    def function(data: Any, /, **keywords: Any) -> Any:
        keywords = {in_table.get(k, k): v for k, v in keywords.items()}
        if stage["kind"] == "rendering":
            return _coloured(stage, data, keywords)
        if is_layers(data) and not isinstance(data, Staged):
            return _on_layers(stage, names, data, keywords)
        made = staged(data, name, names, keywords)
        return made.result().volume if stage["kind"] == "volumes" else made

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = docstring(stage)
    function.__signature__ = signature(stage)  # type: ignore[attr-defined]
    return function


_STAGES = {stage["name"]: _function_of(stage) for stage in _native.list_stages()}
globals().update(_STAGES)

__all__ = ["Model", "Staged", *_STAGES]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    near = _native.nearest_name(name, list(_STAGES))
    raise AttributeError(f"there is no stage \"{name}\"" + (f": did you mean \"{near}\"?" if near else ""))
