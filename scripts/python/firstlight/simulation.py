"""firstlight.simulate: a scene in, a scan with its truth out."""
from __future__ import annotations

import os
import pathlib
import warnings

from firstlight import _native
from firstlight.progress import Progress, shown
from firstlight.scans import Scan


def simulate(scene: str | os.PathLike[str], *, seed: int | None = None, backend: str = "cpu", threads: int = 0,
             progress: Progress = True) -> Scan:
    """A simulated scan in memory; scan.truth holds what is to be found in it.

    scene: a TOML file, or a scene itself as text (of more than one line); docs/scenes.md has all keys.
    seed: in place of the scene's. The same seed gives the same counts on any number of threads, as by the program.
    """
    is_text = isinstance(scene, str) and "\n" in scene
    path, text = (os.fspath(pathlib.Path.cwd()), scene) if is_text else (os.fspath(scene), "")
    if seed is not None and seed < 0:
        raise _native.UsageError(f"seed: cannot take {seed} (expected a whole number, 0 or more)")
    with shown(progress) as show:
        held, truth, said = _native.simulate(path, text, seed, backend, threads, show)
    for one in said:
        warnings.warn(one, UserWarning, stacklevel=2)
    scan = Scan(held, held.view_counts(False), held.view_counts(True), held.name)
    scan.truth = truth
    return scan
