"""Opens files of firstlight by what they are."""
from __future__ import annotations

import os

from firstlight import _native
from firstlight.calibration import Calibration
from firstlight.results import Result
from firstlight.scans import Scan


def open(path: str | os.PathLike[str]) -> Scan | Result | Calibration:
    """An acquisition as a Scan, a result as a Result, a calibration as a Calibration. Counts and layers are read when they are asked for.

    Damaged files are refused with BadInputError: a small process of its own opens the file first.
    """
    kind = _native.kind_of(os.fspath(path))
    if kind == "acquisition":
        return Scan._of_file(path)
    if kind == "result":
        return Result._of_file(path)
    return Calibration(path)
