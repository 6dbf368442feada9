"""firstlight.diff: what differs between two results, and what is behind it."""
from __future__ import annotations

import os
from typing import Any

from firstlight import _native
from firstlight.results import Result


def diff(a: Result | str | os.PathLike[str], b: Result | str | os.PathLike[str]) -> dict[str, Any]:
    """Sets two results, or result files, against each other, as `firstlight diff --json` does.

    Returns {"identical": True where every value is the same, bit for bit,
    "causes": [{"kind": "parameter", "stage", "input", "version" or "device", "name", "unit", "a", "b"}],
    "layers": those that differ, each with "layer", "unit", "differing" of "values", "in_one_only", "largest" and "rms" in
    its unit, "largest_in_sigma" (NaN where a has no standard deviations), "note"}.
    """
    first, second = (r.data if isinstance(r, Result) else _native.read_result(os.fspath(r)) for r in (a, b))
    return _native.difference(first, second)
