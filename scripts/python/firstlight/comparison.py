"""firstlight.compare: figures of merit of a result."""
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from firstlight import _native
from firstlight.arrays import truth_of
from firstlight.opening import open as open_file
from firstlight.results import Result
from firstlight.scans import Scan


def _opened(thing: Any, kinds: tuple[type, ...], what: str) -> tuple[Any, str]:
    """The object, and its name for messages."""
    if isinstance(thing, (str, os.PathLike)) and not isinstance(thing, kinds):
        thing = open_file(thing)
    if not isinstance(thing, kinds):
        raise _native.UsageError(f"compare: cannot take {thing!r} (expected {what}, or its path)")
    name = thing.name if isinstance(thing, Scan) else thing.path
    return thing, name or "result"


def _texts(regions: Iterable[Sequence[float]]) -> list[str]:
    return [",".join(f"{number:g}" if number % 1 else f"{int(number)}" for number in region) for region in regions]


def compare(result: Any, against: Any, *, edges: Iterable[Sequence[float]] = (),
            bars: Iterable[Sequence[float]] = ()) -> dict[str, Any]:
    """Figures of merit of a result, as `firstlight compare --json` prints them: {"views": [{...}], "volume": {...}}.

    result: a Result, or the path of one.
    against: a simulated Scan with its truth (simulate(), or scan.truth = {...}), or another Result; or the path of one.
    edges: regions (x0, y0, x1, y1) in pixels that hold a slanted edge.  bars: (x0, y0, x1, y1, period).

    None stands for what is no number.
    """
    first, name = _opened(result, (Result,), "a result")
    other, other_name = _opened(against, (Result, Scan), "a result or a scan")
    asked = {"result": name, "against": other_name, "edges": _texts(edges), "bars": _texts(bars)}
    if isinstance(other, Result):
        text = _native.compare_with_result(first.data, other.data, asked)
    elif isinstance(other._held, _native.ArrayScan):
        text = _native.compare_with_array(first.data, other._held, truth_of(other.truth), asked)
    else:
        text = _native.compare_with_file(first.data, other._held, asked)
    return {"result": name, "against": other_name, **json.loads(text)}
