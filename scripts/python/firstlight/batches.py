"""firstlight.batch: many scans in, as many results out, whatever happens to single ones."""
from __future__ import annotations

import dataclasses
import json
import operator
import os
import pathlib
from typing import Any, Iterator, Mapping

from firstlight import _native
from firstlight.progress import Progress, shown
from firstlight.reconstruction import _STAGES, _bytes_of
from firstlight.results import Result
from firstlight.scans import Scan


class BatchError(_native.Error):
    """Some scans of a batch failed; `outcome` has all of them, and what was done stays."""

    def __init__(self, text: str, outcome: BatchOutcome) -> None:
        super().__init__(text)
        self.outcome = outcome


@dataclasses.dataclass(frozen=True)
class BatchItem:
    """What became of one scan."""
    name: str
    scan: str
    status: str          # "ok"; "kept": made before of the same; "failed"
    path: str | None     # of the result
    reason: str          # why it failed
    record: dict[str, Any] = dataclasses.field(repr=False)  # its line of batch.jsonl

    def open(self) -> Result:
        if self.path is None:
            raise _native.BadInputError(f"{self.name} has no result: {self.reason}")
        return Result._of_file(self.path)


class BatchOutcome:
    """All scans of a batch in the order of their names: outcome["scan_017"], outcome[0], for item in outcome."""

    def __init__(self, items: list[BatchItem], skipped: list[tuple[str, str]], command: str) -> None:
        self.items = items
        self.skipped = skipped  # (path, why) of files that are no scans
        self._command = command

    @property
    def failed(self) -> list[BatchItem]:
        return [i for i in self.items if i.status == "failed"]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[BatchItem]:
        return iter(self.items)

    def __getitem__(self, which: int | str) -> BatchItem:
        if not isinstance(which, str):
            return self.items[which]
        for item in self.items:
            if item.name == which:
                return item
        raise KeyError(which)

    def report(self, path: str | os.PathLike[str]) -> None:
        """Writes the page that `firstlight batch --report` writes, and .json and .csv beside it."""
        _native.write_batch_report(os.fspath(path), [json.dumps(i.record) for i in self.items],
                                   self.skipped, self._command)

    def check(self) -> BatchOutcome:
        """Raises BatchError where scans failed."""
        failed = self.failed
        if failed:
            lines = "".join(f"\n  {i.name}: {i.reason.splitlines()[0]}" for i in failed)
            raise BatchError(f"{len(failed)} of {len(self)} scans failed, the others are done:{lines}", self)
        return self

    def __repr__(self) -> str:
        number = {s: sum(i.status == s for i in self.items) for s in ("ok", "kept", "failed")}
        return (f"<firstlight.BatchOutcome of {len(self)} scans: {number['ok']} reconstructed, {number['kept']} done "
                f"before, {number['failed']} failed>")


def _text_of(value: Any, where: str) -> str:
    """A parameter's value as the program's flags take it."""
    if isinstance(value, (bool, str)):
        return str(value) if isinstance(value, str) else str(value).lower()
    try:
        return str(operator.index(value))
    except TypeError:
        pass
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        raise _native.UsageError(f"{where}: cannot take {value!r} (parameters are numbers, words, True or False)") from None


def _parameters_of(stages: dict[str, Any]) -> list[tuple[str, str]]:
    parameters = []
    for stage, values in stages.items():
        if stage not in _STAGES:
            near = _native.nearest_name(stage, sorted(_STAGES))
            raise _native.UsageError(f"there is no stage \"{stage}\"" + (f": did you mean \"{near}\"?" if near else ""))
        if not isinstance(values, Mapping):
            raise _native.UsageError(f"{stage}: cannot take {values!r} (a stage's parameters are a dict): write "
                                     f"{stage}={{\"name\": value}}")
        parameters += [(f"{stage}.{n}", _text_of(v, f"{stage}.{n}")) for n, v in values.items()]
    return parameters


def _sources_of(sources: Any) -> list[str]:
    if isinstance(sources, (str, os.PathLike, Scan)):
        sources = [sources]
    paths = []
    for source in sources:
        if isinstance(source, Scan):
            if not isinstance(source._held, _native.FileScan):
                raise _native.UsageError(f"{source.name}: is in memory (each scan of a batch is read by a process of its "
                                         "own): give files, or call reconstruct() on it")
            source = source._held.path
        paths.append(os.fspath(source))
    return paths


def batch(sources: Any, output: str | os.PathLike[str], recipe: str | os.PathLike[str] | None = None, *,
          calibration: str | os.PathLike[str] | None = None, jobs: int = 0, threads: int = 0,
          memory: int | str | None = None, backend: str = "auto", recursive: bool = False, resume: bool = False,
          force: bool = False, strict: bool = False, client: Any = None, retries: int = 2, check: bool = False,
          progress: Progress = True, **stages: Any) -> BatchOutcome:
    """Reconstructs many scans, each in a process of its own, into OUTPUT/NAME.result.h5; one that fails stops no other.

    sources: a folder, a manifest (TOML), a scan, or a list of these; docs/batch.md says what a manifest holds.
    recipe, calibration, stages: for all scans, before what a manifest says: time_gate={"open_ps": -40}.
    jobs, threads, memory: scans at once, threads of each, memory of all ("8G"); as the machine allows where not given.
    resume: keep results that were made of the same by this version, make the rest.  force: replace results.
    client: a dask.distributed.Client: its workers run the scans, `retries` times more where a scan's process was killed.
        With jobs=0 and threads=0 each task takes one thread; a worker's memory is shared among its threads.
    check: raise BatchError where scans failed, in place of returning what became of them.

    Ctrl-C stops it; what is done is kept, and resume=True does the rest.
    """
    sources = _sources_of(sources)
    told = {"recipe": "" if recipe is None else os.fspath(recipe),
            "calibration": "" if calibration is None else os.fspath(calibration), "parameters": _parameters_of(stages)}
    request = {"sources": sources, "output": os.path.abspath(output), "recursive": recursive, **told}
    package = pathlib.Path(_native.__file__).parent
    options = {"program": os.fspath(package / "firstlight"), "output": request["output"], "backend": backend, "jobs": jobs,
               "threads": threads, "memory_bytes": _bytes_of(memory), "resume": resume, "force": force, "strict": strict}
    items, skipped = _native.list_batch(request, options)
    with shown(progress) as show:
        if client is None:
            records = [json.loads(r) for r in _native.run_batch(items, options, show)]
        else:
            from firstlight.dask_batch import run_on
            records = run_on(client, items, options, retries, show)
    of_name = {r["name"]: r for r in records}
    done = [BatchItem(r["name"], r["scan"], r["status"], r.get("result"), r.get("reason", ""), r)
            for r in (of_name[i["name"]] for i in items)]
    given = {"recipe": recipe, "calibration": calibration, "resume": resume, **stages}
    command = f"firstlight.batch({sources!r}, {os.fspath(output)!r}" + "".join(
        f", {k}={v!r}" for k, v in given.items() if v) + ")"
    outcome = BatchOutcome(done, skipped, command)
    return outcome.check() if check else outcome
