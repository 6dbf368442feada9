"""firstlight.reconstruct: a scan in, images out."""
from __future__ import annotations

import os
import re
import warnings
from typing import Any, Mapping

from firstlight import _native
from firstlight.progress import Progress, shown
from firstlight.results import Result
from firstlight.scans import Scan, from_array

_STAGES = frozenset(stage["name"] for stage in _native.list_stages())


def _bytes_of(memory: int | str | None) -> int:
    """A limit of memory as the program takes it: 512M, 4G, or a number of bytes. 0: none given."""
    if memory is None:
        return 0
    match = re.fullmatch(r"\s*([0-9.]+)\s*([KMGT]?)(I?B)?\s*", str(memory).upper())
    number = 0.0
    if match:
        try:
            number = float(match.group(1)) * 1024.0 ** " KMGT".index(match.group(2) or " ")
        except ValueError:
            pass
    if not 1024 * 1024 <= number < 9e18:
        raise _native.UsageError(f"memory: cannot take {memory!r} (expected a size such as \"512M\", \"4G\" or a number "
                                 "of bytes, at least 1M)")
    return int(number)


def request(what: dict[str, Any], command: str, *, calibration: str | os.PathLike[str] | None = None,
            backend: str = "auto", threads: int = 0, memory: int | str | None = None, strict: bool = False,
            progress: Progress = True) -> tuple[dict[str, Any], Progress]:
    """What the engine is told, with the command for the provenance, whose bracket may be open; and how to show it."""
    told = {"recipe": "", "stages": {}, **what, "calibration": "" if calibration is None else os.fspath(calibration),
            "backend": backend, "threads": threads, "memory_bytes": _bytes_of(memory), "strict": strict}
    changed = {k: v for k, v in told.items() if k != "chain" and v not in ("", {}, 0, False, "auto")}
    told["command"] = command + "".join(f", {k}={v!r}" for k, v in changed.items()) + ("" if "chain" in what else ")")
    return told, progress


def run(scan: Scan, what: dict[str, Any], command: str, **options: Any) -> Result:
    """Runs a recipe, or a chain of stages, over a scan."""
    told, progress = request(what, command, **options)
    native = _native.reconstruct_array if isinstance(scan._held, _native.ArrayScan) else _native.reconstruct_file
    with shown(progress) as show:
        data = native(scan._held, told, show)
    for text in data.warnings:
        warnings.warn(text, UserWarning, stacklevel=3)
    return Result(data)


def reconstruct(scan: Any, recipe: str | os.PathLike[str] | None = None, *,
                calibration: str | os.PathLike[str] | None = None, backend: str = "auto", threads: int = 0,
                memory: int | str | None = None, strict: bool = False, progress: Progress = True,
                **stages_and_description: Any) -> Result:
    """Runs a recipe over a scan.

    scan: a path, a Scan, or an array of counts [y, x, t] or [view, y, x, t] (NumPy, or an xarray whose dims say which
        axis is which); see from_array() for what describes an array: bin_width_ps=16, pulses=1e6, irf=..., reference=...
    recipe: a built-in recipe (firstlight.recipes()) or a TOML file; None: what suits the scan.
    calibration: a calibration file, or a Calibration, in place of what the scan says of itself.
    backend: "auto", "cpu" or "cuda".  threads: of the CPU; 0: all.  memory: a limit such as "4G".
    strict: refuse what is otherwise a warning.
    progress: True for a bar (where tqdm is installed), False, or a function of (what, done, total), called some times
        per second, which may raise to stop the run.
    Further keywords: a stage's parameters as a dict, time_gate={"open_ps": -40}; firstlight.stage_list() names them.

    Ctrl-C stops the run with KeyboardInterrupt. What the run warns of is in result.warnings, and a UserWarning each.
    """
    stages = {k: v for k, v in stages_and_description.items() if k in _STAGES}
    description = {k: v for k, v in stages_and_description.items() if k not in _STAGES}
    if isinstance(scan, (str, os.PathLike)):
        scan = Scan._of_file(scan)
    elif not isinstance(scan, Scan):
        scan = from_array(scan, **description)
        description = {}
    for name, value in description.items():
        if isinstance(value, Mapping):
            near = _native.nearest_name(name, sorted(_STAGES))
            raise _native.UsageError(f"there is no stage \"{name}\"" + (f": did you mean \"{near}\"?" if near else ""))
        raise _native.UsageError(f"{name}: cannot be given here (the scan has its own description): use from_array() on "
                                 "its counts to describe it anew")
    options = {"calibration": calibration, "backend": backend, "threads": threads, "memory": memory, "strict": strict,
               "progress": progress}
    what = {"recipe": "" if recipe is None else os.fspath(recipe), "stages": stages}
    return run(scan, what, f"firstlight.reconstruct({scan.name!r}", **options)
