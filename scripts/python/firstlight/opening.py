"""Opens files of firstlight by what they are."""
from __future__ import annotations

import os

from firstlight import _native
from firstlight.results import Result
from firstlight.scans import Scan


def open(path: str | os.PathLike[str]) -> Scan | Result:
    """An acquisition as a Scan, a result as a Result. Counts and layers are read when they are asked for.

    Damaged files are refused with BadInputError: a small process of its own opens the file first.
    """
    kind = _native.kind_of(os.fspath(path))
    if kind == "acquisition":
        return Scan._of_file(path)
    if kind == "result":
        return Result._of_file(path)
    raise _native.UsageError(f"{os.fspath(path)}: is a calibration (it holds no counts and no images): "
                             "give it to reconstruct(scan, calibration=...)")
