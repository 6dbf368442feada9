"""A batch on Dask Distributed: one task per scan.

A worker runs each scan as a batch on one machine does, by the program as a process of its own, which ends with the worker.
Results appear whole or not at all, so that a task that lost its worker runs again elsewhere. The client alone writes the
journal. Scans, output folder and this package must be found at the same paths by all workers.
"""
from __future__ import annotations

import json
import os
import pathlib
import re
import threading
import uuid
from typing import Any, Callable

from firstlight import _native
from firstlight.progress import Show

_one_per_gpu = threading.Lock()  # a worker has one device, however many threads it has
_KILLED = -9


class ScanWasKilled(RuntimeError):
    """A scan's process was killed, perhaps because memory ran out: Dask tries it again. Its argument is the record."""


class _Cancelled(Exception):
    pass


def visible_devices() -> list[str]:
    """Names of the GPUs that this process may use, in one order for all workers of a machine."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = [p.name[6:] for p in pathlib.Path("/dev").glob("nvidia[0-9]*")] if named is None else named.split(",")
    return sorted((d.strip() for d in found if d.strip()), key=lambda d: (not d.isdigit(), int(d) if d.isdigit() else 0, d))


def device_of(worker: str, devices: list[str]) -> str:
    """The device of the worker of this name: by the last number in it, which Dask counts up; "" where there is none."""
    if not devices:
        return ""
    numbers = re.findall(r"\d+", worker)
    return devices[int(numbers[-1]) % len(devices)] if numbers else devices[0]


def _watched(worker: Any, key: str) -> Callable[[], bool]:
    """Whether this task is still wanted: it is not once the client cancels it, or is gone."""
    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state in ("executing", "long-running")
    return wanted


def run_one(item: dict[str, Any], options: dict[str, Any], version: str) -> str:
    """The task: the record of one scan as JSON."""
    from distributed import get_worker
    worker = get_worker()
    if version != _native.version:
        raise _native.UsageError(f"worker {worker.address} has firstlight {_native.version}, the client has {version} "
                                 "(results would not be comparable): install the same on both")
    limit = getattr(worker.memory_manager, "memory_limit", None)
    options = {**options, "program": os.fspath(pathlib.Path(_native.__file__).parent / "firstlight"),
               "threads": options["threads"] or 1,
               "memory_bytes": options["memory_bytes"] or int(limit or 0) // worker.state.nthreads}
    wanted = _watched(worker, worker.get_current_task())
    devices = visible_devices() if options["backend"] != "cpu" else []

    def show(what: str, done: int, total: int) -> None:
        if not wanted():
            raise _Cancelled

    def run() -> str:
        return _native.run_item(item, options, device_of(str(worker.name), devices), show)

    if devices:
        with _one_per_gpu:
            record = run()
    else:
        record = run()
    if json.loads(record)["code"] == _KILLED:
        raise ScanWasKilled(record)
    return record


def _failed(item: dict[str, Any], error: BaseException) -> dict[str, Any]:
    """The record of a scan that Dask itself gave up."""
    if isinstance(error, ScanWasKilled):
        return json.loads(error.args[0])
    name = type(error).__name__
    reason = str(error) if isinstance(error, _native.Error) else f"its worker gave it up: {name}: {error}"
    return {"name": item["name"], "scan": item["scan"], "status": "failed", "reason": reason, "code": 1, "seconds": 0.0}


def run_on(client: Any, items: list[dict[str, Any]], options: dict[str, Any], retries: int,
           show: Show | None) -> list[dict[str, Any]]:
    """Records of all items in the order they finished. Whatever ends this early cancels the tasks that are left."""
    from distributed import as_completed
    journal = _native.BatchJournal(options)
    _native.remove_old_parts(items, options)
    # A task that runs again finds what an attempt of its own may have left: that is kept, or made again.
    options = {**options, "resume": not options["force"]}
    run = uuid.uuid4().hex[:8]
    futures = {client.submit(run_one, item, options, _native.version, key=f"firstlight-{item['name']}-{run}",
                             retries=retries, pure=False): item for item in items}
    records: list[dict[str, Any]] = []
    try:
        for future in as_completed(list(futures)):
            error = future.exception()
            record = _failed(futures[future], error) if error is not None else json.loads(future.result())
            journal.append(json.dumps(record))
            records.append(record)
            if show is not None:
                show("batch", len(records), len(items))
    finally:
        client.cancel([f for f in futures if not f.done()])
        _native.remove_old_parts(items, options)
    return records
