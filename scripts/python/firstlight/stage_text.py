"""Signatures, docstrings and type stubs of firstlight.stages, made of the parameter table.

Imports nothing of the package, so that the build can write the stubs with nothing but the extension module.
"""
from __future__ import annotations

import inspect
import keyword
import textwrap
from typing import Any

Stage = dict  # as _native.list_stages() yields

_TYPES = {"boolean": "bool", "integer": "int", "real": "float", "text": "str"}
_DATA = {"traces": "a path, a Scan, counts [y, x, t] or [view, y, x, t], or what another stage returned",
         "images": "what another stage returned; or layers: a Result, or a dict such as {\"ballistic\": array}, [y, x] or "
                   "[view, y, x]; a dict of all layers is returned then",
         "volumes": "what another stage returned; or, for stages that work on images, layers: a Result, or a dict such as "
                    "{\"optical_depth\": array}, [view, y, x]",
         "rendering": "what another stage returned; or layers: a Result, or a dict such as {\"ballistic\": array}"}
_RUN = "how to run, as of reconstruct(): calibration, backend, threads, memory, strict, progress."
_LAYERS = ("Further keywords, of layers: mask (flags, or True where a pixel is bad), scan=, a Scan whose description is taken, "
           "or what describes it, as of from_array(): x_mm=, view_angle_deg=, pulses=; reference_layers=, layers of the "
           "reference, with reference_pulses=; and " + _RUN)
_FURTHER = {"traces": "Further keywords describe an array, as of from_array(), or say " + _RUN, "images": _LAYERS,
            "volumes": _LAYERS, "rendering": "Further: mask, of layers. Returns [y, x, 3] or [view, y, x, 3]."}
_LAYERED = "Result | Mapping[str, Any]"
_TAKES = {"traces": "Any", "images": "Staged", "volumes": f"Staged | {_LAYERED}", "rendering": f"Staged | {_LAYERED}"}
_RETURNS = {"traces": "Staged", "images": "Staged | dict[str, np.ndarray]", "volumes": "Volume", "rendering": "np.ndarray"}


def python_name(name: str) -> str:
    """A parameter's name in Python, where words such as lambda are taken: lambda_."""
    return name + "_" if keyword.iskeyword(name) else name


def annotation(parameter: dict[str, Any]) -> str:
    """The type of a parameter, as it is written in Python."""
    if parameter["kind"] == "choice":
        return f"Literal[{', '.join(repr(c) for c in parameter['choices'])}]"
    return _TYPES[parameter["kind"]] + (" | Literal['auto']" if parameter["automatic"] else "")


def signature(stage: Stage) -> inspect.Signature:
    """data, then the parameters with their defaults, then what describes a scan."""
    kinds = inspect.Parameter
    return inspect.Signature(
        [kinds("data", kinds.POSITIONAL_ONLY, annotation="Any")]
        + [kinds(python_name(p["name"]), kinds.KEYWORD_ONLY, default=p["default"], annotation=annotation(p))
           for p in stage["parameters"]]
        + [kinds("scan", kinds.VAR_KEYWORD, annotation="Any")], return_annotation=_RETURNS[stage["kind"]])


def _described(parameter: dict[str, Any]) -> str:
    what = [" or ".join(repr(c) for c in parameter["choices"])
            or annotation(parameter).replace(" | Literal['auto']", " or 'auto'")]
    if parameter["kind"] in ("integer", "real"):
        unit = f" {parameter['unit']}" if parameter["unit"] else ""
        what.append(f"{parameter['minimum']:g} to {parameter['maximum']:g}{unit}")
    automatic = f" ('auto': {parameter['automatic']})" if parameter["automatic"] else ""
    only = f" Has an effect with {parameter['only_with'].replace('|', ' or ')}." if parameter["only_with"] else ""
    meaning = textwrap.fill(f"{parameter['meaning']}{automatic}.{only}", 100, initial_indent="    ",
                            subsequent_indent="    ")
    return f"{python_name(parameter['name'])} : {', '.join(what)}, default {parameter['default']!r}\n{meaning}"


def docstring(stage: Stage) -> str:
    """The summary, then every parameter with type, range, unit, default, meaning."""
    parts = [stage["summary"][:1].upper() + stage["summary"][1:] + ".",
             textwrap.fill(f"data: {_DATA[stage['kind']]}.", 104, subsequent_indent="    ")]
    if stage["parameters"]:
        parts.append("Parameters\n----------\n" + "\n".join(_described(p) for p in stage["parameters"]))
    parts.append(textwrap.fill(_FURTHER[stage["kind"]], 104))
    return "\n\n".join(parts) + "\n"


def stub(stages: list[Stage]) -> str:
    """The text of stages.pyi."""
    lines = ['"""Every stage on arrays; written by the build from the parameter table."""',
             "from typing import Any, Literal, Mapping, overload", "", "import numpy as np", "",
             "from firstlight.results import Result, Volume", "from firstlight.staged import Staged", ""]
    for stage in stages:
        parameters = ", ".join(["data: {data}", "/", *(["*"] if stage["parameters"] else []),
                                *(f"{python_name(p['name'])}: {annotation(p)} = {p['default']!r}" for p in stage["parameters"]),
                                "**scan: Any"])
        returns, takes = _RETURNS[stage["kind"]], _TAKES[stage["kind"]]
        if stage["kind"] == "images":  # what comes out depends on what goes in
            layers = parameters.format(data=_LAYERED)
            lines += ["@overload", f"def {stage['name']}({layers}) -> dict[str, np.ndarray]: ...", "@overload"]
            returns, takes = "Staged", "Staged"
        lines += [f"def {stage['name']}({parameters.format(data=takes)}) -> {returns}:",
                  textwrap.indent(f'"""{docstring(stage)}"""', "    ", lambda line: bool(line.strip())), "    ...", ""]
    return "\n".join(lines) + "\n"


def write_stub(stages: list[Stage], path: str) -> None:
    with open(path, "w", encoding="utf-8") as out:
        out.write(stub(stages))
