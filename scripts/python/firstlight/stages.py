"""Every stage on arrays: firstlight.stages.time_gate(...), and so on for all of firstlight.stage_list().

    d = firstlight.stages.dark_counts(counts, bin_width_ps=16, pulses=1e6, dark_rate_hz=200)
    a = firstlight.stages.expected_arrival(d, source="given", given_ps=512)
    g = firstlight.stages.time_gate(a, open_ps=-40, close_ps=40)
    g["ballistic"], d.model["dark"]

Functions, signatures and docstrings are made from the program's parameter table.
"""
from __future__ import annotations

from typing import Any, Callable

from firstlight import _native
from firstlight.stage_text import docstring, python_name, signature
from firstlight.staged import Model, Staged, staged


def _function_of(stage: dict[str, Any]) -> Callable[..., Any]:
    name = stage["name"]
    names = [parameter["name"] for parameter in stage["parameters"]]
    in_table = {python_name(n): n for n in names}

    def function(data: Any, /, **keywords: Any) -> Any:
        keywords = {in_table.get(k, k): v for k, v in keywords.items()}
        made = staged(data, name, names, keywords)
        return made.result().volume if stage["kind"] == "volumes" else made

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = docstring(stage)
    function.__signature__ = signature(stage)  # type: ignore[attr-defined]
    return function


_STAGES = {stage["name"]: _function_of(stage) for stage in _native.list_stages() if stage["kind"] != "rendering"}
globals().update(_STAGES)

__all__ = ["Model", "Staged", *_STAGES]


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    near = _native.nearest_name(name, list(_STAGES))
    raise AttributeError(f"there is no stage \"{name}\"" + (f": did you mean \"{near}\"?" if near else ""))
