"""firstlight.import_file: files of other programs become acquisitions."""
from __future__ import annotations

import os
from typing import Any

from firstlight import _native
from firstlight.progress import Progress, shown


def importers() -> list[dict[str, Any]]:
    """The formats that can be imported: name, what it is, endings, and the options that mean something to it."""
    return _native.list_importers()


def import_file(source: str | os.PathLike[str], target: str | os.PathLike[str], *, format: str | None = None,
                force: bool = False, progress: Progress = True, **options: Any) -> dict[str, Any]:
    """Writes an acquisition made of another program's file, whole or not at all, and says what was assumed.

    format: a name of importers(); None: found by looking at the file.  force: an existing target is replaced.
    options: what the file does not say, as `firstlight import --help` lists it, e.g. bin_width_ps=16, scan_size_m="0.7".
    Returns {"format", "assumptions", "counts", "left_out"}.
    """
    told = {"format": format, "force": force or None, **options}
    command = f"firstlight.import_file({os.fspath(source)!r}, {os.fspath(target)!r}" + "".join(
        f", {k}={v!r}" for k, v in told.items() if v is not None) + ")"
    texts = {k: str(v) if k == "scan_size_m" and not isinstance(v, (str, tuple, list)) else
             ",".join(map(str, v)) if isinstance(v, (tuple, list)) else v for k, v in options.items()}
    with shown(progress) as show:
        return _native.import_file(os.fspath(source), os.fspath(target), format or "", texts, force, command, show)
