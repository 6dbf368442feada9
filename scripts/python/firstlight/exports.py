"""firstlight.export: results as files of other programs, read back and compared after writing."""
from __future__ import annotations

import os
import pathlib
import warnings
from typing import Any, Sequence

from firstlight import _native, ome_zarr
from firstlight.progress import Progress, shown
from firstlight.scans import Scan


def export_formats() -> list[str]:
    """The formats of export(): those of `firstlight export`, and "ome-zarr"."""
    return [*_native.export_formats(), "ome-zarr"]


def export(result: Any, path: str | os.PathLike[str], *, format: str = "tiff", layer: str | None = None,
           slices: str | Sequence[str] = (), projections: str | Sequence[str] = (), pixel_mm: float | None = None,
           gzip: bool = False, force: bool = False, progress: Progress = True) -> list[pathlib.Path]:
    """Writes layers and the volume of a result for other programs; returns the paths of the files.

    result: a Result, or the path of a result file.  path: a folder, or a file where one is written.
    format: png, png16, tiff, npy or csv, a file each; nrrd or hdf5, of the volume; ply, the depths as points;
        ome-tiff, npz or ome-zarr (needs zarr), all layers and the volume in one; photon-hdf5, the photons of an
        acquisition of events, which (or whose path) `result` is then.
    layer: a layer, or the volume by its name; None: all.  slices, projections: of the volume: "z=12", "max_z".
    pixel_mm: distance of pixels, for points of a scan that does not say it.  gzip: packs NRRD files.
    force: existing files are replaced.  What the format cannot hold is left out with a UserWarning.
    """
    scan = result if isinstance(result, (str, os.PathLike)) else getattr(result, "path", None)
    if isinstance(result, Scan) and result._held.__class__ is _native.FileScan:
        scan = result.name
    if isinstance(result, (str, os.PathLike)) and format != "photon-hdf5":
        from firstlight.results import Result
        result = Result._of_file(result)
    if format == "photon-hdf5" and scan is None:
        raise _native.UsageError("a scan in memory: holds no photon events (format photon-hdf5 holds them): give the path of "
                                 "an acquisition of kind events")
    options = {"result": os.fspath(scan) if scan is not None else "result", "output": os.fspath(path), "format": format, "layer": layer or "",
               "slices": [slices] if isinstance(slices, str) else list(slices),
               "projections": [projections] if isinstance(projections, str) else list(projections),
               "pixel_mm": pixel_mm, "gzip": gzip, "force": force}
    if format == "ome-zarr":
        for name in ("slices", "projections", "pixel_mm", "gzip"):
            if options[name]:
                raise _native.UsageError(f"{name} has no effect (format is ome-zarr): leave it out")
        return [ome_zarr.write(result, pathlib.Path(path), layer, force)]
    with shown(progress) as show:
        if format == "photon-hdf5":
            paths, left_out = _native.export_events(options, show)
        else:
            paths, left_out = _native.export_result(result.data, options, show)
    for what in left_out:
        warnings.warn(what, UserWarning, stacklevel=2)
    return paths
