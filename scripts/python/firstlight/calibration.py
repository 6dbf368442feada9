"""firstlight.calibrate: what a detector and a medium do to light, from scans made for that."""
from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from firstlight import _native
from firstlight.progress import Progress, shown
from firstlight.reconstruction import _bytes_of
from firstlight.scans import Scan


class Calibration(Mapping[str, Any]):
    """What a calibration file holds: calibration["dark_rate_hz"] is a NumPy array or a number, under the names of
    Scan.attrs, so that from_array(counts, **calibration) takes it; reconstruct(scan, calibration=calibration) too.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        held = _native.read_calibration(self.path)
        self._parts: dict[str, Any] = {name: value for name, _, value in held["parts"]}
        self.units: dict[str, str] = {name: unit for name, unit, _ in held["parts"]}
        #: What the fits found besides (errors, misfit): name, and (value, unit).
        self.fits: dict[str, tuple[float, str]] = held["fits"]
        #: Where it came from: of each file that a job read "job", "command", "path", "sha256".
        self.inputs: list[dict[str, str]] = held["inputs"]
        self.remarks: list[str] = held["remarks"]
        self.uuid: str = held["uuid"]
        self.created: str = held["created"]
        #: The figures of the job that calibrate() has just done, as `firstlight calibrate --json` prints them.
        self.figures: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        try:
            return self._parts[name]
        except KeyError:
            raise KeyError(f"the calibration has no \"{name}\"; it has {', '.join(self) or 'nothing'}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        def shown_part(name: str) -> str:
            value, unit = self._parts[name], "" if self.units[name] == "1" else " " + self.units[name]
            return f"{name} {list(value.shape)}{unit}" if isinstance(value, np.ndarray) else f"{name} {value:.6g}{unit}"

        return f"<firstlight.Calibration {self.path}: {', '.join(map(shown_part, self)) or 'empty'}>"


def _path_of(scan: Any) -> str:
    if isinstance(scan, Scan):
        if isinstance(scan._held, _native.ArrayScan):
            raise _native.UsageError(f"{scan.name}: is in memory (a calibration says by path and hash what it was made of): "
                                     "save it first, scan.save(path)")
        return scan.name
    return os.fspath(scan)


def calibrate(job: str, *scans: Any, output: str | os.PathLike[str], update: bool = False, force: bool = False,
              memory: int | str | None = None, progress: Progress = True, **options: Any) -> Calibration:
    """Does what `firstlight calibrate JOB` does, into the same file: calibrate("irf", "open.h5", output="detector.h5").

    job: "irf", "t0", "dark", "flat", "mask" or "medium".
    scans: paths, or scans that are files; one, for "medium" one for each slab.
    output: the calibration file.  update: add to the one that is there, and use what it holds.  force: replace it.
    options: as `firstlight calibrate JOB --help` lists them: per_pixel=True, least_counts=..., arrival=True, least_snr=...,
        even_light="even.h5", threshold=..., thickness_mm=[25.4, 50.8], direct="open.mat", bin_width_ps=8, ...

    What the job had to assume or dropped is in .remarks, and a UserWarning each; its figures are in .figures.
    """
    files = [_path_of(scan) for scan in scans]
    if job != "medium" and len(files) != 1 or not files:
        raise _native.UsageError(f"calibrate {job}: {len(files)} scans were given (it is made from "
                                 f"{'one for each slab' if job == 'medium' else 'one'})")
    given = {k: _path_of(v) if isinstance(v, (Scan, os.PathLike)) else v for k, v in options.items() if v is not None}
    if job == "medium" and "thickness_mm" in given:
        given["thickness_mm"] = [float(v) for v in np.atleast_1d(given["thickness_mm"])]
        if not all(1e-6 <= v <= 1e6 for v in given["thickness_mm"]):
            raise _native.UsageError(f"thickness_mm: cannot take {given['thickness_mm']} (each is from 1e-6 to 1e6 mm)")
    told = {"output": os.fspath(output), **({"update": True} if update else {}), **({"force": True} if force else {}),
            **given}
    command = f"firstlight.calibrate({', '.join(map(repr, [job, *files]))}" + "".join(
        f", {k}={v!r}" for k, v in told.items()) + ")"
    asked = {"job": job, "files": files, "output": os.fspath(output), "update": update, "force": force,
             "memory_bytes": _bytes_of(memory), "command": command}
    with shown(progress) as show:
        figures, remarks = _native.calibrate(asked, given, show)
    for remark in remarks:
        warnings.warn(remark, UserWarning, stacklevel=2)
    made = Calibration(output)
    made.figures = json.loads(figures)
    return made
